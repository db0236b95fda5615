/** MCAP recordings, read and written where the bytes lie. */
module dev.segue.mcap {
  requires static transitive org.jspecify;
  requires transitive dev.segue.bytes;

  exports dev.segue.mcap;
}
