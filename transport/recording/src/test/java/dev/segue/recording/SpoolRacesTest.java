package dev.segue.recording;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.mcap.McapMessage;
import dev.segue.mcap.McapReader;
import dev.segue.mcap.McapWriter;
import dev.segue.mcap.McapWriterOptions;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.StoreSettings;
import dev.segue.objectstore.s3.S3Server;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Several recorders of one name, one folder, one process; and what is left in a bad state. */
@Timeout(120)
class SpoolRacesTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir Path directory;

  @BeforeAll
  static void setCredentials() {
    System.setProperty("aws.accessKeyId", "test");
    System.setProperty("aws.secretAccessKey", "testtest");
  }

  /** A recorder without a topic. */
  private static final class ByHand implements AutoCloseable {
    private final Destination destination;
    private final McapWriter writer;
    private final int channel;

    ByHand(Spool spool) throws IOException {
      destination = spool.destination();
      writer = McapWriter.to(destination.begin(), "", "test", McapWriterOptions.indexed());
      channel = writer.addChannel(0, "t", "", Map.of());
    }

    ByHand write(long number, int byteSize) throws IOException {
      byte[] bytes = new byte[byteSize];
      for (int i = 0; i < 8; i++) {
        bytes[i] = (byte) (number >> (8 * i));
      }
      writer.write(channel, number, number, number, SegmentedBytes.copyOf(bytes));
      return this;
    }

    void end() throws IOException {
      destination.end(writer.finish().messageCount());
    }

    /** Leaves the file as a process does that is killed: nobody ends it, nobody stores it. */
    void leave(Spool spool) throws IOException {
      writer.flush();
      spool.close();
      close();
    }

    /** The same of a file that has its end, and that the store does not have yet. */
    void leaveWhole(Spool spool) throws IOException {
      writer.finish();
      spool.close();
      close();
    }

    @Override
    public void close() throws IOException {
      writer.close();
      destination.close();
    }
  }

  private static List<Long> numbersIn(ObjectStore store, String key) throws IOException {
    List<Long> all = new ArrayList<>();
    try (McapReader reader = McapReader.open(store.read(key))) {
      for (var next = reader.next(); next.isPresent(); next = reader.next()) {
        try (McapMessage message = next.get()) {
          all.add(message.data().reader().readLong());
        }
      }
      assertTrue(reader.truncation().isEmpty(), key);
    }
    return all;
  }

  private static ObjectStore open(S3Server server) throws IOException {
    return ObjectStore.open(
        "s3://" + S3Server.BUCKET + "?region=us-east-1&endpoint=" + server.endpoint(),
        StoreSettings.defaults().putPartByteSize(5 << 20));
  }

  private static Spool spool(Path folder, ObjectStore store) throws IOException {
    return Spool.open(
        folder, new SpoolTarget.InStore(store, "bucket", "drive.mcap"), SpoolOptions.defaults());
  }

  private Spool inFolder(Path spool, Path folder) throws IOException {
    return Spool.open(
        spool, new SpoolTarget.InFolder(folder, "drive.mcap"), SpoolOptions.defaults());
  }

  private static List<Path> filesIn(Path folder, String end) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(end)).sorted().toList();
    }
  }

  private static void awaitName(Path spool) throws Exception {
    while (true) {
      for (Path note : filesIn(spool, ".properties")) {
        if (Files.readString(note).contains("name=drive.mcap")) {
          return;
        }
      }
      Thread.sleep(5);
    }
  }

  @Test
  void smallMessagesAreInTheFileWhenTheyAreFlushed() throws Exception {
    for (McapWriterOptions layout :
        List.of(McapWriterOptions.indexed(), McapWriterOptions.plain())) {
      Path folder = Files.createDirectory(directory.resolve("of" + layout.chunkByteSize()));
      Path spoolFolder = directory.resolve("spool");
      try (Spool spool = inFolder(spoolFolder, folder)) {
        Destination destination = spool.destination();
        McapWriter writer = McapWriter.to(destination.begin(), "", "test", layout);
        int channel = writer.addChannel(0, "t", "", Map.of());
        writer.write(channel, 1, 1, 1, SegmentedBytes.copyOf(new byte[] {7, 0, 0, 0, 0, 0, 0, 0}));
        writer.flush();
        byte[] file = Files.readAllBytes(filesIn(spoolFolder, ".mcap").getFirst());
        Path copy = Files.write(folder.resolve("copy"), file);
        try (ObjectStore store = ObjectStore.open(folder.toUri().toString());
            McapReader reader = McapReader.open(store.read("copy"))) {
          try (McapMessage message = reader.next().orElseThrow()) {
            assertEquals(7, message.data().reader().readLong());
          }
        }
        Files.delete(copy);
        destination.end(writer.finish().messageCount());
        assertTrue(spool.awaitStored(LONG), () -> spool.state().toString());
      }
    }
  }

  @Test
  void ofTwoRecordersThatChoseOneNameNeitherLosesItsRecording() throws Exception {
    for (int byteSize : new int[] {1_000, 6 << 20}) {
      Path folder = Files.createDirectory(directory.resolve("of" + byteSize));
      try (S3Server server = new S3Server();
          ObjectStore store = open(server);
          Spool first = spool(folder.resolve("first"), store);
          Spool second = spool(folder.resolve("second"), store)) {
        ByHand one = new ByHand(first).write(1, byteSize);
        ByHand two = new ByHand(second).write(2, byteSize);
        awaitName(folder.resolve("first"));
        awaitName(folder.resolve("second"));
        one.end();
        assertTrue(first.awaitStored(LONG), () -> first.state().toString());
        two.end();
        assertTrue(second.awaitStored(LONG), () -> second.state().toString());
        assertEquals(List.of("drive.mcap"), first.state().stored());
        assertEquals(List.of("drive-0001.mcap"), second.state().stored());
        assertEquals(List.of(1L), numbersIn(store, "drive.mcap"));
        assertEquals(List.of(2L), numbersIn(store, "drive-0001.mcap"));
        assertEquals(List.of(), server.unfinishedUploads());
      }
    }
  }

  @Test
  void anObjectThatTookTheNameWhileTheStoreWasAwayStays() throws Exception {
    Path folder = directory.resolve("spool");
    try (S3Server server = new S3Server();
        ObjectStore store = open(server)) {
      try (Spool spool = spool(folder, store)) {
        ByHand left = new ByHand(spool).write(1, 1_000);
        awaitName(folder);
        left.leave(spool);
      }
      store.put("drive.mcap", SegmentedBytes.copyOfUtf8("another's"));
      try (Spool spool = spool(folder, store)) {
        assertTrue(spool.awaitStored(LONG), () -> spool.state().toString());
        assertEquals(List.of("drive-0001.mcap"), spool.state().stored());
      }
      assertEquals("another's".length(), store.head("drive.mcap").byteSize());
    }
  }

  @Test
  void oneThatCantBeStoredKeepsNoneBehindIt() throws Exception {
    Path spoolFolder = directory.resolve("spool");
    Path folder = Files.createDirectory(directory.resolve("folder"));
    try (Spool spool = inFolder(spoolFolder, folder)) {
      new ByHand(spool).write(1, 100).leave(spool);
    }
    Path note = filesIn(spoolFolder, ".properties").getFirst();
    Properties wrong = new Properties();
    try (var in = Files.newInputStream(note)) {
      wrong.load(in);
    }
    wrong.setProperty("wanted", "../outside.mcap");
    try (var out = Files.newOutputStream(note)) {
      wrong.store(out, null);
    }
    try (Spool spool = inFolder(spoolFolder, folder)) {
      new ByHand(spool).write(2, 100).end();
      new ByHand(spool).write(3, 100).end();
      while (spool.state().storedCount() < 2) {
        Thread.sleep(5);
      }
      assertEquals(1, spool.waitingFiles().size());
      assertTrue(spool.state().failure().isPresent() || spool.state().storedCount() == 2);
    }
    assertFalse(Files.exists(directory.resolve("outside.mcap")));
    try (ObjectStore store = ObjectStore.open(folder.toUri().toString())) {
      assertEquals(List.of(2L), numbersIn(store, "drive.mcap"));
      assertEquals(List.of(3L), numbersIn(store, "drive-0001.mcap"));
    }
  }

  /** An interrupt closes the channel that its thread writes to, and the lock is gone with it. */
  @Test
  void oneThatWasClosedByAnInterruptIsOpenedAgain() throws Exception {
    Path folder = Files.createDirectory(directory.resolve("folder"));
    try (Spool spool = inFolder(directory.resolve("spool"), folder)) {
      ByHand broken = new ByHand(spool).write(1, 100);
      broken.writer.flush();
      broken.write(2, 100);
      Thread.currentThread().interrupt();
      IOException failure = assertThrows(IOException.class, broken.writer::flush);
      assertTrue(Thread.interrupted());
      broken.destination.fail(failure);
      assertTrue(spool.awaitStored(LONG), () -> spool.state().toString());
    }
    try (ObjectStore store = ObjectStore.open(folder.toUri().toString())) {
      assertEquals(List.of(1L), numbersIn(store, "drive.mcap"));
    }
  }

  /** Such as one on a bad sector, or on a disk that has no room for its end. */
  @Test
  void oneThatCantBeRepairedKeepsNoneBehindIt() throws Exception {
    Path folder = Files.createDirectory(directory.resolve("folder"));
    try (Spool spool = inFolder(directory.resolve("spool"), folder)) {
      Destination broken = spool.destination();
      // What can't be read is to be kept, and that can't be.
      broken.begin().write(SegmentedBytes.copyOf(new byte[100]));
      Path data = spool.waitingFiles().getFirst();
      Path inTheWay = data.resolveSibling(data.getFileName() + ".damaged.next");
      Files.createDirectories(inTheWay.resolve("folder"));
      broken.fail(new IOException("of a test"));
      new ByHand(spool).write(2, 100).end();
      while (spool.state().storedCount() < 1) {
        Thread.sleep(5);
      }
      assertEquals(1, spool.waitingFiles().size());
    }
    try (ObjectStore store = ObjectStore.open(folder.toUri().toString())) {
      assertEquals(List.of(2L), numbersIn(store, "drive.mcap"));
    }
  }

  @Test
  void oneThatWasClosedByAnInterruptIsDropped() throws Exception {
    Path folder = Files.createDirectory(directory.resolve("folder"));
    SpoolOptions options =
        SpoolOptions.defaults()
            .byteSizeLimit(1_000_000)
            .overflow(SpoolOptions.Overflow.DROP_OLDEST);
    SpoolTarget target = new SpoolTarget.InFolder(folder, "drive.mcap");
    try (Spool spool = Spool.open(directory.resolve("spool"), target, options)) {
      ByHand broken = new ByHand(spool).write(1, 400_000);
      Thread.currentThread().interrupt();
      IOException failure = assertThrows(IOException.class, () -> broken.write(2, 100_000));
      assertTrue(Thread.interrupted());
      broken.destination.fail(failure);
      while (!spool.destination().hasRoom(900_000)) {
        Thread.sleep(5);
      }
      assertEquals(0, spool.waitingFiles().size());
    }
  }

  /** A store that refuses what is asked of some names. */
  private static ObjectStore refusing(ObjectStore store, Predicate<String> names, Reason reason) {
    return (ObjectStore)
        Proxy.newProxyInstance(
            ObjectStore.class.getClassLoader(),
            new Class<?>[] {ObjectStore.class},
            (proxy, method, arguments) -> {
              if (arguments != null && arguments[0] instanceof String key && names.test(key)) {
                throw new ObjectStoreException(reason, method.getName() + " of " + key);
              }
              try {
                return method.invoke(store, arguments);
              } catch (InvocationTargetException e) {
                throw Objects.requireNonNull(e.getCause());
              }
            });
  }

  /** One that can't even be told, as there is still no memory. */
  private static final class SpeechlessError extends Error {
    private static final long serialVersionUID = 1;

    @Override
    public String getMessage() {
      throw new OutOfMemoryError("of a test");
    }
  }

  private static Stream<Error> errors() {
    return Stream.of(new OutOfMemoryError("of a test"), new SpeechlessError());
  }

  /** Such as one of memory, for parts: what waits is tried again. */
  @ParameterizedTest(name = "{index}")
  @MethodSource("errors")
  void anErrorWhileOneIsStoredIsSaidAndEndsNoSpool(Error error) throws Exception {
    Path folder = Files.createDirectory(directory.resolve("folder"));
    AtomicInteger asked = new AtomicInteger();
    Predicate<String> once =
        key -> {
          if (asked.incrementAndGet() == 1) {
            throw error;
          }
          return false;
        };
    try (ObjectStore files = ObjectStore.open(folder.toUri().toString());
        ObjectStore store = refusing(files, once, Reason.DENIED);
        Spool spool =
            Spool.open(
                directory.resolve("spool"),
                new SpoolTarget.InStore(store, "bucket", "drive.mcap"),
                SpoolOptions.defaults())) {
      new ByHand(spool).write(1, 100).end();
      assertTrue(spool.awaitStored(Duration.ofSeconds(30)));
      assertEquals(List.of("drive.mcap"), spool.state().stored());
      assertTrue(asked.get() > 1);
    }
  }

  @Test
  void aNameThatTheStoreDeniesKeepsNoneBehindIt() throws Exception {
    Path spoolFolder = directory.resolve("spool");
    Path folder = Files.createDirectory(directory.resolve("folder"));
    try (ObjectStore files = ObjectStore.open(folder.toUri().toString());
        ObjectStore store = refusing(files, key -> key.startsWith("denied"), Reason.DENIED)) {
      SpoolTarget denied = new SpoolTarget.InStore(store, "bucket", "denied.mcap");
      SpoolTarget allowed = new SpoolTarget.InStore(store, "bucket", "allowed.mcap");
      try (Spool spool = Spool.open(spoolFolder, denied, SpoolOptions.defaults())) {
        new ByHand(spool).write(1, 100).leave(spool);
      }
      try (Spool spool = Spool.open(spoolFolder, allowed, SpoolOptions.defaults())) {
        new ByHand(spool).write(2, 100).end();
        while (spool.state().storedCount() < 1) {
          Thread.sleep(5);
        }
        assertEquals(List.of("allowed.mcap"), spool.state().stored());
        assertEquals(1, spool.waitingFiles().size());
      }
      assertEquals(List.of(2L), numbersIn(files, "allowed.mcap"));
    }
  }

  @Test
  void whatIsDroppedWhileTheStoreIsWaitedForIsRemoved() throws Exception {
    Path folder = directory.resolve("spool");
    SpoolOptions options =
        SpoolOptions.defaults()
            .byteSizeLimit(1_000_000)
            .overflow(SpoolOptions.Overflow.DROP_OLDEST);
    try (ObjectStore files = ObjectStore.open(directory.toUri().toString());
        ObjectStore away = refusing(files, key -> true, Reason.UNAVAILABLE)) {
      SpoolTarget target = new SpoolTarget.InStore(away, "bucket", "drive.mcap");
      try (Spool spool = Spool.open(folder, target, options)) {
        for (int i = 0; i < 4; i++) {
          new ByHand(spool).write(i, 200_000).end();
        }
        while (spool.state().failure().isEmpty()) {
          Thread.sleep(5);
        }
        // Now the first one waits for its next try.
        while (!spool.destination().hasRoom(500_000)) {
          Thread.sleep(5);
        }
        assertTrue(spool.state().lostCount() >= 2, () -> spool.state().toString());
        while (!Set.copyOf(filesIn(folder.toRealPath(), ".mcap"))
            .equals(Set.copyOf(spool.waitingFiles()))) {
          Thread.sleep(5);
        }
      }
    }
  }

  /** In the same process, or in the next one. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theUploadOfWhatIsDroppedWhileTheStoreIsAwayIsRemovedWhenItIsBack(boolean isNext)
      throws Exception {
    Path folder = directory.resolve("spool");
    AtomicBoolean isAway = new AtomicBoolean();
    SpoolOptions options =
        SpoolOptions.defaults()
            .byteSizeLimit(20_000_000)
            .overflow(SpoolOptions.Overflow.DROP_OLDEST);
    try (S3Server server = new S3Server();
        ObjectStore s3 = open(server);
        ObjectStore store = refusing(s3, key -> isAway.get(), Reason.UNAVAILABLE)) {
      SpoolTarget target = new SpoolTarget.InStore(store, "bucket", "drive.mcap");
      Spool spool = Spool.open(folder, target, options);
      ByHand begun = new ByHand(spool);
      for (int i = 0; i < 12; i++) {
        begun.write(i, 1 << 20);
      }
      while (filesIn(folder, ".journal").isEmpty()
          || !Files.readString(filesIn(folder, ".journal").getFirst()).contains("part 1 ")) {
        Thread.sleep(5);
      }
      isAway.set(true);
      begun.end();
      while (spool.state().failure().isEmpty()) {
        Thread.sleep(5);
      }
      while (!spool.destination().hasRoom(19_000_000)) {
        Thread.sleep(5);
      }
      assertEquals(12, spool.state().lostCount());
      while (Files.size(filesIn(folder, ".mcap").getFirst()) > 0) {
        Thread.sleep(5);
      }
      assertEquals(1, server.unfinishedUploads().size());
      if (isNext) {
        spool.close();
        assertEquals(1, server.unfinishedUploads().size());
        assertEquals(List.of(), Spool.locationsIn(folder));
        spool = Spool.open(folder, target, options);
        assertEquals(List.of(), spool.waitingFiles());
      }
      isAway.set(false);
      new ByHand(spool).write(1, 100).end();
      assertTrue(spool.awaitStored(LONG), spool.state()::toString);
      spool.close();
      assertEquals(List.of(), server.unfinishedUploads());
      assertEquals(List.of(), filesIn(folder, ""));
    }
  }

  /** POSIX locks end when a process closes any descriptor of the file. */
  @Test
  void anotherSpoolOfTheProcessDoesNotUnlockWhatIsRecorded() throws Exception {
    Path locks = Path.of("/proc/locks");
    assumeTrue(Files.exists(locks), "there is no /proc/locks here");
    Path spoolFolder = directory.resolve("spool");
    Path folder = Files.createDirectory(directory.resolve("folder"));
    Path other = Files.createDirectory(directory.resolve("other"));
    try (Spool spool = inFolder(spoolFolder, folder);
        ByHand recording = new ByHand(spool).write(1, 100)) {
      Path data = filesIn(spoolFolder, ".mcap").getFirst();
      String inode = ":" + Files.getAttribute(data, "unix:ino") + " ";
      assertTrue(Files.readString(locks).contains(inode));
      try (Spool second = inFolder(spoolFolder, other)) {
        assertEquals(List.of(), second.waitingFiles());
      }
      Spool.locationsIn(spoolFolder);
      assertTrue(Files.readString(locks).contains(inode), "the lock is gone");
      recording.end();
      assertTrue(spool.awaitStored(LONG));
    }
  }

  @Test
  void aWriterBesideItDoesNotSweepAwayWhatIsLeft() throws Exception {
    Path folder = Files.createDirectory(directory.resolve("folder"));
    try (Spool spool = inFolder(folder, folder)) {
      new ByHand(spool).write(1, 100).leave(spool);
    }
    for (Path left : filesIn(folder, "")) {
      Files.setLastModifiedTime(left, FileTime.from(Instant.now().minusSeconds(7200)));
    }
    try (ObjectStore store = ObjectStore.open(folder.toUri().toString())) {
      store.put("beside", SegmentedBytes.copyOfUtf8("x"));
    }
    try (Spool spool = inFolder(folder, folder);
        ObjectStore store = ObjectStore.open(folder.toUri().toString())) {
      assertTrue(spool.awaitStored(LONG), () -> spool.state().toString());
      assertEquals(List.of(1L), numbersIn(store, "drive.mcap"));
    }
  }

  @Test
  void whatBelongsToOneFolderIsNotStoredInAnother() throws Exception {
    Path spoolFolder = directory.resolve("spool");
    Path one = Files.createDirectory(directory.resolve("one"));
    Path two = Files.createDirectory(directory.resolve("two"));
    try (Spool spool = inFolder(spoolFolder, one)) {
      new ByHand(spool).write(1, 100).leave(spool);
    }
    try (Spool spool = inFolder(spoolFolder, two)) {
      new ByHand(spool).write(2, 100).end();
      assertTrue(spool.awaitStored(LONG), () -> spool.state().toString());
    }
    assertEquals(1, filesIn(two, "").size());
    assertEquals(List.of(one.toUri().toString()), Spool.locationsIn(spoolFolder));
    assertEquals(one, SpoolTarget.folderOf(one.toUri().toString()).orElseThrow());
    try (Spool spool = inFolder(spoolFolder, one)) {
      assertTrue(spool.awaitStored(LONG), () -> spool.state().toString());
    }
    assertEquals(1, filesIn(one, "").size());
  }

  @Test
  void aSpoolOnAnotherFileSystemIsCopied() throws Exception {
    Path memory = Path.of("/dev/shm");
    assumeTrue(
        Files.isWritable(memory)
            && !Files.getFileStore(memory).equals(Files.getFileStore(directory)),
        "there is no other file system here");
    Path spoolFolder = Files.createTempDirectory(memory, "segue-spool");
    try {
      try (Spool spool = inFolder(spoolFolder, directory);
          ObjectStore store = ObjectStore.open(directory.toUri().toString())) {
        new ByHand(spool).write(1, 9 << 20).end();
        assertTrue(spool.awaitStored(Duration.ofSeconds(20)), () -> spool.state().toString());
        assertEquals(List.of(1L), numbersIn(store, "drive.mcap"));
      }
      assertEquals(List.of(), filesIn(spoolFolder, ""));
    } finally {
      for (Path left : filesIn(spoolFolder, "")) {
        Files.delete(left);
      }
      Files.delete(spoolFolder);
    }
  }

  @Test
  void aProcessThatWasKilledAfterItGaveTheNameLeavesOneFile() throws Exception {
    Path spoolFolder = Spool.directoryIn(directory);
    try (Spool spool = inFolder(spoolFolder, directory)) {
      new ByHand(spool).write(1, 100).leave(spool);
    }
    // It ends the file, and gives it its name.
    Path data = filesIn(spoolFolder, ".mcap").getFirst();
    Files.createLink(directory.resolve("drive.mcap"), data);
    try (Spool spool = inFolder(spoolFolder, directory);
        ObjectStore store = ObjectStore.open(directory.toUri().toString())) {
      assertTrue(spool.awaitStored(LONG), () -> spool.state().toString());
      assertEquals(List.of("drive.mcap"), spool.state().stored());
      assertEquals(List.of(1L), numbersIn(store, "drive.mcap"));
    }
    assertEquals(1, filesIn(directory, ".mcap").size());
  }

  @Test
  void whatIsDamagedIsKeptBesideWhatIsWhole() throws Exception {
    for (int at : new int[] {8, 150_000}) {
      Path folder = Files.createDirectory(directory.resolve("at" + at));
      Path spoolFolder = Spool.directoryIn(folder);
      try (Spool spool = inFolder(spoolFolder, folder)) {
        ByHand left = new ByHand(spool);
        for (int i = 0; i < 4; i++) {
          left.write(i, 100_000);
        }
        left.leave(spool);
      }
      Path data = filesIn(spoolFolder, ".mcap").getFirst();
      byte[] bytes = Files.readAllBytes(data);
      bytes[at] ^= (byte) (at == 8 ? 0xFF : 1);
      Files.write(data, bytes, StandardOpenOption.TRUNCATE_EXISTING);
      try (Spool spool = inFolder(spoolFolder, folder)) {
        assertTrue(spool.awaitStored(LONG), () -> spool.state().toString());
        assertEquals(at == 8 ? 0 : 1, spool.state().storedCount());
      }
      byte[] kept = Files.readAllBytes(filesIn(spoolFolder, ".damaged").getFirst());
      assertTrue(kept.length > 200_000, "byteSize=" + kept.length);
      byte[] end = new byte[200_000];
      System.arraycopy(bytes, bytes.length - end.length, end, 0, end.length);
      byte[] endOfKept = new byte[200_000];
      System.arraycopy(kept, kept.length - end.length, endOfKept, 0, end.length);
      assertArrayEquals(end, endOfKept);
    }
  }

  @Test
  void messagesOfFilesThatWereNeverRepairedAreCountedWhenTheyAreDropped() throws Exception {
    Path folder = directory.resolve("spool");
    String nowhere = "s3://bucket?region=us-east-1&anonymous=true&endpoint=http://127.0.0.1:9";
    SpoolOptions options =
        SpoolOptions.defaults()
            .byteSizeLimit(1_000_000)
            .overflow(SpoolOptions.Overflow.DROP_OLDEST);
    try (ObjectStore away = ObjectStore.open(nowhere, StoreSettings.defaults().attemptCount(1))) {
      SpoolTarget target = new SpoolTarget.InStore(away, "bucket", "d.mcap");
      for (int file = 0; file < 3; file++) {
        try (Spool spool = Spool.open(folder, target, SpoolOptions.defaults())) {
          ByHand left = new ByHand(spool);
          for (int i = 0; i < 2; i++) {
            left.write(i, 100_000);
          }
          left.leave(spool);
        }
      }
      try (Spool spool = Spool.open(folder, target, options)) {
        assertEquals(3, spool.waitingFiles().size());
        while (!spool.destination().hasRoom(1_000_000)) {
          // One that is being stored keeps its room until that ends.
          Thread.sleep(10);
        }
        assertEquals(6, spool.state().lostCount());
      }
    }
  }

  @Test
  void theUploadOfAFileThatIsRepairedIsRemoved() throws Exception {
    Path folder = directory.resolve("spool");
    try (S3Server server = new S3Server();
        ObjectStore store = open(server)) {
      try (Spool spool = spool(folder, store)) {
        ByHand left = new ByHand(spool);
        for (int i = 0; i < 12; i++) {
          left.write(i, 1 << 20);
        }
        while (filesIn(folder, ".journal").isEmpty()
            || !Files.readString(filesIn(folder, ".journal").getFirst()).contains("part 2 ")) {
          Thread.sleep(5);
        }
        left.leave(spool);
      }
      assertEquals(1, server.unfinishedUploads().size());
      Path data = filesIn(folder, ".mcap").getFirst();
      Files.write(data, new byte[] {5, 9, 0, 0}, StandardOpenOption.APPEND);
      try (Spool spool = spool(folder, store)) {
        assertTrue(spool.awaitStored(LONG), () -> spool.state().toString());
        String name = spool.state().stored().getFirst();
        assertTrue(numbersIn(store, name).size() >= 11, name);
      }
      assertEquals(List.of(), server.unfinishedUploads());
      assertEquals(List.of(), filesIn(folder, ""));
    }
  }

  /** Its parts are noted by the settings of the start before. */
  @Test
  void aWholeFileThatWaitsIsStoredAlsoWithPartsOfAnotherSize() throws Exception {
    Path folder = directory.resolve("spool");
    try (S3Server server = new S3Server()) {
      try (ObjectStore store = open(server);
          Spool spool = spool(folder, store)) {
        ByHand left = new ByHand(spool);
        for (int i = 0; i < 12; i++) {
          left.write(i, 1 << 20);
        }
        while (filesIn(folder, ".journal").isEmpty()
            || !Files.readString(filesIn(folder, ".journal").getFirst()).contains("part 2 ")) {
          Thread.sleep(5);
        }
        left.leaveWhole(spool);
      }
      try (ObjectStore other =
              ObjectStore.open(
                  "s3://" + S3Server.BUCKET + "?region=us-east-1&endpoint=" + server.endpoint(),
                  StoreSettings.defaults().putPartByteSize(6 << 20));
          Spool spool = spool(folder, other)) {
        assertTrue(spool.awaitStored(LONG), () -> spool.state().toString());
        String name = spool.state().stored().getFirst();
        assertEquals(12, numbersIn(other, name).size());
      }
      assertEquals(List.of(), server.unfinishedUploads());
      assertEquals(List.of(), filesIn(folder, ""));
    }
  }

  /** As another user's, which nobody here may open. */
  @Test
  void whatCantBeOpenedKeepsNobodyFromRecording() throws Exception {
    Path spoolFolder = directory.resolve("spool");
    Path folder = Files.createDirectory(directory.resolve("folder"));
    Files.createDirectories(spoolFolder.resolve(".segue-part-recording-0.mcap"));
    try (Spool spool = inFolder(spoolFolder, folder)) {
      new ByHand(spool).write(1, 100).leave(spool);
    }
    Path note = filesIn(spoolFolder, ".properties").getFirst();
    Files.writeString(note, "wanted=\\u00zz");
    try (Spool spool = inFolder(spoolFolder, folder)) {
      new ByHand(spool).write(2, 100).end();
      assertTrue(spool.awaitStored(LONG), () -> spool.state().toString());
    }
    assertEquals(1, filesIn(folder, ".mcap").size());
  }

  @Test
  void aSpoolIsOpenedWhileAnotherProcessEmptiesIt() throws Exception {
    Path spoolFolder = directory.resolve("spool");
    Path folder = Files.createDirectory(directory.resolve("folder"));
    Path gone = Files.createDirectories(spoolFolder).resolve(".segue-part-recording-x.mcap");
    // What lists its name and is not there: as between a listing and the opening of what it told.
    Files.createSymbolicLink(gone, spoolFolder.resolve("nothing"));
    try (Spool spool = inFolder(spoolFolder, folder)) {
      new ByHand(spool).write(1, 100).end();
      assertTrue(spool.awaitStored(LONG), () -> spool.state().toString());
    }
    assertEquals(1, filesIn(folder, ".mcap").size());
  }
}
