package dev.segue.objectstore.azure;

import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.StoreSettings;
import dev.segue.objectstore.spi.StoreProvider;
import dev.segue.objectstore.spi.StoreUri;
import java.util.List;

/** Opens {@code az:} URIs. */
public final class AzureStoreProvider implements StoreProvider {
  /** For {@link java.util.ServiceLoader}. */
  public AzureStoreProvider() {}

  @Override
  public String scheme() {
    return "az";
  }

  @Override
  public List<String> options() {
    return List.of("endpoint", "account", "anonymous", "proxy");
  }

  @Override
  public ObjectStore open(StoreUri uri, StoreSettings settings) {
    return AzureStore.open(uri, settings);
  }
}
