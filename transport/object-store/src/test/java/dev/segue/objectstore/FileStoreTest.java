package dev.segue.objectstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.OpenFiles;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.internal.Failures;
import dev.segue.testkit.Peers;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.URI;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileStoreTest extends ObjectStoreContract {
  private Path root() {
    return directory.resolve("store");
  }

  @Override
  public ObjectStore open() throws IOException {
    return ObjectStore.open("file://" + root(), StoreSettings.of(SETTINGS));
  }

  @Override
  public void checkNoTrace() throws IOException {
    assertEquals(List.of(), names(root()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "/etc/passwd", "../x", "a/../../x", "a//b", "a/", "./a", "a/.segue-part-1"})
  void keysThatLeadElsewhereAreRefused(String key) {
    assertThrows(
        IllegalArgumentException.class, () -> store.put(key, SegmentedBytes.copyOfUtf8("x")));
    assertThrows(IllegalArgumentException.class, () -> store.head(key));
  }

  @Test
  void aDirectoryIsNoObject() throws Exception {
    store.put("a/b", SegmentedBytes.copyOfUtf8("x"));
    assertFalse(store.exists("a"));
  }

  @Test
  void whatIsBeingWrittenIsNotListed() throws Exception {
    try (ObjectWriter writer = store.write("k")) {
      writer.writeOwned(Data.regions(Data.random(arena, 6 * MIB), MIB));
      assertTrue(store.list("", "", Optional.empty()).objects().isEmpty());
      assertEquals(1, names(root()).size());
    }
  }

  @Test
  void aPathThatIsAFileIsAnErrorAndLeavesNothing() throws Exception {
    store.put("a", SegmentedBytes.copyOfUtf8("x"));
    ObjectStoreException failure =
        assertThrows(
            ObjectStoreException.class, () -> store.put("a/b", SegmentedBytes.copyOfUtf8("y")));
    assertTrue(failure.getMessage().contains("a/b"), failure::getMessage);
    assertEquals(1, names(root()).size());
  }

  @Test
  void aFullDiskIsSaidToBeFull() {
    ObjectStoreException failure = Failures.of("put x", new IOException("No space left on device"));
    assertEquals(Reason.NO_SPACE, failure.reason());
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void whatTheJvmHasOpenIsNotWrittenTo() throws Exception {
    OpenFiles.noteInherited();
    Path own = Files.writeString(root().resolve("own"), "mine");
    try (ObjectStore whole = ObjectStore.open("file:///", StoreSettings.of(SETTINGS));
        FileOutputStream _ = new FileOutputStream(own.toFile(), true);
        DirectoryStream<Path> links =
            Files.newDirectoryStream(
                Path.of("/proc/self/fd"),
                link -> Files.exists(link) && Files.isSameFile(link, own))) {
      String key = links.iterator().next().toString().substring(1);
      ObjectStoreException refusal =
          assertThrows(
              ObjectStoreException.class, () -> whole.put(key, SegmentedBytes.copyOf(new byte[3])));
      assertEquals(Reason.DENIED, refusal.reason());
      assertTrue(refusal.getMessage().contains("opened that itself"), refusal.getMessage());
    }
    assertEquals("mine", Files.readString(own));
  }

  @Test
  void pagesGoOnWhereTheLastOneEnded() throws Exception {
    for (int i = 0; i < 1005; i++) {
      Files.writeString(root().resolve("n%04d".formatted(i)), "x");
    }
    ObjectPage first = store.list("", "", Optional.empty());
    assertEquals(1000, first.objects().size());
    ObjectPage second = store.list("", "", first.nextToken());
    assertEquals(5, second.objects().size());
    assertTrue(second.nextToken().isEmpty());
  }

  @Test
  void filesHaveNoUrls() {
    assertThrows(
        UnsupportedOperationException.class, () -> store.presignGet("k", Duration.ofMinutes(1)));
  }

  /** Not even the superuser may make files there. */
  @Test
  void aDirectoryThatRefusesIsSaidToDeny() throws Exception {
    Assumptions.assumeTrue(Files.isDirectory(Path.of("/sys/kernel")), "there is no sysfs here");
    try (ObjectStore denied = ObjectStore.open("file:///sys/kernel")) {
      ObjectStoreException failure =
          assertThrows(
              ObjectStoreException.class,
              () -> denied.put("segue-test", SegmentedBytes.copyOfUtf8("x")));
      assertEquals(Reason.DENIED, failure.reason(), failure::toString);
      assertTrue(failure.getMessage().contains("/sys/kernel/segue-test"), failure::getMessage);
    }
  }

  @Test
  void memoryThatIsClosedTooEarlyIsAnErrorAndLeavesNothing() throws Exception {
    Arena closed = Arena.ofShared();
    SegmentedBytes bytes = Data.regions(Data.random(closed, MIB), 1000);
    closed.close();
    assertThrows(IllegalStateException.class, () -> store.put("k", bytes));
    assertEquals(List.of(), names(root()));
    assertFalse(bytes.isLent());
  }

  @Test
  void twoWritersDoNotResumeOneUpload() throws Exception {
    Path journal = directory.resolve("journal");
    try (ObjectWriter one = store.write("k", journal)) {
      one.writeOwned(Data.regions(Data.random(arena, 6 * MIB), MIB));
      ObjectStoreException failure =
          assertThrows(ObjectStoreException.class, () -> store.write("k", journal));
      assertTrue(failure.getMessage().contains("another writer"), failure::getMessage);
    }
    store.write("k", journal).close();
  }

  @Test
  void aDeletionGoesOnBehindAKeyThatFails() throws Exception {
    String tooLong = "n".repeat(300);
    for (String key : List.of("a", "z")) {
      store.put(key, SegmentedBytes.copyOfUtf8("x"));
    }
    ObjectStoreException failure =
        assertThrows(ObjectStoreException.class, () -> store.delete(List.of("a", tooLong, "z")));
    assertTrue(failure.getMessage().contains("failedCount=1 of objectCount=3"), failure::toString);
    assertEquals(tooLong, failure.key());
    assertFalse(store.exists("a"));
    assertFalse(store.exists("z"));
  }

  @Test
  void encryptionThatFilesDoNotHaveIsRefused() {
    WriteOptions encrypted = WriteOptions.NONE.encryption("AES256", "");
    assertThrows(
        IllegalArgumentException.class,
        () -> store.put("k", SegmentedBytes.copyOfUtf8("x"), encrypted));
    assertThrows(IllegalArgumentException.class, () -> store.write("k", encrypted));
  }

  /** What is noted must be on the disk: without checksums nobody could tell zeros from it. */
  @Test
  void withoutChecksumsAPartIsForcedToTheDiskBeforeItIsNoted() throws Exception {
    Path journal = directory.resolve("forced.journal");
    Path events = directory.resolve("events.jfr");
    try (Recording recording = new Recording();
        ObjectStore unchecked =
            ObjectStore.open(
                "file://" + root(),
                StoreSettings.of(SETTINGS).checksums(StoreSettings.Checksums.NONE))) {
      recording.enable("jdk.FileForce").withoutThreshold();
      recording.start();
      try (ObjectWriter writer = unchecked.write("k", journal)) {
        writer.writeOwned(Data.regions(Data.random(arena, 11 * MIB), MIB));
      }
      recording.stop();
      recording.dump(events);
    }
    List<String> forced =
        RecordingFile.readAllEvents(events).stream()
            .sorted(Comparator.comparing(RecordedEvent::getStartTime))
            .map(event -> event.getString("path"))
            .map(path -> path.equals(journal.toString()) ? "journal" : "part")
            .toList();
    // The journal's head, then each part and its line.
    assertEquals(List.of("journal", "part", "journal", "part", "journal"), forced);
  }

  @Test
  void aSchemeThatNobodyHereOpensIsAnErrorThatNamesTheArtifact() {
    for (String uri : List.of("s3://bucket/k", "az://container/k")) {
      IllegalArgumentException failure =
          assertThrows(IllegalArgumentException.class, () -> ObjectStore.open(uri).close());
      String artifact = "dev.segue:segue-object-store-" + (uri.startsWith("s3") ? "s3" : "azure");
      assertTrue(failure.toString().contains(artifact), failure::toString);
    }
    IllegalArgumentException unknown =
        assertThrows(IllegalArgumentException.class, () -> ObjectStore.open("nope://b").close());
    assertTrue(unknown.toString().contains("known are file"), unknown::toString);
  }

  /** Each version has its size in its first bytes. */
  @Test
  void whatIsReadIsOfTheVersionThatIsTold() throws Exception {
    Path root = directory.resolve("versions");
    AtomicBoolean ended = new AtomicBoolean();
    try (Arena own = Arena.ofShared();
        ObjectStore files = ObjectStore.open(root.toUri().toString())) {
      version(root, 8);
      Thread replacing =
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int i = 0; !ended.get(); i++) {
                      version(root, 8 + i % 50);
                    }
                  });
      try {
        MemorySegment eight = own.allocate(8);
        for (int i = 0; i < 20_000; i++) {
          try {
            ObjectInfo info = files.getRange("k", 0, eight);
            assertEquals(info.byteSize(), eight.get(ValueLayout.JAVA_LONG, 0));
          } catch (ObjectStoreException e) {
            assertEquals(Reason.CHANGED, e.reason());
          }
        }
      } finally {
        ended.set(true);
        replacing.join();
      }
    }
  }

  private static void version(Path root, int byteSize) {
    try {
      byte[] bytes = new byte[byteSize];
      bytes[0] = (byte) byteSize;
      Path next = Files.write(root.resolve("next"), bytes);
      Files.move(next, root.resolve("k"), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void anInterruptCancelsAndIsNoFaultOfTheStore() throws Exception {
    SegmentedBytes bytes = SegmentedBytes.copyOfUtf8("x");
    for (String key : List.of("a", "b")) {
      store.put(key, bytes);
    }
    List<String> told = new ArrayList<>();
    ObjectStore.ManyHandler handler =
        new ObjectStore.ManyHandler() {
          @Override
          public void accept(ObjectBytes object) {
            object.close();
            told.add(object.info().key());
          }

          @Override
          public void failed(String key, ObjectStoreException failure) {
            told.add(key + " " + failure.reason());
          }
        };
    try (OffHeapPool pool = new OffHeapPool(4096)) {
      for (Executable each :
          List.<Executable>of(
              () -> store.put("c", bytes),
              () -> store.get("a", arena.allocate(1)),
              () -> store.copy("a", "c"),
              () -> store.getMany(List.of("a", "b"), pool, handler))) {
        Thread.currentThread().interrupt();
        try {
          failure(Reason.CANCELLED, each);
        } finally {
          assertTrue(Thread.interrupted());
        }
      }
    }
    assertEquals(List.of(), told);
    assertFalse(store.exists("c"));
  }

  /** Opening it would wait for its writer. */
  @Test
  void aPipeIsNoObjectToBeCopied() throws Exception {
    store.put("a", SegmentedBytes.copyOfUtf8("x"));
    Path pipe = root().resolve("pipe");
    Peers.run("mkfifo", pipe.toString());
    failure(Reason.NOT_FOUND, () -> store.copy("pipe", "c"));
    Files.delete(pipe);
    assertEquals(List.of(root().resolve("a").toString()), names(root()));
  }

  @Test
  void belowAFileThereIsNothing() throws Exception {
    store.put("a", SegmentedBytes.copyOfUtf8("x"));
    assertFalse(store.exists("a/b"));
    store.delete("a/b");
    failure(Reason.NOT_FOUND, () -> store.get("a/b", arena.allocate(1)));
    assertTrue(store.exists("a"));
  }

  /** As the files of {@code /proc}. */
  @Test
  void aFileWithMoreBytesThanItsSizeSaysIsNotReadAsEmpty() throws Exception {
    String file = "proc/self/status";
    Assumptions.assumeTrue(Files.exists(Path.of("/" + file)));
    try (ObjectStore all = ObjectStore.open("file:///");
        OffHeapPool pool = new OffHeapPool(4096)) {
      for (Executable each :
          List.<Executable>of(
              () -> all.get(file, arena.allocate(8)),
              () -> all.get(file, pool).close(),
              () -> all.read(file).close())) {
        String message = failure(Reason.CHANGED, each).getMessage();
        assertTrue(message.contains("more bytes than its size says"), message);
      }
    }
  }

  /** As a process leaves it that is killed when the file has its name, and the hidden name too. */
  @Test
  void aFileThatAKilledProcessMadeIsTheWriters() throws Exception {
    Path journal = directory.resolve("journal");
    SegmentedBytes bytes = Data.regions(Data.random(arena, 10 * MIB), MIB);
    try (ObjectWriter writer = store.write("lock", journal, WriteOptions.NONE.ifAbsent())) {
      writer.writeOwned(bytes);
      while (!Files.exists(journal) || !Files.readString(journal).contains("part 2")) {
        Thread.sleep(10);
      }
    }
    Path folder = Path.of(URI.create(store.uri()));
    try (Stream<Path> files = Files.list(folder)) {
      Path hidden =
          files.filter(file -> file.toString().contains(".segue-part-")).findFirst().orElseThrow();
      Files.createLink(folder.resolve("lock"), hidden);
    }
    try (ObjectWriter writer = store.write("lock", journal, WriteOptions.NONE.ifAbsent())) {
      assertEquals(10 * MIB, writer.resumeByteOffset());
      assertEquals(10 * MIB, writer.finish().byteSize());
    }
    assertFalse(Files.exists(journal));
    try (Stream<Path> files = Files.list(folder)) {
      assertTrue(files.noneMatch(file -> file.toString().contains(".segue-part-")));
    }
  }

  /** Another one may come between the look at a name and its deletion. */
  @Test
  void aFileThatReplacesTheVersionWhileThatIsDeletedStays() throws Exception {
    int roundCount = 400;
    try (ExecutorService writing = Executors.newSingleThreadExecutor()) {
      for (int round = 0; round < roundCount; round++) {
        store.put("k", SegmentedBytes.copyOfUtf8("old"));
        ObjectInfo old = store.head("k");
        CountDownLatch ready = new CountDownLatch(1);
        int spinCount = round % 40 * 20;
        Path folder = Path.of(URI.create(store.uri()));
        Path next = Files.writeString(folder.resolve("next"), "newer");
        Future<?> written =
            writing.submit(
                () -> {
                  ready.countDown();
                  for (int i = 0; i < spinCount; i++) {
                    Thread.onSpinWait();
                  }
                  return Files.move(next, folder.resolve("k"), StandardCopyOption.REPLACE_EXISTING);
                });
        ready.await();
        try {
          store.delete(old);
        } catch (ObjectStoreException e) {
          assertEquals(Reason.CHANGED, e.reason(), e::toString);
        }
        written.get();
        assertEquals(5, store.head("k").byteSize(), "round=" + round);
      }
    }
  }
}
