package dev.segue.bytes;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * What owns memory that this library gave out, and frees it when the last who holds it lets go.
 *
 * <p>The one that made it holds it first and lets go by closing it; each lease (a payload in the
 * Zenoh core, a part in an upload) holds it as well. So memory of ours can't be freed under native
 * code, in whatever order closing and releasing come.
 *
 * <p>Owner: itself. Lifetime: until the count of holders is zero. Threads: any.
 */
public abstract class MemoryOwner {
  private static final VarHandle HOLDERS;

  static {
    try {
      HOLDERS = MethodHandles.lookup().findVarHandle(MemoryOwner.class, "holders", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private volatile int holders = 1;

  /** For the pools and arenas of this library. */
  protected MemoryOwner() {}

  /**
   * One more holds the memory.
   *
   * @throws IllegalStateException if it has been freed or given back already
   */
  public final void acquire() {
    int before;
    do {
      before = holders;
      if (before == 0) {
        throw new IllegalStateException("lend of " + this + ": its memory has been given back");
      }
    } while (!HOLDERS.compareAndSet(this, before, before + 1));
  }

  /**
   * One fewer holds the memory; the last one frees it, on its own thread.
   *
   * @throws IllegalStateException if nobody holds it
   */
  public final void release() {
    int before;
    do {
      before = holders;
      if (before == 0) {
        throw new IllegalStateException("release of " + this + ": nobody holds it");
      }
    } while (!HOLDERS.compareAndSet(this, before, before - 1));
    if (before == 1) {
      free();
    }
  }

  /** How many hold the memory: the maker, until it closes, and the leases. */
  public final int holderCount() {
    return holders;
  }

  /** Frees the memory or gives it back. Called once, by the last holder. */
  protected abstract void free();
}
