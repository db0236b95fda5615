package dev.segue.bytes.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import dev.segue.bytes.LendingArena;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** The memory of a lending arena is freed once, and never while a part of it is lent. */
public final class ArenaStress {
  private ArenaStress() {}

  private static MemorySegment filled(LendingArena arena) {
    MemorySegment memory = arena.allocate(1);
    memory.set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
    return memory.asReadOnly();
  }

  /** A lease races the close: it is refused, or the memory stays for it. */
  @JCStressTest
  @Outcome(
      id = {"0, 0, 1", "1, 1, 1"},
      expect = ACCEPTABLE,
      desc = "refused, or kept; freed in the end")
  @State
  public static class LendAndClose {
    private final LendingArena arena = new LendingArena();
    private final SegmentedBytes bytes = SegmentedBytes.borrow(filled(arena));

    /** Lends. */
    @Actor
    public void lender(III_Result result) {
      try {
        Lend.begin(bytes);
        result.r1 = 1;
      } catch (IllegalStateException _) {
        result.r1 = 0;
      }
    }

    /** Closes. */
    @Actor
    public void closer() {
      arena.close();
    }

    /** Looks. */
    @Arbiter
    public void end(III_Result result) {
      if (result.r1 == 1) {
        result.r2 = arena.isFreed() ? 0 : Lend.segment(bytes, 0).get(ValueLayout.JAVA_BYTE, 0);
        Lend.end(bytes);
      }
      result.r3 = arena.isFreed() ? 1 : 0;
    }
  }

  /** The end of a lease races the close. */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "freed")
  @State
  public static class EndAndClose {
    private final LendingArena arena = new LendingArena();
    private final SegmentedBytes bytes = SegmentedBytes.borrow(filled(arena));

    /** Lends. */
    public EndAndClose() {
      Lend.begin(bytes);
    }

    /** Ends. */
    @Actor
    public void lender() {
      Lend.end(bytes);
    }

    /** Closes. */
    @Actor
    public void closer() {
      arena.close();
    }

    /** Looks. */
    @Arbiter
    public void end(I_Result result) {
      result.r1 = arena.isFreed() ? 1 : 0;
    }
  }

  /** An allocation, the first one, races the close. */
  @JCStressTest
  @Outcome(
      id = {"0, 1", "1, 1"},
      expect = ACCEPTABLE,
      desc = "refused or made, and freed; what is left of it can't be read")
  @State
  public static class AllocateAndClose {
    private final LendingArena arena = new LendingArena();
    private volatile MemorySegment made;

    /** Allocates. */
    @Actor
    public void user(II_Result result) {
      try {
        made = arena.allocate(8);
        result.r1 = 1;
      } catch (IllegalStateException _) {
        result.r1 = 0;
      }
    }

    /** Closes. */
    @Actor
    public void closer() {
      arena.close();
    }

    /** Looks. */
    @Arbiter
    public void end(II_Result result) {
      MemorySegment left = made;
      boolean dead = left == null || !left.scope().isAlive();
      result.r2 = dead && arena.isFreed() ? 1 : 0;
    }
  }
}
