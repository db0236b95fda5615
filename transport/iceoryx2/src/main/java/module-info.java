/** iceoryx2: messages between processes of one host, in shared memory alone. */
@SuppressWarnings({
  "module", // the digit is the core's name
  "requires-automatic",
  "requires-transitive-automatic"
}) // org.agrona says its name in its manifest
module dev.segue.iceoryx2 {
  requires static transitive org.jspecify;
  requires transitive dev.segue.bytes;
  requires transitive org.agrona;

  exports dev.segue.iceoryx2;
}
