package dev.segue.objectstore.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectWriter;
import dev.segue.objectstore.StoreSettings;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An error on a thread that nobody sees, such as of memory, reaches whoever waits. */
@Timeout(60)
class AttemptErrorTest {
  private static final class NoMemory extends Error {
    private static final long serialVersionUID = 1L;
  }

  private static void assertEndsInNoMemory(CompletableFuture<?> result) {
    var ended = assertThrows(ExecutionException.class, () -> result.get(30, TimeUnit.SECONDS));
    assertInstanceOf(NoMemory.class, ended.getCause());
  }

  @Test
  void anErrorOfALaterAttemptEndsTheWait() {
    AtomicInteger attempts = new AtomicInteger();
    CompletableFuture<String> result =
        new Retry(3)
            .run(
                new Transfer(),
                () -> {
                  if (attempts.incrementAndGet() == 1) {
                    return CompletableFuture.failedFuture(new IOException("later"));
                  }
                  throw new NoMemory();
                });
    assertEndsInNoMemory(result);
    assertEquals(2, attempts.get());
  }

  /** A store that has no memory for a part. */
  private static final class NoMemorySink implements PartSink {
    private int aborted;

    @Override
    public String begin() {
      return "";
    }

    @Override
    public CompletableFuture<Part> part(
        int number, SegmentedBytes bytes, long crc, Transfer transfer) {
      throw new NoMemory();
    }

    @Override
    public ObjectInfo complete(List<Part> parts) {
      throw new IllegalStateException("complete");
    }

    @Override
    public ObjectInfo whole(SegmentedBytes bytes, long crc, Transfer transfer) {
      throw new IllegalStateException("whole");
    }

    @Override
    public void abort() {
      aborted++;
    }

    @Override
    public int partCountLimit() {
      return 10;
    }

    @Override
    public @Nullable List<Part> resume(String uploadId) {
      return null;
    }
  }

  @Test
  void anErrorOfAPartLetsItsUploadEnd() throws Exception {
    NoMemorySink sink = new NoMemorySink();
    StoreSettings settings = StoreSettings.defaults();
    SegmentedBytes part;
    try (Arena arena = Arena.ofShared()) {
      part =
          SegmentedBytes.fromSegments(
              List.of(arena.allocate(settings.putPartByteSize()).asReadOnly()), false);
      ObjectWriter writer = new ObjectWriter(Attempt.of("put"), sink, settings, null);
      assertThrows(
          NoMemory.class,
          () -> {
            writer.writeOwned(part);
            writer.finish();
          });
      writer.close();
      assertFalse(part.isLent());
    }
    assertEquals(1, sink.aborted);
  }

  @Test
  void anErrorOfOneWorkLetsThoseBehindItStart() throws Exception {
    InFlight inFlight = new InFlight(1);
    CompletableFuture<String> first = new CompletableFuture<>();
    CompletableFuture<String> running = inFlight.run(() -> first);
    CompletableFuture<String> second =
        inFlight.run(
            () -> {
              throw new NoMemory();
            });
    CompletableFuture<String> third =
        inFlight.run(() -> CompletableFuture.completedFuture("third"));
    first.complete("first");
    assertEquals("first", running.get(30, TimeUnit.SECONDS));
    assertEquals("third", third.get(30, TimeUnit.SECONDS));
    assertEndsInNoMemory(second);
  }
}
