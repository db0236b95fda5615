package dev.segue.bytes.spi;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds the owner of a segment, slice or buffer that came out of this library, by its scope.
 *
 * <p>Holds the scopes of arenas that views were given out of, and of loans that are being filled,
 * while they are open.
 */
public final class ScopeOwners {
  private static final ConcurrentHashMap<MemorySegment.Scope, MemoryOwner> OPEN =
      new ConcurrentHashMap<>();

  private ScopeOwners() {}

  /** Says whose memory the views in this scope are, until it is {@link #remove removed}. */
  public static void add(MemorySegment.Scope scope, MemoryOwner owner) {
    OPEN.put(scope, owner);
  }

  /** Forgets a scope, which is closed. */
  public static void remove(MemorySegment.Scope scope) {
    OPEN.remove(scope);
  }

  /**
   * The owner of memory in a scope; null if it is no scope of this library, or a closed one.
   *
   * @throws IllegalArgumentException if it is the scope of a loan that is being filled
   */
  public static @Nullable MemoryOwner ownerOf(MemorySegment.Scope scope, int index) {
    if (OPEN.isEmpty()) {
      return null;
    }
    MemoryOwner found = OPEN.get(scope);
    if (found instanceof LoanMemory memory && !memory.isHandedOver()) {
      throw new IllegalArgumentException(
          "borrow of segment index="
              + index
              + ": it is memory of "
              + memory
              + ", which is still being filled; pass the segments of handOver()");
    }
    return found;
  }

  /** Returns how many scopes are known: for tests. */
  public static int openCount() {
    return OPEN.size();
  }
}
