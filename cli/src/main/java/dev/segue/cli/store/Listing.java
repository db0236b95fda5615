package dev.segue.cli.store;

import dev.segue.objectstore.ObjectPage;
import dev.segue.objectstore.ObjectStore;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/** What lies below a location, page by page. */
final class Listing {
  private Listing() {}

  /** Takes one page. */
  interface PageHandler {
    void accept(ObjectPage page) throws IOException;
  }

  /**
   * Walks through all keys that begin with a location's.
   *
   * @param delimiter see {@link ObjectStore#list}
   * @param unreadable is told of directories that can't be read
   */
  static void walk(
      Stores stores,
      Map<String, String> variables,
      ObjectUri location,
      String delimiter,
      PageHandler handler,
      ObjectStore.UnreadableHandler unreadable)
      throws IOException {
    ObjectStore store = stores.of(location, variables);
    Optional<String> token = Optional.empty();
    do {
      ObjectPage page = store.list(location.key(), delimiter, token, unreadable);
      handler.accept(page);
      token = page.nextToken();
    } while (token.isPresent());
  }
}
