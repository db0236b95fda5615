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

  /** Whose memory they show; held as long as there are any, whoever closes it meanwhile. */
  private @Nullable MemoryOwner owner;

  boolean isOfCurrentThread() {
    return Thread.currentThread().equals(thread);
  }

  /** Returns whether it is this thread's, and no views are left that could not be ended. */
  boolean isFree() {
    return isOfCurrentThread() && arena == null;
  }

  /**
   * Returns where views of what {@code of} owns go.
   *
   * @throws IllegalStateException if the memory has gone back
   */
  Arena views(MemoryOwner of) {
    Arena known = arena;
    if (known == null) {
      of.acquire();
      known = Arena.ofConfined();
      ScopeOwners.addConfined(known.scope(), of);
      arena = known;
      owner = of;
    }
    return known;
  }

  /**
   * Returns whether its thread has ended, so that the views are nobody's, and any thread may end
   * them.
   */
  boolean isAbandoned() {
    return !thread.isAlive();
  }

  /** {@link #end()} by any thread, and several. */
  synchronized void endAbandoned() {
    end();
  }

  /**
   * Ends the views. It can be used again, for the next message.
   *
   * @throws IllegalStateException if native code that this thread called uses one of them
   */
  void end() {
    Arena known = arena;
    MemoryOwner held = owner;
    if (known != null && held != null) {
      // Of a thread that has ended nobody can access them, nor end their arena.
      if (isOfCurrentThread()) {
        known.close();
      }
      // Last, so that whoever finds no owner for a segment of ours also finds it dead.
      ScopeOwners.remove(known.scope());
      arena = null;
      owner = null;
      held.release();
    }
  }

  @Override
  public String toString() {
    return thread.toString();
  }
}
