package dev.segue.bench.peers;

import com.sun.management.GarbageCollectionNotificationInfo;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.management.NotificationEmitter;
import javax.management.openmbean.CompositeData;

/**
 * A program that allocates without end and keeps some of it: with the system property {@code
 * segue.garbage} that many MiB live at a time, in blocks of 4 KiB that are replaced in order. Its
 * collections count as the latencies do: {@code segue.warmup.millis} after the first sample.
 */
final class Garbage {
  private static final int LIVE_MEBIBYTES = Integer.getInteger("segue.garbage", 0);

  static final boolean IS_ON = LIVE_MEBIBYTES > 0;

  private static final int BLOCK = 4096;
  private static final int BURST = 64;
  private static final long WARM_UP_NANOS =
      TimeUnit.MILLISECONDS.toNanos(Long.getLong("segue.warmup.millis", 0));
  private static final AtomicLong LONGEST = new AtomicLong();
  private static final AtomicLong COUNTED_FROM = new AtomicLong(Long.MAX_VALUE);

  private Garbage() {}

  /** Starts the thread, if it is asked for. */
  static void start() {
    if (!IS_ON) {
      return;
    }
    for (GarbageCollectorMXBean bean : ManagementFactory.getGarbageCollectorMXBeans()) {
      if (bean instanceof NotificationEmitter emitter && !bean.getName().contains("Cycles")) {
        emitter.addNotificationListener(
            (notification, handback) -> {
              if (notification.getUserData() instanceof CompositeData data) {
                long millis =
                    GarbageCollectionNotificationInfo.from(data).getGcInfo().getDuration();
                if (System.nanoTime() >= COUNTED_FROM.get()) {
                  LONGEST.accumulateAndGet(millis, Math::max);
                }
              }
            },
            null,
            null);
      }
    }
    Thread.ofPlatform().daemon().name("garbage").start(Garbage::allocate);
  }

  private static void allocate() {
    int count = LIVE_MEBIBYTES * ((1 << 20) / BLOCK);
    ArrayDeque<byte[]> live = new ArrayDeque<>(count);
    while (true) {
      for (int i = 0; i < BURST; i++) {
        if (live.size() == count) {
          live.removeFirst();
        }
        live.addLast(new byte[BLOCK]);
      }
      try {
        Thread.sleep(1);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  /** The first sample came. */
  static void begin() {
    COUNTED_FROM.set(System.nanoTime() + WARM_UP_NANOS);
  }

  /** The longest pause that a collector reported since what warms up was over. */
  static long longestPauseMillis() {
    return LONGEST.get();
  }
}
