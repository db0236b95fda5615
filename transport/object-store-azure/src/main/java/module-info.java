/** Containers of Azure Blob Storage, and an HTTP client for its SDK. */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"}) // names in manifests
module dev.segue.objectstore.azure {
  requires static com.azure.identity; // optional
  requires static transitive org.jspecify;
  requires transitive com.azure.core;
  requires transitive dev.segue.bytes;
  requires transitive dev.segue.objectstore;
  requires transitive reactor.core;
  requires com.azure.storage.blob;
  requires com.azure.storage.common;
  requires org.reactivestreams;

  exports dev.segue.objectstore.azure;

  provides dev.segue.objectstore.spi.StoreProvider with
      dev.segue.objectstore.azure.AzureStoreProvider;
}
