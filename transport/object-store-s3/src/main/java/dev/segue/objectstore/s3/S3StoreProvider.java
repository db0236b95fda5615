package dev.segue.objectstore.s3;

import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.StoreSettings;
import dev.segue.objectstore.spi.StoreProvider;
import dev.segue.objectstore.spi.StoreUri;
import java.util.List;

/** Opens {@code s3:} URIs. */
public final class S3StoreProvider implements StoreProvider {
  /** For {@link java.util.ServiceLoader}. */
  public S3StoreProvider() {}

  @Override
  public String scheme() {
    return "s3";
  }

  @Override
  public List<String> options() {
    return List.of(
        "endpoint",
        "region",
        "pathStyle",
        "anonymous",
        "profile",
        "roleArn",
        "requesterPays",
        "proxy");
  }

  @Override
  public ObjectStore open(StoreUri uri, StoreSettings settings) throws ObjectStoreException {
    return S3Store.open(uri, settings);
  }
}
