package dev.segue.iceoryx2;

import dev.segue.bytes.spi.Every;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** What a node opened, by itself or by a service of it, and closes at the latest when it closes. */
final class Children {
  private final Set<AutoCloseableChild> open = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /** Closes without a checked exception. */
  interface AutoCloseableChild extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Remembers a child that was just opened.
   *
   * @throws IllegalStateException if the node was closed meanwhile; then the child is closed
   */
  <T extends AutoCloseableChild> T add(T child, Handle parent) {
    open.add(child);
    if (closed) {
      child.close();
      throw new IllegalStateException("use of " + parent + ": its node was closed meanwhile");
    }
    return child;
  }

  void forget(AutoCloseableChild child) {
    open.remove(child);
  }

  void closeAll() {
    closed = true;
    Every.forEach(List.copyOf(open), AutoCloseableChild::close);
  }
}
