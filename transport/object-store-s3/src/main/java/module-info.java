/** Buckets of S3, and an HTTP client for the AWS SDK. */
@SuppressWarnings({
  "module", // S3 has its digit
  "requires-automatic", // their names are in their manifests
  "requires-transitive-automatic"
})
module dev.segue.objectstore.s3 {
  requires static transitive org.jspecify;
  requires transitive dev.segue.bytes;
  requires transitive dev.segue.objectstore;
  requires transitive org.reactivestreams;
  requires transitive software.amazon.awssdk.core;
  requires transitive software.amazon.awssdk.http;
  requires transitive software.amazon.awssdk.utils;
  requires java.xml;
  // The SDK's modules are automatic and can't say that they need it.
  requires org.slf4j;
  requires software.amazon.awssdk.auth;
  requires software.amazon.awssdk.awscore;
  requires software.amazon.awssdk.regions;
  requires software.amazon.awssdk.services.s3;
  requires software.amazon.awssdk.services.sts;

  exports dev.segue.objectstore.s3;

  provides dev.segue.objectstore.spi.StoreProvider with
      dev.segue.objectstore.s3.S3StoreProvider;
}
