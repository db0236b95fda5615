package dev.segue.bytes.spi;

import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds what was taken and never given back: loans, retained samples, leases.
 *
 * <p>Off unless the system property {@code segue.leaks} is {@code true}; then each is kept with the
 * stack that took it until it ends, and written to {@code System.err} when it becomes unreachable
 * before, or is still open when the JVM exits. When it is off, {@link #track} is a constant null.
 *
 * <p>Lifetime: the process. Threads: any.
 */
public final class Leaks {
  /** True if leaks are looked for. */
  public static final boolean ENABLED = Boolean.getBoolean("segue.leaks");

  private Leaks() {}

  /** One thing that was taken and has to be given back. */
  public static final class Leak {
    private final Tracked tracked;

    private Leak(Tracked tracked) {
      this.tracked = tracked;
    }

    /** It was given back. Idempotent. */
    public void close() {
      Log.OPEN.remove(tracked);
      tracked.clear();
    }
  }

  /**
   * The place in the program where it was taken; the phantom tells when nobody can give it back any
   * more.
   */
  private static final class Tracked extends PhantomReference<Object> {
    final String what;
    final Throwable taken;

    Tracked(Object handle, String what) {
      super(handle, Log.UNREACHABLE);
      this.what = what;
      this.taken = new Throwable("taken by " + Thread.currentThread());
    }
  }

  /** Started with the first thing that is tracked, so never when leaks are not looked for. */
  private static final class Log {
    static final Set<Tracked> OPEN = ConcurrentHashMap.newKeySet();
    static final ReferenceQueue<Object> UNREACHABLE = new ReferenceQueue<>();

    static {
      Thread.ofPlatform().daemon().name("segue-leaks").start(Log::watch);
      Runtime.getRuntime().addShutdownHook(new Thread(Log::reportOpen, "segue-leaks-at-exit"));
    }

    private static void watch() {
      while (true) {
        try {
          Tracked lost = (Tracked) UNREACHABLE.remove();
          if (OPEN.remove(lost)) {
            report("unreachable and never given back", lost);
          }
        } catch (InterruptedException _) {
          return;
        }
      }
    }

    private static void reportOpen() {
      for (Tracked open : OPEN) {
        report("not given back at exit", open);
      }
    }

    private static synchronized void report(String fate, Tracked leak) {
      System.err.println("segue: leak: " + leak.what + ": " + fate);
      leak.taken.printStackTrace(System.err);
    }
  }

  /**
   * Remembers who took something.
   *
   * @param handle what the taker holds and has to close; must not be reachable from {@code what}
   * @return what to close when it is given back; null when leaks are not looked for
   */
  public static @Nullable Leak track(Object handle, String what) {
    if (!ENABLED) {
      return null;
    }
    Tracked tracked = new Tracked(handle, what);
    Log.OPEN.add(tracked);
    return new Leak(tracked);
  }

  /** Closes a leak that may not be tracked. */
  public static void close(@Nullable Leak leak) {
    if (leak != null) {
      leak.close();
    }
  }
}
