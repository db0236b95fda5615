package dev.segue.bytes.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import dev.segue.bytes.spi.HoldCount;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * Every order of acquire, release, close and shut ends a hold count once, and never under a hold.
 */
public final class HoldCountStress {
  private HoldCountStress() {}

  /** A count that says how often it ended, and whether that was while somebody held it. */
  static class Counted extends HoldCount {
    int endedCount;
    int value = 1;

    Counted() {}

    Counted(int holdCount) {
      super(holdCount);
    }

    @Override
    protected void ended() {
      endedCount++;
      value = 2; // the next user's
    }

    /** What an access reads: 1, or 0 if it is refused. */
    int access() {
      if (!tryAcquire()) {
        return 0;
      }
      int read = value;
      release();
      return read;
    }
  }

  /** An access races the end. */
  @JCStressTest
  @Outcome(
      id = {"0, 1", "1, 1"},
      expect = ACCEPTABLE,
      desc = "refused, or read what was there")
  @State
  public static class AccessAndClose {
    private final Counted count = new Counted();

    /** Reads. */
    @Actor
    public void reader(II_Result result) {
      result.r1 = count.access();
    }

    /** Ends. */
    @Actor
    public void closer() {
      count.close();
    }

    /** Looks. */
    @Arbiter
    public void end(II_Result result) {
      result.r2 = count.endedCount;
    }
  }

  /** The same with a count that refuses new holders at once. */
  @JCStressTest
  @Outcome(
      id = {"0, 1", "1, 1"},
      expect = ACCEPTABLE,
      desc = "refused, or read what was there")
  @State
  public static class AccessAndShut {
    private final Counted count = new Counted();

    /** Reads. */
    @Actor
    public void reader(II_Result result) {
      result.r1 = count.access();
    }

    /** Ends. */
    @Actor
    public void closer() {
      count.shut();
    }

    /** Looks. */
    @Arbiter
    public void end(II_Result result) {
      result.r2 = count.endedCount;
    }
  }

  /** Two that close and one that shuts: one is the first, and it ends once. */
  @JCStressTest
  @Outcome(
      id = {"1, 0, 1", "0, 1, 1", "0, 0, 1"},
      expect = ACCEPTABLE,
      desc = "at most one closed it, and it ended once")
  @State
  public static class CloseAndCloseAndShut {
    private final Counted count = new Counted();

    /** Closes. */
    @Actor
    public void first(III_Result result) {
      result.r1 = count.letGo() ? 1 : 0;
    }

    /** Closes. */
    @Actor
    public void second(III_Result result) {
      result.r2 = count.letGo() ? 1 : 0;
    }

    /** Shuts. */
    @Actor
    public void third() {
      count.shut();
    }

    /** Looks. */
    @Arbiter
    public void end(III_Result result) {
      result.r3 = count.endedCount;
    }
  }

  /** The last releases race, and one is too many. */
  @JCStressTest
  @Outcome(
      id = {"1, 1, 0", "1, 0, 1", "0, 1, 1"},
      expect = ACCEPTABLE,
      desc = "two of three releases count")
  @State
  public static class ReleasesTooMany {
    private final Counted count = new Counted(2);

    private int release() {
      try {
        count.release();
        return 1;
      } catch (IllegalStateException _) {
        return 0;
      }
    }

    /** Releases. */
    @Actor
    public void first(III_Result result) {
      result.r1 = release();
    }

    /** Releases. */
    @Actor
    public void second(III_Result result) {
      result.r2 = release();
    }

    /** Releases. */
    @Actor
    public void third(III_Result result) {
      result.r3 = release();
    }
  }
}
