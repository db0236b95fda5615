package dev.segue.iceoryx2;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** A stale view or access never reads the next message, and the memory goes back once. */
public final class ReceivedStress {
  // As struct Sample of subscribe.rs: where the bytes are, how many, and where the header is.
  private static final int STRUCT_BYTE_SIZE = 32;
  private static final int STRUCT_COUNT = 1 << 18;
  private static final long BYTES = 24;
  private static final MemorySegment STRUCTS =
      Arena.global().allocate((long) STRUCT_BYTE_SIZE * STRUCT_COUNT, 8);
  private static final AtomicInteger NEXT = new AtomicInteger();

  private ReceivedStress() {}

  /** A sample of one byte, 1, until its memory goes back: then it is 2, the next message's. */
  private static class Message {
    final AtomicInteger freed = new AtomicInteger();
    final Sample sample;

    Message() {
      long at = (long) STRUCT_BYTE_SIZE * (NEXT.getAndIncrement() & (STRUCT_COUNT - 1));
      STRUCTS.set(ValueLayout.JAVA_LONG, at, STRUCTS.address() + at + BYTES);
      STRUCTS.set(ValueLayout.JAVA_LONG, at + 8, 1);
      STRUCTS.set(ValueLayout.JAVA_BYTE, at + BYTES, (byte) 1);
      sample =
          Received.sample(
              new Received.Origin("a sample", 0, _ -> free(at)), null, STRUCTS.address() + at);
    }

    private void free(long at) {
      freed.incrementAndGet();
      STRUCTS.set(ValueLayout.JAVA_BYTE, at + BYTES, (byte) 2);
    }

    /** What a view reads: 1, or 0 if it is refused. */
    int read() {
      try {
        return sample.payload().segment(0).get(ValueLayout.JAVA_BYTE, 0);
      } catch (IllegalStateException | WrongThreadException _) {
        return 0;
      }
    }

    /** 1 if it is closed by this thread, or was. */
    int close() {
      try {
        sample.close();
        return 1;
      } catch (WrongThreadException _) {
        return 0;
      }
    }

    /** Confines it, reads by a view, and closes: 1 if the view was there. */
    int confine() {
      try {
        int read = sample.confine().payload().segment(0).get(ValueLayout.JAVA_BYTE, 0);
        sample.close();
        return read;
      } catch (IllegalStateException | WrongThreadException _) {
        close();
        return 0;
      }
    }
  }

  /** Two threads confine it. */
  @JCStressTest
  @Outcome(
      id = {"1, 0, 1", "0, 1, 1", "0, 0, 1"},
      expect = ACCEPTABLE,
      desc = "it is one's, and goes back once")
  @State
  public static class ConfineAndConfine {
    private final Message message = new Message();

    /** Confines, reads, closes. */
    @Actor
    public void left(III_Result result) {
      result.r1 = message.confine();
    }

    /** The same. */
    @Actor
    public void right(III_Result result) {
      result.r2 = message.confine();
    }

    /** Looks. */
    @Arbiter
    public void end(III_Result result) {
      result.r3 = message.freed.get();
    }
  }

  /** One thread confines it and reads while another closes it. */
  @JCStressTest
  @Outcome(
      id = {"1, 0, 1", "0, 1, 1", "1, 1, 1"},
      expect = ACCEPTABLE,
      desc = "read what was there or refused; goes back once")
  @State
  public static class ConfineAndClose {
    private final Message message = new Message();

    /** Confines, reads, closes. */
    @Actor
    public void reader(III_Result result) {
      result.r1 = message.confine();
    }

    /** Closes. */
    @Actor
    public void closer(III_Result result) {
      result.r2 = message.close();
    }

    /** Looks. */
    @Arbiter
    public void end(III_Result result) {
      result.r3 = message.freed.get();
    }
  }

  /** One thread reads by a view for all while another closes it. */
  @JCStressTest
  @Outcome(
      id = {"0, 1, 1", "1, 1, 1"},
      expect = ACCEPTABLE,
      desc = "read what was there or refused; goes back once")
  @State
  public static class ViewAndClose {
    private final Message message = new Message();

    /** Reads. */
    @Actor
    public void reader(III_Result result) {
      result.r1 = message.read();
    }

    /** Closes. */
    @Actor
    public void closer(III_Result result) {
      result.r2 = message.close();
    }

    /** Looks. */
    @Arbiter
    public void end(III_Result result) {
      result.r3 = message.freed.get();
    }
  }

  /** Two threads close it. */
  @JCStressTest
  @Outcome(id = "1, 1, 1", expect = ACCEPTABLE, desc = "goes back once")
  @State
  public static class CloseAndClose {
    private final Message message = new Message();

    /** Closes. */
    @Actor
    public void left(III_Result result) {
      result.r1 = message.close();
    }

    /** Closes. */
    @Actor
    public void right(III_Result result) {
      result.r2 = message.close();
    }

    /** Looks. */
    @Arbiter
    public void end(III_Result result) {
      result.r3 = message.freed.get();
    }
  }
}
