/** Agrona's buffers into and out of {@code SegmentedBytes}. */
@SuppressWarnings({
  "requires-automatic",
  "requires-transitive-automatic"
}) // org.agrona says its name in its manifest
module dev.segue.agrona {
  requires static transitive org.jspecify;
  requires transitive dev.segue.bytes;
  requires transitive org.agrona;

  exports dev.segue.agrona;
}
