package dev.segue.bytes.spi;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Finds the owner of a segment, slice or buffer that came out of this library, by its scope.
 *
 * <p>Holds the scopes of arenas that views were given out of, and of loans that are being filled,
 * while they are open. A thread has one confined one at a time as a rule: so a few are kept in
 * places by thread, which costs a third of a map's entry and no hash of the scope.
 */
public final class ScopeOwners {
  private static final int PLACE_COUNT = 8;

  /** So many references lie between two places, so that threads don't share a cache line. */
  private static final int STRIDE = 32;

  private static final AtomicReferenceArray<@Nullable Open> PLACES =
      new AtomicReferenceArray<>(PLACE_COUNT * STRIDE);

  /** Those that came by {@link #add}, and those whose place was taken. */
  private static final ConcurrentHashMap<MemorySegment.Scope, MemoryOwner> OTHERS =
      new ConcurrentHashMap<>();

  private record Open(MemorySegment.Scope scope, MemoryOwner owner) {}

  private ScopeOwners() {}

  private static int ownPlace() {
    return (int) (Thread.currentThread().threadId() % PLACE_COUNT) * STRIDE;
  }

  /**
   * Says whose memory the views in this scope are, until it is {@link #remove removed}. Idempotent.
   */
  public static void add(MemorySegment.Scope scope, MemoryOwner owner) {
    OTHERS.put(scope, owner);
  }

  /** {@link #add} of the scope of an arena that was just made for this thread; once. */
  public static void addConfined(MemorySegment.Scope scope, MemoryOwner owner) {
    int place = ownPlace();
    if (PLACES.getPlain(place) != null
        || !PLACES.compareAndSet(place, null, new Open(scope, owner))) {
      OTHERS.put(scope, owner);
    }
  }

  /** Forgets a scope, which is closed. */
  public static void remove(MemorySegment.Scope scope) {
    int place = placeOf(scope, ownPlace());
    if (place >= 0) {
      PLACES.setRelease(place, null);
    } else {
      OTHERS.remove(scope);
    }
  }

  /** The place that a scope is in, which is looked for from one on; -1 if it is in none. */
  private static int placeOf(MemorySegment.Scope scope, int first) {
    for (int i = 0; i < PLACE_COUNT; i++) {
      int place = (first + i * STRIDE) % (PLACE_COUNT * STRIDE);
      Open open = PLACES.getAcquire(place);
      if (open != null && open.scope.equals(scope)) {
        return place;
      }
    }
    return -1;
  }

  private static @Nullable MemoryOwner find(MemorySegment.Scope scope) {
    for (int place = 0; place < PLACE_COUNT * STRIDE; place += STRIDE) {
      Open open = PLACES.getAcquire(place);
      if (open != null && open.scope.equals(scope)) {
        return open.owner;
      }
    }
    return OTHERS.isEmpty() ? null : OTHERS.get(scope);
  }

  /**
   * The owner of memory in a scope; null if it is not a scope of this library, or a closed one.
   *
   * @throws IllegalArgumentException if it is the scope of a loan that is being filled
   */
  public static @Nullable MemoryOwner ownerOf(MemorySegment.Scope scope, int index) {
    MemoryOwner found = find(scope);
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
    int count = OTHERS.size();
    for (int place = 0; place < PLACE_COUNT * STRIDE; place += STRIDE) {
      count += PLACES.get(place) == null ? 0 : 1;
    }
    return count;
  }
}
