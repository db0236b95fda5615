package dev.segue.recording;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.mcap.McapWriter;
import dev.segue.mcap.McapWriterOptions;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.recording.SpoolOptions.Overflow;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What files that wait cost while the store is away: descriptors, and room. */
@Timeout(60)
class SpoolRoomTest {
  private static final int MIB = 1 << 20;

  @TempDir Path directory;
  private Path folder;

  @BeforeEach
  void make() throws IOException {
    folder = Files.createDirectory(directory.resolve("spool")).toRealPath();
  }

  @AfterEach
  void nothingStaysOpen() throws IOException {
    if (OS.LINUX.isCurrentOs()) {
      assertEquals(0, openCount());
    }
  }

  private Spool open(SpoolOptions options) throws IOException {
    return open(options, () -> {});
  }

  /** Of a store that is away, which takes its time to say so. */
  private interface Wait {
    void run() throws InterruptedException;
  }

  private Spool open(SpoolOptions options, Wait wait) throws IOException {
    ObjectStore away =
        (ObjectStore)
            Proxy.newProxyInstance(
                ObjectStore.class.getClassLoader(),
                new Class<?>[] {ObjectStore.class},
                (proxy, method, arguments) -> {
                  try {
                    wait.run();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                  throw new ObjectStoreException(
                      ObjectStoreException.Reason.UNAVAILABLE, "away: " + method.getName());
                });
    return Spool.open(folder, new SpoolTarget.InStore(away, "s3://bucket", "d.mcap"), options);
  }

  private long openCount() throws IOException {
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      return open.filter(this::isOfSpool).count();
    }
  }

  private boolean isOfSpool(Path link) {
    try {
      return Files.readSymbolicLink(link).startsWith(folder);
    } catch (IOException e) {
      return false; // that of the listing itself
    }
  }

  /** A message and no end. */
  private static void begin(Destination destination) throws IOException {
    try (McapWriter writer =
        McapWriter.to(destination.begin(), "", "test", McapWriterOptions.plain())) {
      int channel = writer.addChannel(0, "t", "", Map.of());
      writer.write(channel, 1, 1, 1, SegmentedBytes.copyOf(new byte[50]));
      writer.flush();
    }
  }

  private static void record(Destination destination, int byteSize) throws IOException {
    destination.begin().write(SegmentedBytes.copyOf(new byte[byteSize]));
    destination.end(1);
  }

  /** A disk that is full for a night leaves one each second. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void filesThatCouldNotBeEndedAreNotKeptOpen() throws Exception {
    try (Spool spool = open(SpoolOptions.defaults())) {
      Destination destination = spool.destination();
      for (int i = 0; i < 100; i++) {
        begin(destination);
        destination.fail(new IOException("of a test"));
        begin(destination);
        destination.close();
      }
      long open = openCount();
      assertTrue(open <= 70, () -> "open=" + open);
      assertEquals(200, spool.waitingFiles().size());
    }
  }

  /** They were counted, and samples lost, though there was room. */
  @ParameterizedTest
  @EnumSource(Overflow.class)
  void whatAnotherProcessHasStoredTakesNoRoom(Overflow overflow) throws Exception {
    try (Spool spool = open(SpoolOptions.defaults().byteSizeLimit(110L * MIB).overflow(overflow))) {
      Destination destination = spool.destination();
      for (int i = 0; i < 100; i++) {
        record(destination, MIB);
      }
      List<Path> waiting = spool.waitingFiles();
      assertEquals(100, waiting.size());
      for (Path stored : waiting.subList(70, 100)) {
        Files.delete(stored);
      }
      while (!destination.hasRoom(30L * MIB)) {
        Thread.sleep(10);
      }
      assertEquals(0, destination.lostCount());
      assertEquals(waiting.subList(0, 70), spool.waitingFiles());
      assertEquals(70L * MIB, spool.state().waitingByteSize());
    }
  }

  /** One that is being stored keeps its room when it is dropped, and others went for nothing. */
  @Test
  void nothingIsDroppedForWhatCantFitBesideOneThatIsBeingStored() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch answered = new CountDownLatch(1);
    SpoolOptions options =
        SpoolOptions.defaults().byteSizeLimit(10L * MIB).overflow(Overflow.DROP_OLDEST);
    try (Spool spool =
        open(
            options,
            () -> {
              asked.countDown();
              answered.await();
            })) {
      Destination destination = spool.destination();
      record(destination, 8 * MIB);
      asked.await();
      record(destination, MIB);
      List<Path> waiting = spool.waitingFiles();
      assertFalse(destination.hasRoom(3L * MIB));
      assertEquals(waiting.subList(1, 2), spool.waitingFiles());
      assertEquals(1, destination.lostCount());
      answered.countDown();
      while (!destination.hasRoom(3L * MIB)) {
        Thread.sleep(10);
      }
      assertEquals(1, destination.lostCount());
    }
  }

  @Test
  void nothingIsDroppedForWhatCanNeverFit() throws Exception {
    SpoolOptions options =
        SpoolOptions.defaults().byteSizeLimit(10L * MIB).overflow(Overflow.DROP_OLDEST);
    try (Spool spool = open(options)) {
      Destination destination = spool.destination();
      for (int i = 0; i < 5; i++) {
        record(destination, MIB);
      }
      destination.begin().write(SegmentedBytes.copyOf(new byte[MIB]));
      assertFalse(destination.hasRoom(11L * MIB));
      assertFalse(destination.hasRoom(9L * MIB + 1));
      assertEquals(0, destination.lostCount());
      assertEquals(6, spool.waitingFiles().size());
      destination.end(1);
    }
  }

  /** One that ends while it is forced has been forced. */
  @Test
  void aFileThatHasEndedIsForcedInVainWithoutAFailure() throws Exception {
    try (SpoolFile file = SpoolFile.create(folder, "1", "here", "d.mcap")) {
      file.end(0);
      file.park();
      file.force();
      assertTrue(file.unpark());
      file.force();
    }
  }
}
