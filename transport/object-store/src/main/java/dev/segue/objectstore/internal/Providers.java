package dev.segue.objectstore.internal;

import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.StoreSettings;
import dev.segue.objectstore.spi.StoreProvider;
import dev.segue.objectstore.spi.StoreUri;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;

/** Finds who opens a URI. */
public final class Providers {
  private static final String FILE = "file";

  /** Those of this project, so that whoever lacks one learns its name. */
  private static final Map<String, String> ARTIFACTS =
      Map.of("s3", "dev.segue:segue-object-store-s3", "az", "dev.segue:segue-object-store-azure");

  private Providers() {}

  /**
   * Opens a store.
   *
   * @throws IllegalArgumentException if nobody here knows the scheme, or the URI makes no sense
   */
  public static ObjectStore open(String uri, StoreSettings settings) throws ObjectStoreException {
    StoreUri parsed = StoreUri.parse(uri);
    if (parsed.scheme().equals(FILE)) {
      parsed.checkOptions(uri, List.of());
      return FileStore.open(parsed, settings);
    }
    Map<String, StoreProvider> known = new TreeMap<>();
    // As this class was loaded, whatever thread asks.
    for (StoreProvider each :
        ServiceLoader.load(StoreProvider.class, StoreProvider.class.getClassLoader())) {
      known.putIfAbsent(each.scheme(), each);
    }
    StoreProvider provider = known.get(parsed.scheme());
    if (provider == null) {
      throw unknown(parsed, known);
    }
    parsed.checkOptions(uri, provider.options());
    return provider.open(parsed, settings);
  }

  private static IllegalArgumentException unknown(StoreUri uri, Map<String, StoreProvider> known) {
    String artifact = ARTIFACTS.get(uri.scheme());
    if (artifact != null) {
      return new IllegalArgumentException(
          "store \""
              + uri
              + "\": nothing on the class path or module path opens "
              + uri.scheme()
              + ":, add the dependency "
              + artifact);
    }
    String schemes = known.isEmpty() ? "" : ", " + String.join(", ", known.keySet());
    return new IllegalArgumentException(
        "store \"" + uri + "\": scheme=" + uri.scheme() + ", known are file" + schemes);
  }
}
