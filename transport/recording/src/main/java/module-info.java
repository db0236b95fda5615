/** Recordings of topics, into MCAP objects and back. */
@SuppressWarnings("requires-automatic") // org.agrona says its name in its manifest
module dev.segue.recording {
  requires static transitive org.jspecify;
  requires transitive dev.segue.bytes;
  requires transitive dev.segue.mcap;
  requires transitive dev.segue.objectstore;
  requires transitive dev.segue.zenoh;
  requires org.agrona;

  exports dev.segue.recording;
}
