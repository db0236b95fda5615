/** Cap'n Proto schemas, compiled to Java classes. */
module dev.segue.capnproto.compiler {
  requires static transitive org.jspecify;
  requires java.compiler; // names of packages and classes are checked

  exports dev.segue.capnproto.compiler;
}
