/** Zenoh: sessions, publishers, subscribers, queries, shared memory. */
@SuppressWarnings({
  "requires-automatic",
  "requires-transitive-automatic"
}) // org.agrona says its name in its manifest
module dev.segue.zenoh {
  requires static transitive org.jspecify;
  requires transitive dev.segue.bytes;
  requires transitive org.agrona;

  exports dev.segue.zenoh;
  exports dev.segue.zenoh.ext;
}
