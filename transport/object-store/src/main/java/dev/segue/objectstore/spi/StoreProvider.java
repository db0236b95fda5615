package dev.segue.objectstore.spi;

import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.StoreSettings;
import java.util.List;

/**
 * Opens the stores of one scheme. Providers are found by {@link java.util.ServiceLoader}; making
 * one must cost nothing, as each is made when the first store of any scheme but {@code file} is
 * opened.
 */
public interface StoreProvider {
  /** The scheme of the URIs that it opens, such as {@code s3}. */
  String scheme();

  /** The names of the options that such a URI may have. */
  List<String> options();

  /**
   * Opens a store.
   *
   * @throws IllegalArgumentException if the URI or an option makes no sense
   */
  ObjectStore open(StoreUri uri, StoreSettings settings) throws ObjectStoreException;
}
