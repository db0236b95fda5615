package dev.segue.iceoryx2;

import dev.segue.bytes.spi.Every;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The objects that a node opened, by itself or through its services; it closes them when it closes,
 * if not before.
 */
final class Children {
  private final Set<Child> open = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /**
   * Remembers a child that was just opened.
   *
   * @throws IllegalStateException if the node was closed meanwhile; then the child is closed
   */
  <T extends Child> T add(T child, Handle parent) {
    open.add(child);
    if (closed) {
      child.close();
      throw new IllegalStateException("use of " + parent + ": its node was closed meanwhile");
    }
    return child;
  }

  void forget(Child child) {
    open.remove(child);
  }

  void closeAll() {
    closed = true;
    Every.forEach(List.copyOf(open), Child::close);
  }
}
