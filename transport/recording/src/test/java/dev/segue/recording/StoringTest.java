package dev.segue.recording;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.StoreSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One file of a spool on its way to where it belongs. */
@Timeout(60)
class StoringTest {
  private static final String NAME = "drive.mcap";

  @TempDir Path directory;

  private static SpoolFile whole(Path spool, int byteSize) throws IOException {
    SpoolFile file = SpoolFile.create(spool, "1", "somewhere", NAME);
    byte[] bytes = new byte[byteSize];
    bytes[byteSize - 1] = 42;
    file.write(SegmentedBytes.copyOf(bytes));
    file.end(1);
    return file;
  }

  private static String run(SpoolTarget target, SpoolFile file, Runnable progress)
      throws Exception {
    return new Storing(target, file, new HashMap<>(), () -> false, watch(progress)).run();
  }

  private static Storing.Watch watch(Runnable progress) {
    return new Storing.Watch() {
      @Override
      public void moved() {
        progress.run();
      }

      @Override
      public void answered() {}
    };
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  /** A bucket that is not there: nothing is under any name, and nothing can be written. */
  private static HttpServer withoutBucket() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          exchange.getRequestBody().readAllBytes();
          byte[] body =
              "<Error><Code>NoSuchBucket</Code><Message>no</Message></Error>"
                  .getBytes(StandardCharsets.UTF_8);
          boolean isHead = exchange.getRequestMethod().equals("HEAD");
          exchange.sendResponseHeaders(404, isHead ? -1 : body.length);
          if (!isHead) {
            exchange.getResponseBody().write(body);
          }
          exchange.close();
        });
    server.start();
    return server;
  }

  /** Whoever waits for a store that takes nothing gives up; trying again is no progress. */
  @Test
  void bytesThatAreRefusedEachTimeAreNoProgress() throws Exception {
    HttpServer server = withoutBucket();
    String uri =
        "s3://bucket?region=us-east-1&anonymous=true&endpoint=http://127.0.0.1:"
            + server.getAddress().getPort();
    try (ObjectStore store = ObjectStore.open(uri, StoreSettings.defaults().attemptCount(1));
        SpoolFile file = whole(directory, 100_000)) {
      SpoolTarget target = new SpoolTarget.InStore(store, uri, NAME);
      AtomicInteger progress = new AtomicInteger();
      assertThrows(ObjectStoreException.class, () -> run(target, file, progress::incrementAndGet));
      int first = progress.get();
      assertTrue(first > 0, "the first time it is");
      assertThrows(ObjectStoreException.class, () -> run(target, file, progress::incrementAndGet));
      assertEquals(first, progress.get());
    } finally {
      server.stop(0);
    }
  }

  private interface Elsewhere {
    void run(Path spool) throws Exception;
  }

  private void onAnotherFileSystem(Elsewhere test) throws Exception {
    Path memory = Path.of("/dev/shm");
    assumeTrue(
        Files.isWritable(memory)
            && !Files.getFileStore(memory).equals(Files.getFileStore(directory)),
        "there is no other file system here");
    Path spool = Files.createTempDirectory(memory, "segue-storing");
    try {
      test.run(spool);
    } finally {
      try (Stream<Path> left = Files.walk(spool)) {
        for (Path each : left.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(each);
        }
      }
    }
  }

  @Test
  void aFileThatTookTheNameWhileItWasCopiedIsNotReplaced() throws Exception {
    onAnotherFileSystem(
        spool -> {
          try (SpoolFile file = whole(spool, 3 << 20)) {
            SpoolTarget target = new SpoolTarget.InFolder(directory, NAME);
            Path taken = directory.resolve(NAME);
            String name = run(target, file, () -> write(taken));
            assertEquals("drive-0001.mcap", name);
            assertEquals("another's", Files.readString(taken));
            assertEquals(3 << 20, Files.size(directory.resolve(name)));
          }
        });
  }

  private static void write(Path file) {
    try {
      Files.writeString(file, "another's", java.nio.file.StandardOpenOption.CREATE_NEW);
    } catch (FileAlreadyExistsException e) {
      return; // it did before
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void whatAKilledProcessHadCopiedIsNotStoredTwice() throws Exception {
    onAnotherFileSystem(
        spool -> {
          try (SpoolFile file = whole(spool, 200_000)) {
            SpoolTarget target = new SpoolTarget.InFolder(directory, NAME);
            assertEquals(NAME, run(target, file, () -> {}));
            // It was killed before it removed its own.
            assertEquals(NAME, run(target, file, () -> {}));
            assertEquals(List.of(NAME), names(directory));
          }
        });
  }

  @Test
  void filesAreSmallWhereTheOldestAreDroppedAlsoIfOnlyTheDiskEnds() throws Exception {
    SpoolOptions oldest = SpoolOptions.defaults().overflow(SpoolOptions.Overflow.DROP_OLDEST);
    assertEquals(4L << 30, oldest.fileByteSize(32L << 30));
    assertEquals(1L << 20, oldest.byteSizeLimit(8L << 20).fileByteSize(32L << 30));
    assertEquals(8L << 20, oldest.fileByteSize(-1));
    assertEquals(
        SpoolOptions.defaults().largestFileByteSize(),
        SpoolOptions.defaults().fileByteSize(32L << 30));
    long disk = Files.getFileStore(directory).getTotalSpace();
    try (Spool spool =
        Spool.open(
            Spool.directoryIn(directory), new SpoolTarget.InFolder(directory, NAME), oldest)) {
      Destination destination = spool.destination();
      destination.begin();
      assertTrue(destination.largestFileByteSize() <= Math.max(64L << 20, disk) / 8);
      destination.close();
    }
  }
}
