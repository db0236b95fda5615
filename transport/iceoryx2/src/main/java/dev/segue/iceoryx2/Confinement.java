package dev.segue.iceoryx2;

import dev.segue.bytes.spi.MemoryOwner;
import dev.segue.bytes.spi.ScopeOwners;
import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;

/**
 * The thread that views of a message are for, and their arena, which is made for the first one. It
 * ends without the handshake with all threads that the end of a shared one is.
 */
final class Confinement {
  private final Thread thread = Thread.currentThread();

  /** Touched by the thread alone. */
  private @Nullable Arena arena;

  boolean isOfCurrentThread() {
    return Thread.currentThread() == thread; // the same one: a thread equals nothing else
  }

  /** Whether it is this thread's, and no views are left that could not be ended. */
  boolean isFree() {
    return isOfCurrentThread() && arena == null;
  }

  /** Where views of what {@code owner} owns go. */
  Arena views(MemoryOwner owner) {
    Arena known = arena;
    if (known == null) {
      known = Arena.ofConfined();
      ScopeOwners.add(known.scope(), owner);
      arena = known;
    }
    return known;
  }

  /**
   * Ends the views. It can be used again, for the next message.
   *
   * @throws IllegalStateException if native code that this thread called uses one of them
   */
  void end() {
    Arena known = arena;
    if (known != null) {
      known.close();
      // Last, so that whoever finds no owner for a segment of ours also finds it dead.
      ScopeOwners.remove(known.scope());
      arena = null;
    }
  }

  @Override
  public String toString() {
    return thread.toString();
  }
}
