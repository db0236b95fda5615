package dev.segue.recording;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.mcap.McapStatistics;
import dev.segue.mcap.McapWriter;
import dev.segue.mcap.McapWriterOptions;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.StoreSettings;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Spools that others use as well: who is done removes the folder, and names are taken. */
@Timeout(120)
class SpoolNeighborsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir Path folder;

  private Spool open(String name) throws IOException {
    SpoolTarget target = new SpoolTarget.InFolder(folder, name);
    return Spool.open(Spool.directoryIn(folder), target, SpoolOptions.defaults());
  }

  private static void record(Destination destination) throws IOException {
    try (McapWriter writer =
        McapWriter.to(destination.begin(), "", "test", McapWriterOptions.plain())) {
      int channel = writer.addChannel(0, "t", "", Map.of());
      writer.write(channel, 1, System.nanoTime(), 1, SegmentedBytes.copyOf(new byte[50]));
      McapStatistics statistics = writer.finish();
      destination.end(statistics.messageCount());
    }
  }

  private long recordingCount() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(path -> path.toString().endsWith(".mcap")).count();
    }
  }

  /** It had no room for anything from then on. */
  @Test
  void aRecorderWhoseFileFailedGoesOnAfterAnotherOneRemovedTheFolder() throws Exception {
    try (Spool spool = open("d.mcap")) {
      Destination destination = spool.destination();
      destination.begin().write(SegmentedBytes.copyOf(new byte[10]));
      destination.fail(new IOException("of a test"));
      assertTrue(spool.awaitStored(PATIENCE));
      open("e.mcap").close();
      assertFalse(Files.exists(Spool.directoryIn(folder)));

      assertTrue(destination.hasRoom(100));
      record(destination);
      assertTrue(spool.awaitStored(PATIENCE));
    }
    assertEquals(1, recordingCount());
  }

  /** One began a file in the folder that the other one, which was done, had just removed. */
  @Test
  void whoIsDoneDoesNotKeepOthersFromRecording() throws Exception {
    AtomicInteger running = new AtomicInteger(1);
    CompletableFuture<Integer> others =
        CompletableFuture.supplyAsync(
            () -> {
              int count = 0;
              while (running.get() > 0) {
                try {
                  open("e.mcap").close();
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
                count++;
              }
              return count;
            });
    int rounds = 100;
    try {
      for (int i = 0; i < rounds; i++) {
        try (Spool spool = open(i + ".mcap")) {
          record(spool.destination());
          assertTrue(spool.awaitStored(PATIENCE));
        }
      }
    } finally {
      running.decrementAndGet();
    }
    assertTrue(others.get() > 0);
    assertEquals(rounds, recordingCount());
  }

  /** Its location had a slash at its end only where it was there. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatWaitsForAFolderThatWasNotThereIsStoredWhenItIs(boolean isOld) throws Exception {
    Path spoolFolder = folder.resolve("spool");
    Path there = folder.resolve("there");
    SpoolTarget target = new SpoolTarget.InFolder(there, "d.mcap");
    try (Spool spool = Spool.open(spoolFolder, target, SpoolOptions.defaults())) {
      Files.createFile(there);
      record(spool.destination());
    }
    Files.delete(there);
    Files.createDirectory(there);
    if (isOld) {
      writeLocationOfBefore(spoolFolder, there);
    }

    String location = Spool.locationsIn(spoolFolder).getFirst();
    SpoolTarget left =
        new SpoolTarget.InFolder(SpoolTarget.folderOf(location).orElseThrow(), "d.mcap");
    try (Spool spool = Spool.open(spoolFolder, left, SpoolOptions.defaults())) {
      assertTrue(spool.awaitStored(PATIENCE));
    }
    assertTrue(Files.exists(there.resolve("d.mcap")));
  }

  private static void writeLocationOfBefore(Path spoolFolder, Path there) throws IOException {
    try (DirectoryStream<Path> notes = Files.newDirectoryStream(spoolFolder, "*.properties")) {
      for (Path note : notes) {
        String uri = there.toUri().toString();
        String location = uri.substring(0, uri.length() - 1).replace(":", "\\:");
        Files.writeString(note, "wanted=d.mcap\nlocation=" + location + "\n");
      }
    }
  }

  /** {@code segue recording repair} said that nothing waits. */
  @Test
  void whatCantBeOpenedIsNamed() throws Exception {
    Path spoolFolder = folder.resolve("spool");
    Path there = Files.createFile(folder.resolve("there"));
    SpoolTarget target = new SpoolTarget.InFolder(there, "d.mcap");
    Path data;
    try (Spool spool = Spool.open(spoolFolder, target, SpoolOptions.defaults())) {
      record(spool.destination());
      data = spool.waitingFiles().getFirst();
      assertEquals(List.of(), Spool.unreadableIn(spoolFolder));
    }
    assertEquals(List.of(), Spool.unreadableIn(spoolFolder));
    String name = data.getFileName().toString().replace(".mcap", ".properties");
    Files.writeString(data.resolveSibling(name), "location=\\uZZZZ");
    assertEquals(List.of(data), Spool.unreadableIn(spoolFolder));
    assertEquals(List.of(), Spool.locationsIn(spoolFolder));
  }

  /** Each file asked for all names before it: after a week of minutes, that took minutes. */
  @Test
  void namesThatWereTakenAreNotAskedForAgain() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    int fileCount = 60;
    try (ObjectStore store =
        ObjectStore.open(folder.resolve("store").toUri().toString(), StoreSettings.defaults())) {
      ObjectStore counting =
          (ObjectStore)
              Proxy.newProxyInstance(
                  ObjectStore.class.getClassLoader(),
                  new Class<?>[] {ObjectStore.class},
                  (proxy, method, arguments) -> {
                    if (method.getName().equals("exists")) {
                      asked.incrementAndGet();
                    }
                    try {
                      return method.invoke(store, arguments);
                    } catch (InvocationTargetException e) {
                      throw e.getCause();
                    }
                  });
      SpoolTarget target = new SpoolTarget.InStore(counting, "file:///store", "d.mcap");
      try (Spool spool = Spool.open(folder.resolve("spool"), target, SpoolOptions.defaults())) {
        Destination destination = spool.destination();
        for (int i = 0; i < fileCount; i++) {
          record(destination);
        }
        assertTrue(spool.awaitStored(PATIENCE), () -> spool.state().toString());
        assertEquals("d-0059.mcap", spool.state().stored().getLast());
      }
    }
    assertTrue(asked.get() <= 5 * fileCount, asked::toString);
  }
}
