/**
 * Object stores: ranges into caller's memory, writers that never join, over S3, Azure and files.
 */
@SuppressWarnings("requires-automatic") // the SDKs say their names in their manifests
module dev.segue.objectstore {
  requires static transitive org.jspecify;
  requires transitive dev.segue.bytes;
  requires com.azure.core;
  requires com.azure.identity;
  requires com.azure.storage.blob;
  requires com.azure.storage.common;
  requires java.xml;
  requires org.reactivestreams;
  requires reactor.core;
  requires software.amazon.awssdk.auth;
  requires software.amazon.awssdk.awscore;
  requires software.amazon.awssdk.core;
  requires software.amazon.awssdk.http;
  requires software.amazon.awssdk.regions;
  requires software.amazon.awssdk.services.s3;
  requires software.amazon.awssdk.services.sts;
  requires software.amazon.awssdk.utils;

  exports dev.segue.objectstore;
}
