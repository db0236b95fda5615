package dev.segue.cli.store;

import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectPage;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.PageTokens;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Lists a location, page by page. */
final class Listing {
  private Listing() {}

  /** Takes one page. */
  interface PageHandler {
    void accept(ObjectPage page) throws IOException;
  }

  /** Takes some objects. */
  interface ObjectsHandler {
    void accept(List<ObjectInfo> objects) throws IOException;
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
    PageTokens tokens = new PageTokens();
    Optional<String> token = Optional.empty();
    do {
      ObjectPage page = store.list(location.key(), delimiter, token, unreadable);
      handler.accept(page);
      token = tokens.next(page);
    } while (token.isPresent());
  }

  /**
   * Walks through the objects that a source and a filter mean.
   *
   * @param recursive whether what lies below folders that match a pattern is meant, too
   */
  static void walk(
      Stores stores,
      Map<String, String> variables,
      Source source,
      boolean recursive,
      KeyFilter filter,
      ObjectsHandler handler,
      ObjectStore.UnreadableHandler unreadable)
      throws IOException {
    ObjectUri folder = source.location().asFolder();
    String head = source.pattern().map(KeyPattern::head).orElse("");
    boolean isOneLevel = !recursive && source.pattern().map(KeyPattern::isOneLevel).orElse(false);
    int relative = folder.key().length();
    walk(
        stores,
        variables,
        folder.withKey(folder.key() + head),
        isOneLevel ? "/" : "",
        page ->
            handler.accept(
                page.objects().stream()
                    .filter(
                        info -> {
                          String key = info.key().substring(relative);
                          return source.has(key, recursive) && filter.has(key);
                        })
                    .toList()),
        unreadable);
  }
}
