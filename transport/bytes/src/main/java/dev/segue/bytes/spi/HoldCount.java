package dev.segue.bytes.spi;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Counts the holders of something, and ends it once when there are none left.
 *
 * <pre>
 *   made ── acquire, tryAcquire … release ──► close (or shut) and the last release ──► ended(), once
 * </pre>
 *
 * <p>The maker holds it as well, until {@link #close()}; that hold is not counted among the others,
 * so that a release too many is an error and never takes the maker's. Something that passes from
 * holder to holder without a maker starts with a number of ordinary holds instead ({@link
 * #HoldCount(int)}).
 *
 * <p>Owner: itself. Lifetime: until {@link #ended()}. Threads: any. What a holder did before its
 * release is visible to {@link #ended()}.
 */
public abstract class HoldCount {
  private static final VarHandle STATE;

  /** The maker's hold is gone. */
  private static final int CLOSED = 1;

  /** Nobody new may hold it. */
  private static final int SHUT = 2;

  /** One holder. */
  private static final int HOLD = 4;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(HoldCount.class, "state", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  // 0 is what it starts with, so that a racy publication is harmless and the constructor free.
  private volatile int state;

  /** Held by its maker, until {@link #close()}. */
  protected HoldCount() {}

  /**
   * Held {@code holdCount} times and by no maker: ends with as many releases.
   *
   * @throws IllegalArgumentException if {@code holdCount} is not positive or beyond 2^29 - 1
   */
  protected HoldCount(int holdCount) {
    if (holdCount <= 0 || holdCount > Integer.MAX_VALUE / HOLD) {
      throw new IllegalArgumentException("holdCount=" + holdCount + ": 1 to 2^29 - 1");
    }
    state = holdCount * HOLD | CLOSED;
  }

  private static boolean isEnded(int state) {
    return state < HOLD && (state & CLOSED) != 0;
  }

  /**
   * One more holds it.
   *
   * @throws IllegalStateException if it has ended or is shut, or 2^29 - 1 hold it already
   */
  public final void acquire() {
    if (!tryAcquire()) {
      String reason = isEnded(state) ? endedReason() : "it is closed";
      throw new IllegalStateException("use of " + this + ": " + reason);
    }
  }

  /**
   * One more holds it, unless it has ended or is shut.
   *
   * @return whether the caller holds it now
   * @throws IllegalStateException if 2^29 - 1 hold it already
   */
  public final boolean tryAcquire() {
    int before;
    do {
      before = state;
      if ((before & (CLOSED | SHUT)) != 0 && ((before & SHUT) != 0 || before < HOLD)) {
        return false;
      }
      if (before > Integer.MAX_VALUE - HOLD) {
        throw new IllegalStateException(
            "use of " + this + ": holdCount=" + before / HOLD + " is the most there can be");
      }
    } while (!STATE.compareAndSet(this, before, before + HOLD));
    return true;
  }

  /**
   * Releases one hold. The last release ends it, on the calling thread, if the maker has released
   * it too.
   *
   * @throws IllegalStateException if only the maker holds it
   */
  public final void release() {
    int before;
    do {
      before = state;
      if (before < HOLD) {
        throw new IllegalStateException("release of " + this + ": nobody holds it");
      }
    } while (!STATE.compareAndSet(this, before, before - HOLD));
    if (isEnded(before - HOLD)) {
      ended();
    }
  }

  /** {@link #letGo()}, and what else whoever overrides this does at that moment. Idempotent. */
  public void close() {
    letGo();
  }

  /**
   * The maker lets go: it ends now, or with the last release. Others may still acquire it until
   * then. Idempotent.
   *
   * @return whether this call was the first
   */
  public final boolean letGo() {
    int before;
    do {
      before = state;
      if ((before & CLOSED) != 0) {
        return false;
      }
    } while (!STATE.compareAndSet(this, before, before | CLOSED));
    if (before < HOLD) {
      ended();
    }
    return true;
  }

  /**
   * {@link #close()}, and refuses new holders from here on. Idempotent.
   *
   * @return whether this call was the first
   */
  public final boolean shut() {
    int before;
    do {
      before = state;
      if ((before & SHUT) != 0) {
        return false;
      }
    } while (!STATE.compareAndSet(this, before, before | SHUT | CLOSED));
    if (before < HOLD && (before & CLOSED) == 0) {
      ended();
    }
    return true;
  }

  /** Returns whether the maker has released it, by {@link #close()} or {@link #shut()}. */
  public final boolean isClosed() {
    return (state & CLOSED) != 0;
  }

  /** Returns whether it refuses new holders: it is shut, or has ended. */
  public final boolean isRefusing() {
    int now = state;
    return (now & SHUT) != 0 || isEnded(now);
  }

  /** Returns the number of holders: the maker, until it lets go, and the others. */
  public final int holderCount() {
    int now = state;
    return now / HOLD + ((now & CLOSED) == 0 ? 1 : 0);
  }

  /** Returns the reason that {@link #acquire()} gives when it has ended. */
  protected String endedReason() {
    return "it has ended";
  }

  /** Called once, by the last holder's release. */
  protected abstract void ended();
}
