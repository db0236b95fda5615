package dev.segue.http2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Collects what Netty's leak detector reports, which otherwise goes into a log that nobody reads.
 */
public final class LeakWatch {
  private static final List<String> LEAKS = new CopyOnWriteArrayList<>();

  static {
    ResourceLeakDetectorFactory.setResourceLeakDetectorFactory(
        new ResourceLeakDetectorFactory() {
          @Override
          public <T> ResourceLeakDetector<T> newResourceLeakDetector(
              Class<T> resource, int samplingInterval) {
            return new Detector<>(resource, samplingInterval);
          }

          @Override
          @Deprecated
          @SuppressWarnings("InlineMeSuggester") // Netty's to call
          public <T> ResourceLeakDetector<T> newResourceLeakDetector(
              Class<T> resource, int samplingInterval, long maxActive) {
            return new Detector<>(resource, samplingInterval);
          }
        });
  }

  /** Netty makes it by its name, which the build sets: so no test is too late to install it. */
  public static final class Detector<T> extends ResourceLeakDetector<T> {
    public Detector(Class<T> resource, int samplingInterval) {
      super(resource, samplingInterval);
    }

    /** Netty looks for this one first, and prints a stack trace where there is none. */
    public Detector(Class<T> resource, int samplingInterval, long maxActive) {
      this(resource, samplingInterval);
    }

    @Override
    protected boolean needReport() {
      return true;
    }

    @Override
    protected void reportTracedLeak(String resourceType, String records) {
      LEAKS.add(resourceType + records);
    }

    @Override
    protected void reportUntracedLeak(String resourceType) {
      LEAKS.add(resourceType);
    }
  }

  private LeakWatch() {}

  /** Does what the build's system property does, before the first class of Netty is loaded. */
  public static void install() {}

  /** Fails if a buffer was collected that nobody had released. */
  public static void assertNone() throws InterruptedException {
    List<String> leaks = take();
    if (!leaks.isEmpty()) {
      throw new AssertionError(leaks.size() + " leaks: " + leaks.getFirst());
    }
  }

  /** Returns what was collected since, and nobody had released. */
  static List<String> take() throws InterruptedException {
    for (int i = 0; i < 3; i++) {
      System.gc();
      Thread.sleep(50);
      // A new buffer makes the detector look at the old ones.
      ByteBuf buffer = PooledByteBufAllocator.DEFAULT.directBuffer(16);
      buffer.release();
    }
    List<String> leaks = List.copyOf(LEAKS);
    LEAKS.clear();
    return leaks;
  }
}
