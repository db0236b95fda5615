package dev.segue.bytes.spi;

import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Something that has to be done, at the latest when it can be: memory that nobody holds goes back,
 * the end of a lease is told. What is in the way, a channel of the JDK that uses the memory or a
 * heap without room, goes away without a signal, so a thread tries again at growing intervals.
 *
 * <p>It is made before it is needed, together with the thread: what follows takes no heap.
 *
 * <p>Owner: whoever made it. Lifetime: until it is done. Threads: any.
 */
public abstract class Pending {
  private static final long FIRST_NANOS = Duration.ofMillis(1).toNanos();
  private static final long LONGEST_NANOS = Duration.ofMillis(64).toNanos();
  private static final long STACK_BYTE_SIZE = 256 << 10;

  /** A monitor takes no heap; an atomic reference does when it is used for the first time. */
  private static final Object LOCK = new Object();

  /** Those that came since the thread looked, the newest first. */
  private static @Nullable Pending arrived;

  private static volatile @Nullable Thread thread;

  private @Nullable Pending next;

  /** Starts the thread that would try again, if no one has. */
  protected Pending() {
    if (thread == null) {
      start();
    }
  }

  private static void start() {
    synchronized (LOCK) {
      if (thread != null) {
        return;
      }
      Thread started =
          new Thread(null, Pending::run, "segue-pending", STACK_BYTE_SIZE, false); // no locals
      started.setDaemon(true);
      started.setContextClassLoader(null);
      started.start();
      thread = started;
    }
  }

  /**
   * Does it, if it can be done now. Must not block; called by one thread at a time.
   *
   * @return whether it is done; it isn't where a {@link VirtualMachineError} is thrown, and is
   *     where anything else is
   */
  protected abstract boolean attempt();

  /** Does it now, or soon. Called once; throws what an attempt now threw that did it. */
  public final void settle() {
    if (!isDone()) {
      synchronized (LOCK) {
        next = arrived;
        arrived = this;
      }
      LockSupport.unpark(thread);
    }
  }

  private boolean isDone() {
    try {
      return attempt();
    } catch (VirtualMachineError _) {
      return false; // such as a full heap
    }
  }

  private boolean isDoneLate() {
    try {
      return isDone();
    } catch (RuntimeException | Error _) {
      return true; // who would have been told is gone
    }
  }

  private static void run() {
    Pending waiting = null;
    long pause = FIRST_NANOS;
    while (true) {
      Pending came = takeArrived();
      if (came != null) {
        waiting = joined(came, waiting);
        pause = FIRST_NANOS;
      } else if (waiting == null) {
        LockSupport.park();
        continue;
      }
      LockSupport.parkNanos(pause);
      pause = Math.min(2 * pause, LONGEST_NANOS);
      waiting = undone(waiting);
    }
  }

  private static @Nullable Pending takeArrived() {
    synchronized (LOCK) {
      Pending taken = arrived;
      arrived = null;
      return taken;
    }
  }

  private static Pending joined(Pending came, @Nullable Pending waiting) {
    Pending last = came;
    while (last.next != null) {
      last = last.next;
    }
    last.next = waiting;
    return came;
  }

  /** Tries each, and returns those that are left. */
  private static @Nullable Pending undone(@Nullable Pending tried) {
    Pending left = null;
    Pending each = tried;
    while (each != null) {
      Pending following = each.next;
      each.next = null;
      if (!each.isDoneLate()) {
        each.next = left;
        left = each;
      }
      each = following;
    }
    return left;
  }

  /**
   * Ends an arena.
   *
   * @return whether it has ended: not while a channel of the JDK is using its memory
   */
  public static boolean tryClose(Arena arena) {
    try {
      arena.close();
      return true;
    } catch (IllegalStateException | VirtualMachineError _) {
      return !arena.scope().isAlive();
    }
  }
}
