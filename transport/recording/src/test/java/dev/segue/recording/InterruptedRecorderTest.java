package dev.segue.recording;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.BytesSink;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.mcap.McapMessage;
import dev.segue.mcap.McapReader;
import dev.segue.mcap.McapStatistics;
import dev.segue.objectstore.ObjectStore;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An interrupt closes the file channel that its thread works with: it must not end a recording. */
@Timeout(120)
class InterruptedRecorderTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final int COUNT = 5;

  @TempDir Path directory;

  private Spool spool() throws IOException {
    return Spool.open(
        directory.resolve("spool"),
        new SpoolTarget.InFolder(directory.resolve("folder"), "drive.mcap"),
        SpoolOptions.defaults());
  }

  private static Recorder recorder(Pair pair, Spool spool) throws Exception {
    Recorder recorder =
        Recorder.start(
            pair.far(),
            KeyExpr.of("robot/**"),
            spool,
            RecorderOptions.defaults().messageLimit(COUNT));
    try (Publisher publisher =
        pair.near().declarePublisher(KeyExpr.of("robot/small"), PublisherOptions.blocking())) {
      assertTrue(publisher.awaitMatchingSubscribers(LONG));
      for (int i = 0; i < COUNT; i++) {
        publisher.put(SegmentedBytes.copyOf(new byte[100]));
      }
      assertTrue(recorder.awaitEnd(LONG));
    }
    return recorder;
  }

  private void checkStored(Spool spool, Recorder recorder) throws Exception {
    assertEquals(0, recorder.counts().lostCount());
    assertEquals(COUNT, recorder.counts().messageCount());
    assertTrue(spool.awaitStored(LONG), () -> spool.state().toString());
    assertTrue(Files.exists(directory.resolve("folder/drive.mcap")));
    assertEquals(COUNT, count("folder"));
  }

  private int count(String folder) throws Exception {
    int count = 0;
    try (ObjectStore store =
            ObjectStore.open(directory.resolve(folder).normalize().toUri().toString());
        McapReader reader = McapReader.open(store.read("drive.mcap"))) {
      for (var next = reader.next(); next.isPresent(); next = reader.next()) {
        try (McapMessage message = next.get()) {
          assertEquals(100, message.data().byteSize());
          count++;
        }
      }
      assertTrue(reader.truncation().isEmpty());
    }
    return count;
  }

  @Test
  void aRecorderThatAnInterruptedThreadClosesLosesNothing() throws Exception {
    try (Pair pair = Pair.open();
        Spool spool = spool()) {
      Recorder recorder = recorder(pair, spool);
      Thread.currentThread().interrupt();
      recorder.close();
      assertTrue(Thread.interrupted());
      checkStored(spool, recorder);
    }
  }

  /** A spool whose last write waits until whoever finishes the recorder is interrupted. */
  private static final class Waiting implements Destination {
    private final FileChannel file;
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch interrupted = new CountDownLatch(1);
    private final AtomicInteger count = new AtomicInteger();

    Waiting(FileChannel file) {
      this.file = file;
    }

    @Override
    public BytesSink begin() {
      return bytes -> {
        if (count.get() == COUNT) {
          reached.countDown();
          awaitInterrupt();
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes.copyToByteArray());
        while (buffer.hasRemaining()) {
          file.write(buffer);
        }
      };
    }

    /** An interrupt of this thread is left for the write that follows. */
    private void awaitInterrupt() {
      boolean own = false;
      while (interrupted.getCount() > 0) {
        try {
          interrupted.await();
        } catch (InterruptedException e) {
          own = true;
        }
      }
      if (own) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void end(long messageCount) {}

    @Override
    public void fail(IOException failure) {}

    @Override
    public boolean survivesFailures() {
      return true;
    }

    @Override
    public boolean hasRoom(long byteSize) {
      count.incrementAndGet();
      return true;
    }

    @Override
    public long largestFileByteSize() {
      return Long.MAX_VALUE;
    }

    @Override
    public boolean copiesAtOnce() {
      return true;
    }

    @Override
    public void releaseBorrowed() {}

    @Override
    public long lostCount() {
      return 0;
    }

    @Override
    public void close() {}
  }

  @Test
  void anInterruptWhileTheEndOfAFileIsWrittenLosesNothing() throws Exception {
    Path path = directory.resolve("drive.mcap");
    try (Pair pair = Pair.open();
        FileChannel file =
            FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        Publisher publisher =
            pair.near().declarePublisher(KeyExpr.of("robot/small"), PublisherOptions.blocking())) {
      Waiting disk = new Waiting(file);
      Recorder recorder =
          Recorder.start(
              pair.far(),
              KeyExpr.of("robot/**"),
              disk,
              RecorderOptions.defaults().messageLimit(COUNT),
              Thread::new);
      assertTrue(publisher.awaitMatchingSubscribers(LONG));
      for (int i = 0; i < COUNT; i++) {
        publisher.put(SegmentedBytes.copyOf(new byte[100]));
      }
      // What is still on its way when a recorder finishes isn't recorded.
      assertTrue(disk.reached.await(60, TimeUnit.SECONDS));
      FutureTask<McapStatistics> finish = new FutureTask<>(recorder::finish);
      Thread finishing = Thread.ofPlatform().start(finish);
      finishing.interrupt();
      disk.interrupted.countDown();
      assertTrue(finishing.join(LONG));
      ExecutionException failure = assertThrows(ExecutionException.class, finish::get);
      assertInstanceOf(InterruptedIOException.class, failure.getCause());
      assertEquals(0, recorder.counts().lostCount());
      assertEquals(COUNT, recorder.counts().messageCount());
    }
    assertEquals(COUNT, count("."));
  }

  @Test
  void aRecorderThatAnInterruptedThreadFinishesSaysSoAndLosesNothing() throws Exception {
    try (Pair pair = Pair.open();
        Spool spool = spool()) {
      Recorder recorder = recorder(pair, spool);
      Thread.currentThread().interrupt();
      InterruptedIOException failure = assertThrows(InterruptedIOException.class, recorder::finish);
      assertTrue(Thread.interrupted());
      assertTrue(String.valueOf(failure.getMessage()).contains("the spool has it"));
      checkStored(spool, recorder);
    }
  }
}
