package dev.segue.interop.faults;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.zenoh.GetOptions;
import dev.segue.zenoh.Replies;
import dev.segue.zenoh.Reply;
import dev.segue.zenoh.Selector;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.SplittableRandom;

/** Asks all the time, each query with a frame of its own, and checks that it comes back whole. */
final class Asker {
  private static final Duration PATIENCE = Duration.ofSeconds(45);
  private static final int LARGEST = 1 << 17;

  private final SplittableRandom random;
  private final Session session;
  private final Thread thread;
  private volatile boolean stop;
  private volatile long answered;
  private volatile long changed;

  Asker(long seed, Session session) {
    this.random = new SplittableRandom(seed);
    this.session = session;
    this.thread = Thread.ofPlatform().daemon().name("asks").start(this::run);
  }

  private void run() {
    for (long i = 0; !stop; i++) {
      try {
        ask(new Frame(-1, i));
        Thread.sleep(random.nextInt(10));
      } catch (ZenohException _) {
        // While there is no link; whether there are answers again is seen in the end.
      } catch (InterruptedException e) {
        throw new IllegalStateException("query number=" + i, e);
      }
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one thread's
  private void ask(Frame frame) throws ZenohException {
    int byteSize = Frame.HEAD_BYTE_SIZE + random.nextInt(LARGEST - Frame.HEAD_BYTE_SIZE);
    MemorySegment segment = Arena.ofAuto().allocate(byteSize);
    frame.write(segment);
    SegmentedBytes question = SegmentedBytes.borrow(segment.asReadOnly());
    GetOptions options = GetOptions.defaults().timeout(Duration.ofSeconds(20)).payload(question);
    try (Replies replies = session.get(Selector.of(Peer.ASKED), options)) {
      for (Reply reply : replies) {
        // A failure says that the link or the one who was asked is gone.
        if (reply instanceof Reply.Success success) {
          changed += success.sample().payload().equals(question) ? 0 : 1;
          answered++;
        }
      }
    }
  }

  /** Waits for an answer from now on, and ends; says how many came, and whether all is well. */
  String finish() throws InterruptedException {
    long before = answered;
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (answered == before && thread.isAlive() && System.nanoTime() - deadline < 0) {
      Thread.sleep(5);
    }
    boolean answers = answered > before;
    stop = true;
    boolean ended = thread.join(PATIENCE);
    return (" answered=" + answered + " changedAnswers=" + changed)
        + (" unanswered=" + (answers && ended ? 0 : 1));
  }
}
