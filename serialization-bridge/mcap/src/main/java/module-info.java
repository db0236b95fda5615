/** MCAP recordings, read and written where the bytes lie. */
@SuppressWarnings("requires-automatic") // aircompressor has no module descriptor
module dev.segue.mcap {
  requires static transitive org.jspecify;
  requires transitive dev.segue.bytes;
  // Only for chunks of zstd, and to write lz4.
  requires static aircompressor.v3;

  exports dev.segue.mcap;
}
