package dev.segue.testkit;

import java.util.ArrayList;
import java.util.List;

/**
 * Fills the heap of its JVM so that an allocation fails at each step of a call in turn: the call is
 * made with room for one more small object each time. The JVM is one that {@link #command} starts.
 *
 * <p>Owner: the program. Lifetime: unlimited. Threads: one.
 */
public final class FullHeap {
  /** An array's header, and the least that any object takes. */
  private static final int LEAST_BYTE_SIZE = 16;

  private static final int[] BYTE_SIZES = {1 << 16, 1 << 11, LEAST_BYTE_SIZE};

  private final Object[] kept = new Object[1 << 19];
  private int count;

  /** A call, with what it throws. */
  @FunctionalInterface
  public interface Call {
    /** Makes it. */
    void run() throws Exception;
  }

  /** Returns the command of a JVM with a small heap, where each object is allocated by itself. */
  public static List<String> command(Class<?> main, String... arguments) {
    return ChildProcess.java(
        List.of("-XX:+UseSerialGC", "-Xmx14m", "-XX:-UseTLAB"),
        ChildProcess.classPath(),
        main,
        arguments);
  }

  /** Leaves so many bytes of the heap. */
  public void fill(int roomByteSize) {
    for (int byteSize : BYTE_SIZES) {
      try {
        while (count < kept.length) {
          kept[count] = new byte[byteSize - LEAST_BYTE_SIZE];
          count++;
        }
      } catch (OutOfMemoryError _) {
        // That is what it is for.
      }
    }
    for (int left = roomByteSize; left > 0 && count > 0; left -= LEAST_BYTE_SIZE) {
      kept[--count] = null;
    }
  }

  /** Gives the heap back. */
  public void free() {
    while (count > 0) {
      kept[--count] = null;
    }
  }

  /**
   * Makes a call with no room, then with 16 B more each time, until it succeeded three times in a
   * row.
   *
   * @param most the rooms that are tried at most
   * @return what it failed of, in that order
   */
  public List<Throwable> tryEach(int most, Call call) {
    List<Throwable> failures = new ArrayList<>();
    int good = 0;
    for (int i = 0; i < most && good < 3; i++) {
      Throwable failure = null;
      fill(i * LEAST_BYTE_SIZE);
      try {
        call.run();
      } catch (Throwable e) {
        failure = e;
      } finally {
        free();
      }
      if (failure == null) {
        good++;
      } else {
        good = 0;
        failures.add(failure);
      }
    }
    return failures;
  }
}
