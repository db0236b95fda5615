/** One publisher and subscriber over iceoryx2 on this host and Zenoh everywhere else. */
@SuppressWarnings({
  "requires-automatic",
  "requires-transitive-automatic"
}) // org.agrona says its name in its manifest
module dev.segue.lanes {
  requires static transitive org.jspecify;
  requires transitive dev.segue.bytes;
  requires transitive dev.segue.iceoryx2;
  requires transitive dev.segue.zenoh;
  requires transitive org.agrona;

  exports dev.segue.lanes;
}
