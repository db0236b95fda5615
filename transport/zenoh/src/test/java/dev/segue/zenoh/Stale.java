package dev.segue.zenoh;

import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** Reads memory of a pool after it went back, or just as it goes: in a process that may end. */
final class Stale {
  private static final int BYTE_SIZE = 1 << 16;
  private static final int ROUNDS = 300;

  private Stale() {}

  private interface Read {
    void run() throws Exception;
  }

  static void run() throws Exception {
    ChildMain.say("stale read=" + afterwards());
    ChildMain.say("races wrong=" + racing());
  }

  /** How many of all ways to read did read something. */
  private static int afterwards() throws Exception {
    int read = 0;
    for (boolean viewed : new boolean[] {false, true}) {
      ShmPool pool = ShmPool.create(BYTE_SIZE);
      Loan loan = pool.loan(BYTE_SIZE);
      MemorySegment filling = loan.segment();
      filling.fill((byte) 7);
      SegmentedBytes bytes = loan.handOver();
      SegmentedBytes slice = bytes.slice(1, 100);
      List<Read> reads = new ArrayList<>();
      if (viewed) {
        MemorySegment segment = bytes.segment(0);
        MemorySegment part = segment.asSlice(8, 8);
        ByteBuffer buffer = bytes.asByteBuffers().getFirst().duplicate();
        SegmentedBytes again = SegmentedBytes.fromSegments(List.of(part), false);
        reads.add(() -> segment.get(ValueLayout.JAVA_BYTE, 0));
        reads.add(() -> part.get(ValueLayout.JAVA_LONG_UNALIGNED, 0));
        reads.add(() -> buffer.get(0));
        reads.add(() -> again.byteAt(0));
        reads.add(again::copyToByteArray);
      }
      MemorySegment target = Arena.ofAuto().allocate(BYTE_SIZE);
      reads.add(() -> bytes.byteAt(0));
      reads.add(() -> slice.byteAt(0));
      reads.add(() -> bytes.reader().readLong());
      reads.add(() -> bytes.asInputStream().read());
      reads.add(() -> bytes.copyTo(target));
      reads.add(bytes::copyToByteArray);
      reads.add(() -> ChildMain.say("equal " + slice.equals(SegmentedBytes.copyOf(new byte[100]))));
      reads.add(() -> bytes.segment(0).get(ValueLayout.JAVA_BYTE, 0));
      reads.add(() -> bytes.asByteBuffers().getFirst().get(0));
      reads.add(() -> filling.get(ValueLayout.JAVA_BYTE, 0));
      reads.add(() -> filling.fill((byte) 1));
      Session session = Session.open(Config.isolated());
      reads.add(() -> session.put(ChildMain.KEY, bytes));
      reads.add(() -> session.put(ChildMain.KEY, SegmentedBytes.concat(List.of(slice, bytes))));
      loan.close();
      pool.close();
      for (int i = 0; i < reads.size(); i++) {
        try {
          reads.get(i).run();
          read++;
          ChildMain.say("read by way " + i + " viewed=" + viewed);
        } catch (IllegalStateException _) {
          // as it must be
        }
      }
      session.close();
    }
    return read;
  }

  /** How many reads of threads gave something else than what was there or an exception. */
  private static int racing() throws Exception {
    AtomicInteger wrong = new AtomicInteger();
    try (ShmPool pool = ShmPool.create(BYTE_SIZE)) {
      for (int round = 0; round < ROUNDS; round++) {
        byte value = (byte) (1 + round % 100);
        Loan loan = pool.tryLoan(BYTE_SIZE, Await.LONG).orElseThrow();
        loan.segment().fill(value);
        SegmentedBytes bytes = loan.handOver();
        CountDownLatch reading = new CountDownLatch(2);
        List<Thread> threads = new ArrayList<>();
        for (boolean viewed : new boolean[] {false, true}) {
          threads.add(
              Threads.start(
                  () -> {
                    reading.countDown();
                    try {
                      MemorySegment view = viewed ? bytes.segment(0) : null;
                      for (long at = 0; ; at = (at + 64) % BYTE_SIZE) {
                        byte seen =
                            view == null ? bytes.byteAt(at) : view.get(ValueLayout.JAVA_BYTE, at);
                        wrong.addAndGet(seen == value ? 0 : 1);
                      }
                    } catch (IllegalStateException _) {
                      // it went back
                    }
                  }));
        }
        reading.await();
        loan.close();
        try (Loan next = pool.tryLoan(BYTE_SIZE, Await.LONG).orElseThrow()) {
          next.segment().fill((byte) 0);
        }
        for (Thread thread : threads) {
          Await.ended(thread);
        }
      }
    }
    return wrong.get();
  }
}
