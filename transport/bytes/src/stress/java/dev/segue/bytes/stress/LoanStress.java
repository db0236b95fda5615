package dev.segue.bytes.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import dev.segue.bytes.Loan;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** A stale access never reads the next loan's bytes, and the memory goes back once. */
public final class LoanStress {
  private static final OffHeapPool POOL = new OffHeapPool(1 << 30);

  private LoanStress() {}

  private static Loan filled(int value) {
    Loan loan = POOL.loan(1);
    loan.segment().set(ValueLayout.JAVA_BYTE, 0, (byte) value);
    return loan;
  }

  /** A read races the close of its loan and the filling of the next one. */
  @JCStressTest
  @Outcome(
      id = {"0, 0", "1, 0"},
      expect = ACCEPTABLE,
      desc = "refused, or read what was there")
  @State
  public static class ReadAndReuse {
    private final Loan loan = filled(1);
    private final SegmentedBytes bytes = loan.handOver();

    /** Reads. */
    @Actor
    public void reader(II_Result result) {
      try {
        result.r1 = bytes.byteAt(0);
      } catch (IllegalStateException _) {
        result.r1 = 0;
      }
    }

    /** Gives back, and is the next user. */
    @Actor
    public void closer() {
      loan.close();
      filled(2).close();
    }
  }

  /** A view is made while its loan is closed and the next one is filled. */
  @JCStressTest
  @Outcome(
      id = {"0, 0", "1, 0"},
      expect = ACCEPTABLE,
      desc = "refused, or read what was there; dead in the end")
  @State
  public static class ViewAndClose {
    private final Loan loan = filled(1);
    private final SegmentedBytes bytes = loan.handOver();
    private volatile MemorySegment view;

    /** Makes the first view, and reads. */
    @Actor
    public void reader(II_Result result) {
      try {
        view = bytes.segment(0);
        result.r1 = view.get(ValueLayout.JAVA_BYTE, 0);
      } catch (IllegalStateException _) {
        result.r1 = 0;
      }
    }

    /** Gives back, and is the next user. */
    @Actor
    public void closer() {
      loan.close();
      filled(2).close();
    }

    /** Looks. */
    @Arbiter
    public void end(II_Result result) {
      MemorySegment left = view;
      result.r2 = left != null && left.scope().isAlive() ? 1 : 0;
    }
  }

  /** The segment that several threads fill is made and written while its loan is closed. */
  @JCStressTest
  @Outcome(
      id = {"0, 0", "1, 0"},
      expect = ACCEPTABLE,
      desc = "refused, or written before the end; dead in the end, and the next one is whole")
  @State
  public static class FillTogetherAndClose {
    private final Loan loan = POOL.loan(1);
    private volatile MemorySegment shared;

    /** Writes. */
    @Actor
    public void writer(II_Result result) {
      try {
        shared = loan.sharedSegment();
        shared.set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
        result.r1 = 1;
      } catch (IllegalStateException _) {
        result.r1 = 0;
      }
    }

    /** Gives back, and is the next user. */
    @Actor
    public void closer(II_Result result) {
      loan.close();
      try (Loan next = filled(2)) {
        result.r2 = next.handOver().byteAt(0) == 2 ? 0 : 2;
      }
    }

    /** Looks. */
    @Arbiter
    public void end(II_Result result) {
      MemorySegment left = shared;
      result.r2 += left != null && left.scope().isAlive() ? 1 : 0;
    }
  }

  /** A lease races the close: it is refused, or the memory stays for it. */
  @JCStressTest
  @Outcome(
      id = {"0, 0", "1, 1"},
      expect = ACCEPTABLE,
      desc = "refused, or kept")
  @State
  public static class LendAndClose {
    private final Loan loan = filled(1);
    private final SegmentedBytes bytes = loan.handOver();

    /** Lends. */
    @Actor
    public void lender(II_Result result) {
      try {
        Lend.begin(bytes);
        result.r1 = 1;
      } catch (IllegalStateException _) {
        result.r1 = 0;
      }
    }

    /** Gives back, and is the next user. */
    @Actor
    public void closer() {
      loan.close();
      filled(2).close();
    }

    /** Looks. */
    @Arbiter
    public void end(II_Result result) {
      if (result.r1 == 1) {
        result.r2 = Lend.segment(bytes, 0).get(ValueLayout.JAVA_BYTE, 0);
        Lend.end(bytes);
      }
    }
  }
}
