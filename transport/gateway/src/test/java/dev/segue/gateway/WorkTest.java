package dev.segue.gateway;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Where a heap is full, there is no memory either to note that it is. */
@Timeout(60)
class WorkTest {
  private final Logger log = Logger.getLogger("dev.segue.gateway");
  private final Handler full =
      new Handler() {
        @Override
        public void publish(LogRecord entry) {
          throw new OutOfMemoryError("as a test wants it");
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  @BeforeEach
  void fill() {
    log.addHandler(full);
  }

  @AfterEach
  void empty() {
    log.removeHandler(full);
  }

  @Test
  void aTimerBeatsOnWhereItsFaultCannotBeNoted() throws Exception {
    CountDownLatch beats = new CountDownLatch(3);
    try (Timers timers = new Timers()) {
      timers.every(
          Duration.ofMillis(1),
          () -> {
            beats.countDown();
            throw new OutOfMemoryError("as a test wants it");
          });
      assertTrue(beats.await(30, TimeUnit.SECONDS));
    }
  }

  @Test
  void workThatFailsKeepsNoOtherWorkWaitingWhereItsFaultCannotBeNoted() throws Exception {
    CountDownLatch done = new CountDownLatch(1);
    try (FairThreads threads = new FairThreads(1, "test")) {
      InetAddress client = InetAddress.getLoopbackAddress();
      for (int i = 0; i < 3; i++) {
        threads
            .of(client)
            .execute(
                () -> {
                  throw new OutOfMemoryError("as a test wants it");
                });
      }
      threads.of(client).execute(done::countDown);
      assertTrue(done.await(30, TimeUnit.SECONDS));
    }
  }
}
