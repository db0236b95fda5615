package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class NumberDrainTest {
  private final BlockingQueue<Long> left = new LinkedBlockingQueue<>();
  private final BlockingQueue<Long> taken = new LinkedBlockingQueue<>();
  private final List<Long> failed = new ArrayList<>();

  private final NumberDrain drain =
      new NumberDrain(
          "test-drain",
          (numbers, _, _) -> {
            Long number = left.poll();
            if (number == null) {
              LockSupport.parkNanos(20_000_000);
              return 0;
            }
            if (isFirst(number) && number == 2) {
              left.add(number);
              throw new OutOfMemoryError("the heap is full for a moment");
            }
            numbers.setAtIndex(ValueLayout.JAVA_LONG, 0, number);
            return 1;
          },
          number -> {
            if (number == 3) {
              throw new StackOverflowError("of what it runs");
            }
            if (number != 2 && isFirst(number)) {
              throw new OutOfMemoryError("the heap is full for a moment");
            }
            taken.add(number);
          });

  private boolean isFirst(Long number) {
    return !failed.contains(number) && failed.add(number);
  }

  @Test
  void aHeapThatIsFullForAMomentEndsItNotAndLosesNoNumber() throws Exception {
    Thread thread = drain.start();
    thread.setUncaughtExceptionHandler(
        (_, error) -> {
          throw new IllegalStateException("a handler that throws", error);
        });
    left.addAll(List.of(1L, 2L, 3L, 4L));
    List<Long> found = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      found.add(taken.poll(Await.LONG.toSeconds(), TimeUnit.SECONDS));
    }
    found.sort(null);
    assertEquals(List.of(1L, 2L, 4L), found);
    assertTrue(thread.isAlive());
  }

  /** A call may have left numbers and then have had no room to say so. */
  @Test
  void numbersThatWereLeftByACallThatFailedAreTaken() throws Exception {
    NumberDrain failing =
        new NumberDrain(
            "test-drain-failing",
            (numbers, _, _) -> {
              Long number = left.poll();
              if (number == null) {
                LockSupport.parkNanos(20_000_000);
                return 0;
              }
              numbers.setAtIndex(ValueLayout.JAVA_LONG, 0, number);
              numbers.setAtIndex(ValueLayout.JAVA_LONG, 1, number + 1);
              throw new OutOfMemoryError("the heap is full for a moment");
            },
            taken::add);
    failing.start();
    left.addAll(List.of(5L, 7L));
    for (long expected = 5; expected < 9; expected++) {
      assertEquals(expected, taken.poll(Await.LONG.toSeconds(), TimeUnit.SECONDS));
    }
  }

  /** As the initializer of a class it was never tried again: each put from then on failed. */
  @Test
  void aThreadThatThereWasNoRoomForIsStartedByTheNextCall() {
    InheritableThreadLocal<Boolean> full =
        new InheritableThreadLocal<>() {
          @Override
          protected Boolean childValue(Boolean value) {
            throw new OutOfMemoryError("no room for a thread");
          }
        };
    full.set(true);
    assertThrows(OutOfMemoryError.class, drain::start);
    full.remove();
    Thread thread = drain.start();
    assertTrue(thread.isAlive());
    assertSame(thread, drain.start());
  }
}
