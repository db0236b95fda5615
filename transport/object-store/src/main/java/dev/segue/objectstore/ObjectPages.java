package dev.segue.objectstore;

import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.Iterator;
import java.util.Optional;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** A listing as a stream: the next page is asked for when the one before is used up. */
final class ObjectPages extends Spliterators.AbstractSpliterator<ObjectInfo> {
  private final ObjectStore store;
  private final String prefix;
  private Iterator<ObjectInfo> page = Collections.emptyIterator();
  private final PageTokens tokens = new PageTokens();
  private Optional<String> token = Optional.empty();
  private boolean last;

  private ObjectPages(ObjectStore store, String prefix) {
    super(Long.MAX_VALUE, Spliterator.ORDERED | Spliterator.NONNULL);
    this.store = store;
    this.prefix = prefix;
  }

  static Stream<ObjectInfo> stream(ObjectStore store, String prefix) {
    return StreamSupport.stream(new ObjectPages(store, prefix), false);
  }

  @Override
  public boolean tryAdvance(Consumer<? super ObjectInfo> action) {
    while (!page.hasNext()) {
      if (last) {
        return false;
      }
      try {
        ObjectPage next = store.list(prefix, "", token);
        page = next.objects().iterator();
        token = tokens.next(next);
        last = token.isEmpty();
      } catch (ObjectStoreException e) {
        throw new UncheckedIOException(e);
      }
    }
    action.accept(page.next());
    return true;
  }
}
