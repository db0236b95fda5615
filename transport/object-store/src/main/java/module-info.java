/**
 * Object stores: ranges into caller's memory, writers that never join, over files, and over S3 and
 * Azure with the artifacts for them.
 */
@SuppressWarnings({
  "module", // those that it names are built after it
  "requires-automatic", // its name is in its manifest
  "requires-transitive-automatic"
})
module dev.segue.objectstore {
  requires static transitive org.jspecify;
  requires transitive dev.segue.bytes;
  requires transitive org.reactivestreams;

  exports dev.segue.objectstore;
  exports dev.segue.objectstore.http;
  exports dev.segue.objectstore.spi;
  exports dev.segue.objectstore.checksum to
      dev.segue.objectstore.azure,
      dev.segue.objectstore.s3;
  exports dev.segue.objectstore.internal to
      dev.segue.objectstore.azure,
      dev.segue.objectstore.s3;

  uses dev.segue.objectstore.spi.StoreProvider;
}
