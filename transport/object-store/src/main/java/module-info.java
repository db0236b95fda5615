/**
 * Object stores: ranges into caller's memory, writers that never join, over S3, Azure and files.
 */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"}) // names in manifests
module dev.segue.objectstore {
  requires static com.azure.identity; // optional
  requires static transitive org.jspecify;
  requires transitive com.azure.core;
  requires transitive dev.segue.bytes;
  requires transitive reactor.core;
  requires transitive software.amazon.awssdk.core;
  requires transitive software.amazon.awssdk.http;
  requires transitive software.amazon.awssdk.services.s3;
  requires transitive software.amazon.awssdk.utils;
  requires com.azure.storage.blob;
  requires com.azure.storage.common;
  requires java.xml;
  requires org.reactivestreams;
  requires software.amazon.awssdk.auth;
  requires software.amazon.awssdk.awscore;
  requires software.amazon.awssdk.regions;
  requires software.amazon.awssdk.services.sts;

  exports dev.segue.objectstore;
  exports dev.segue.objectstore.http;
}
