/** Bytes in memory as a list of read-only segments, and what owns that memory. */
@SuppressWarnings("module") // those that it names are built after it
module dev.segue.bytes {
  requires static transitive org.jspecify;

  exports dev.segue.bytes;
  exports dev.segue.bytes.spi to
      dev.segue.agrona,
      dev.segue.capnproto,
      dev.segue.cli,
      dev.segue.gateway,
      dev.segue.http2,
      dev.segue.iceoryx2,
      dev.segue.lanes,
      dev.segue.mcap,
      dev.segue.objectstore,
      dev.segue.objectstore.azure,
      dev.segue.objectstore.s3,
      dev.segue.recording,
      dev.segue.tensor,
      dev.segue.zenoh;
}
