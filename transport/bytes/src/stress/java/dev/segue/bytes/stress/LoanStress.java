package dev.segue.bytes.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import dev.segue.bytes.Loan;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
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
