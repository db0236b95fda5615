package dev.segue.bytes.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** What waits for the end of all leases runs once, and never while one is left. */
public final class LeaseStress {
  private static final MemorySegment MEMORY = Arena.global().allocate(1).asReadOnly();

  private LeaseStress() {}

  private static SegmentedBytes lent(int times) {
    SegmentedBytes bytes = SegmentedBytes.borrow(MEMORY);
    for (int i = 0; i < times; i++) {
      Lend.begin(bytes);
    }
    return bytes;
  }

  /** Who waits races the end of the last lease. */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "it ran once")
  @State
  public static class WaitAndEnd {
    private final SegmentedBytes bytes = lent(1);
    private final AtomicInteger runs = new AtomicInteger();

    /** Waits. */
    @Actor
    public void waiter() {
      Lend.whenReleased(bytes, runs::incrementAndGet);
    }

    /** Ends the lease. */
    @Actor
    public void lender() {
      Lend.end(bytes);
    }

    /** Looks. */
    @Arbiter
    public void end(I_Result result) {
      result.r1 = runs.get();
    }
  }

  /** Two leases end while two wait. */
  @JCStressTest
  @Outcome(id = "1, 1, 0", expect = ACCEPTABLE, desc = "each ran once, and nothing is lent")
  @State
  public static class TwoWaitAndTwoEnd {
    private final SegmentedBytes bytes = lent(2);
    private final AtomicInteger first = new AtomicInteger();
    private final AtomicInteger second = new AtomicInteger();

    /** Ends a lease, then waits. */
    @Actor
    public void one() {
      Lend.end(bytes);
      Lend.whenReleased(bytes, first::incrementAndGet);
    }

    /** Waits, then ends a lease. */
    @Actor
    public void other() {
      Lend.whenReleased(bytes, second::incrementAndGet);
      Lend.end(bytes);
    }

    /** Looks. */
    @Arbiter
    public void end(III_Result result) {
      result.r1 = first.get();
      result.r2 = second.get();
      result.r3 = bytes.isLent() ? 1 : 0;
    }
  }

  /** Two ends of one lease: one is refused. */
  @JCStressTest
  @Outcome(
      id = {"1, 0", "0, 1"},
      expect = ACCEPTABLE,
      desc = "one ended it")
  @State
  public static class EndsTooMany {
    private final SegmentedBytes bytes = lent(1);

    private int end() {
      try {
        Lend.end(bytes);
        return 1;
      } catch (IllegalStateException _) {
        return 0;
      }
    }

    /** Ends. */
    @Actor
    public void first(II_Result result) {
      result.r1 = end();
    }

    /** Ends. */
    @Actor
    public void second(II_Result result) {
      result.r2 = end();
    }
  }

  /** A lease begins while another one ends and somebody waits: the wait ends with both. */
  @JCStressTest
  @Outcome(
      id = {"0, 1", "1, 1"},
      expect = ACCEPTABLE,
      desc = "between the leases or after both, and once")
  @State
  public static class BeginAndEndAndWait {
    private final SegmentedBytes bytes = lent(1);
    private final AtomicInteger runs = new AtomicInteger();

    /** Lends again. */
    @Actor
    public void second() {
      Lend.begin(bytes);
    }

    /** Ends the first lease. */
    @Actor
    public void first() {
      Lend.end(bytes);
    }

    /** Waits. */
    @Actor
    public void waiter() {
      Lend.whenReleased(bytes, runs::incrementAndGet);
    }

    /** Ends the second lease. */
    @Arbiter
    public void end(II_Result result) {
      result.r1 = runs.get();
      Lend.end(bytes);
      result.r2 = runs.get();
    }
  }
}
