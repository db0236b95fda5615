package dev.segue.objectstore;

import static dev.segue.objectstore.ObjectStoreContract.failure;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.testkit.Peers;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What stands where a file is to be written, and what lies beside it. */
@Timeout(60)
class FileTargetTest {
  private static final long MIB = 1 << 20;

  @TempDir Path directory;
  private final Arena arena = Arena.ofShared();
  private ObjectStore store;

  @BeforeEach
  void begin() throws IOException {
    store = ObjectStore.open("file://" + directory, StoreSettings.of(ObjectStoreContract.SETTINGS));
  }

  @AfterEach
  void end() {
    store.close();
    arena.close();
  }

  private List<String> names() throws IOException {
    try (var files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private static void cut(Path file) {
    try {
      Files.write(file, new byte[10]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aFileThatIsCutShortOnItsWayToADeviceIsAFault() throws Exception {
    Path file = Files.write(directory.resolve("from"), new byte[1000]);
    try (ObjectStore root = ObjectStore.open("file:///")) {
      String from = file.toString().substring(1);
      failure(Reason.CHANGED, () -> root.copy(from, "dev/null", count -> cut(file)));
    }
  }

  private static void refuse(long count) {
    throw new OutOfMemoryError("of a test");
  }

  /** Its reader would wait for an end as long as this process lives. */
  @Test
  void aPipeEndsWhereTheProgressOfWhatGoesThereCanNotBeTold() throws Exception {
    Files.write(directory.resolve("from"), new byte[1000]);
    Path pipe = directory.resolve("pipe");
    Peers.run("mkfifo", pipe.toString());
    CompletableFuture<Integer> copied = CompletableFuture.supplyAsync(() -> byteSize(pipe));
    assertThrows(OutOfMemoryError.class, () -> store.copy("from", "pipe", FileTargetTest::refuse));
    assertEquals(1000, copied.get());

    CompletableFuture<Integer> put = CompletableFuture.supplyAsync(() -> byteSize(pipe));
    try (ObjectWriter writer = store.write("pipe")) {
      writer.whenMoved(FileTargetTest::refuse);
      writer.write(SegmentedBytes.copyOfUtf8("abc"));
      assertThrows(OutOfMemoryError.class, writer::finish);
    }
    assertEquals(3, put.get());
  }

  private static int byteSize(Path pipe) {
    try {
      return Files.readAllBytes(pipe).length;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aCopyWhoseProgressCanNotBeToldLeavesNothing() throws Exception {
    Files.write(directory.resolve("from"), new byte[1000]);
    assertThrows(OutOfMemoryError.class, () -> store.copy("from", "to", FileTargetTest::refuse));
    assertEquals(List.of("from"), names());
  }

  @Test
  void aFileThatTellsNoSizeIsNotCopiedAsAnEmptyOne() throws Exception {
    assumeTrue(Files.exists(Path.of("/proc/version")), "there is no /proc here");
    try (ObjectStore root = ObjectStore.open("file:///")) {
      String to = directory.resolve("to").toString().substring(1);
      failure(Reason.CHANGED, () -> root.copy("proc/version", to));
      failure(Reason.CHANGED, () -> root.copy("proc/version", "dev/null"));
    }
    assertEquals(List.of(), names());
  }

  /** Neither is there a version of it, nor can it be absent. */
  @Test
  void aConditionThatADeviceOrAPipeCanNotHoldIsRefused() throws Exception {
    SegmentedBytes bytes = SegmentedBytes.copyOfUtf8("x");
    Path pipe = directory.resolve("pipe");
    Peers.run("mkfifo", pipe.toString());
    WriteOptions absent = WriteOptions.NONE.ifAbsent();
    WriteOptions version = WriteOptions.NONE.ifMatch("\"1\"");
    // Nobody reads it: whoever opened it would wait.
    failure(Reason.EXISTS, () -> store.put("pipe", bytes, absent));
    failure(Reason.CHANGED, () -> store.put("pipe", bytes, version));
    failure(Reason.EXISTS, () -> store.write("pipe", directory.resolve("journal"), absent));
    try (ObjectStore devices = ObjectStore.open("file:///dev")) {
      failure(Reason.EXISTS, () -> devices.write("null", absent));
      failure(Reason.CHANGED, () -> devices.write("null", version));
    }
    assertEquals(List.of("pipe"), names());
  }

  /** What a failed end removed, or left to its journal, can't be ended again. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aFileOfPartsWhoseEndFailedIsNotEndedAgain(boolean isJournaled) throws Exception {
    Path journal = directory.resolve("journal");
    Path inTheWay = directory.resolve("k");
    try (ObjectWriter writer = isJournaled ? store.write("k", journal) : store.write("k")) {
      writer.writeOwned(Data.regions(Data.random(arena, 17 * MIB), MIB));
      Files.createDirectories(inTheWay.resolve("x"));
      failure(Reason.UNAVAILABLE, writer::finish);
      Files.delete(inTheWay.resolve("x"));
      Files.delete(inTheWay);
      String again = failure(Reason.OTHER, writer::finish).getMessage();
      assertTrue(
          String.valueOf(again).contains(isJournaled ? "resume it" : "write it again"), again);
    }
    assertFalse(Files.exists(inTheWay));
    if (isJournaled) {
      try (ObjectWriter writer = store.write("k", journal)) {
        assertEquals(15 * MIB, writer.resumeByteOffset());
        writer.writeOwned(Data.regions(Data.random(arena, 2 * MIB), MIB));
        assertEquals(17 * MIB, writer.finish().byteSize());
      }
    }
    assertEquals(isJournaled ? List.of("k") : List.of(), names());
  }

  @Test
  void aFileOfOnePartWhoseEndFailedIsEndedAgain() throws Exception {
    Path inTheWay = directory.resolve("k");
    try (ObjectWriter writer = store.write("k")) {
      writer.writeOwned(SegmentedBytes.copyOfUtf8("x"));
      Files.createDirectories(inTheWay.resolve("x"));
      failure(Reason.UNAVAILABLE, writer::finish);
      Files.delete(inTheWay.resolve("x"));
      Files.delete(inTheWay);
      assertEquals(1, writer.finish().byteSize());
    }
    assertEquals(List.of("k"), names());
  }

  /** It has no parts that a journal could note, so nobody would go on with it. */
  @Test
  void aSmallFileWithAJournalThatFailsLeavesNothing() throws Exception {
    Files.writeString(directory.resolve("there"), "another's");
    try (ObjectWriter writer =
        store.write("there", directory.resolve("journal"), WriteOptions.NONE.ifAbsent())) {
      writer.writeOwned(SegmentedBytes.copyOfUtf8("x"));
      failure(Reason.EXISTS, writer::finish);
    }
    assertEquals(List.of("there"), names());
  }

  @Test
  void aDirectoryIsNoObjectAndIsNotDeleted() throws Exception {
    Path empty = Files.createDirectory(directory.resolve("empty"));
    Path link = Files.createSymbolicLink(directory.resolve("link"), empty);
    store.delete(List.of("empty", "link", "missing"));
    assertTrue(Files.isDirectory(empty));
    assertTrue(Files.exists(link, LinkOption.NOFOLLOW_LINKS));
  }

  @Test
  void aDeviceIsWrittenToAndStaysOne() throws Exception {
    try (ObjectStore devices = ObjectStore.open("file:///dev")) {
      assertEquals(1, devices.put("null", SegmentedBytes.copyOfUtf8("x")).byteSize());
      try (ObjectWriter writer = devices.write("null", directory.resolve("journal"))) {
        writer.writeOwned(Data.regions(Data.random(arena, 17 * MIB), MIB));
        assertEquals(17 * MIB, writer.finish().byteSize());
      }
    }
    assertTrue(Files.readAttributes(Path.of("/dev/null"), BasicFileAttributes.class).isOther());
    assertFalse(Files.exists(directory.resolve("journal")));
  }

  @Test
  void aPipeIsWrittenTo() throws Exception {
    Path pipe = directory.resolve("pipe");
    Peers.run("mkfifo", pipe.toString());
    CompletableFuture<byte[]> read =
        CompletableFuture.supplyAsync(
            () -> {
              try (InputStream in = Files.newInputStream(pipe)) {
                return in.readAllBytes();
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            });
    var data = Data.random(arena, 6 * MIB);
    try (ObjectWriter writer = store.write("pipe")) {
      writer.writeOwned(Data.regions(data, MIB));
      writer.finish();
    }
    assertArrayEquals(data.toArray(ValueLayout.JAVA_BYTE), read.get());
    assertEquals(List.of("pipe"), names());
  }

  /** It must not take the one that gave up for its reader. */
  @Test
  void whoIsInterruptedEndsNoOtherWaitForAPipesReader() throws Exception {
    Path pipe = directory.resolve("pipe");
    Peers.run("mkfifo", pipe.toString());
    Thread other = Thread.ofPlatform().daemon().start(() -> putUnchecked("pipe", "two"));
    Thread interrupted = Thread.ofPlatform().daemon().start(() -> putUnchecked("pipe", "one"));
    while (!areOpening(2)) {
      Thread.sleep(1);
    }
    interrupted.interrupt();
    interrupted.join();
    assertFalse(other.join(Duration.ofMillis(200)));
    assertEquals("two", Files.readString(pipe));
    other.join();
  }

  /** Each would leave a thread until a reader comes. */
  @Test
  void theNextWriterTakesThePlaceOfOneThatWasInterrupted() throws Exception {
    Path pipe = directory.resolve("pipe");
    Peers.run("mkfifo", pipe.toString());
    for (int i = 0; i < 5; i++) {
      Thread interrupted = Thread.ofPlatform().daemon().start(() -> putUnchecked("pipe", "old"));
      while (!areOpening(1)) {
        Thread.sleep(1);
      }
      interrupted.interrupt();
      interrupted.join();
      assertFalse(areOpening(2));
    }
    Thread next = Thread.ofPlatform().daemon().start(() -> putUnchecked("pipe", "new"));
    assertFalse(next.join(Duration.ofMillis(200)));
    assertEquals("new", Files.readString(pipe));
    next.join();
    assertFalse(areOpening(1));
  }

  @Test
  void aPipeThatTakesTheNameOfAnotherOneIsOpenedItself() throws Exception {
    Path pipe = directory.resolve("pipe");
    Peers.run("mkfifo", pipe.toString());
    Thread interrupted = Thread.ofPlatform().daemon().start(() -> putUnchecked("pipe", "old"));
    while (!areOpening(1)) {
      Thread.sleep(1);
    }
    interrupted.interrupt();
    interrupted.join();
    Path gone = Files.move(pipe, directory.resolve("gone"));
    Peers.run("mkfifo", pipe.toString());
    Thread next = Thread.ofPlatform().daemon().start(() -> putUnchecked("pipe", "new"));
    assertEquals("new", Files.readString(pipe));
    next.join();
    assertEquals("", Files.readString(gone));
  }

  private static boolean areOpening(int count) {
    return Thread.getAllStackTraces().entrySet().stream()
            .filter(each -> each.getKey().getName().equals("segue-device-opening"))
            .filter(each -> Arrays.toString(each.getValue()).contains("open0"))
            .count()
        >= count;
  }

  private void putUnchecked(String key, String text) {
    try {
      store.put(key, SegmentedBytes.copyOfUtf8(text));
    } catch (ObjectStoreException e) {
      assertEquals(Reason.CANCELLED, e.reason());
    }
  }

  /** Nobody may ever come to read it. */
  @Test
  void whoIsInterruptedNoLongerWaitsForAPipesReader() throws Exception {
    Path pipe = directory.resolve("pipe");
    Peers.run("mkfifo", pipe.toString());
    CompletableFuture<Reason> end = new CompletableFuture<>();
    Thread writer =
        Thread.ofPlatform()
            .daemon()
            .start(
                () -> {
                  try {
                    store.put("pipe", SegmentedBytes.copyOfUtf8("one"));
                  } catch (ObjectStoreException e) {
                    end.complete(Thread.interrupted() ? e.reason() : Reason.OTHER);
                  }
                });
    writer.interrupt();
    assertEquals(Reason.CANCELLED, end.get());
    // A reader that comes now finds the next writer alone.
    CompletableFuture<String> read =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return Files.readString(pipe);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    store.put("pipe", SegmentedBytes.copyOfUtf8("two"));
    assertEquals("two", read.get());
  }

  /** Its reader has some of the bytes, and would get them twice. */
  @Test
  void anEndThatWasInterruptedWritesNothingAgain() throws Exception {
    Path pipe = directory.resolve("pipe");
    Peers.run("mkfifo", pipe.toString());
    byte[] bytes = new byte[2 << 20];
    CompletableFuture<List<Reason>> ends = new CompletableFuture<>();
    Thread ending =
        Thread.ofPlatform()
            .daemon()
            .start(
                () -> {
                  try (ObjectWriter writer = store.write("pipe")) {
                    writer.writeOwned(SegmentedBytes.copyOf(bytes));
                    Reason first = reasonOfEnd(writer);
                    ends.complete(List.of(first, reasonOfEnd(writer)));
                  } catch (ObjectStoreException e) {
                    ends.completeExceptionally(e);
                  }
                });
    try (InputStream reader = Files.newInputStream(pipe)) {
      assertEquals(0, reader.read());
      ending.interrupt();
      assertTrue(reader.readAllBytes().length < bytes.length);
      assertEquals(List.of(Reason.CANCELLED, Reason.OTHER), ends.get());
    }
  }

  private static Reason reasonOfEnd(ObjectWriter writer) {
    Reason reason = assertThrows(ObjectStoreException.class, writer::finish).reason();
    Thread.interrupted();
    return reason;
  }

  @Test
  void aSymbolicLinkIsFollowedAlsoToWhatIsNotThereYet() throws Exception {
    Files.createDirectory(directory.resolve("d"));
    Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("d/file"));
    for (String text : List.of("one", "two")) {
      store.put("link", SegmentedBytes.copyOfUtf8(text));
      assertTrue(Files.isSymbolicLink(link));
      assertEquals(text, Files.readString(directory.resolve("d/file")));
    }
    Files.createSymbolicLink(directory.resolve("loop"), Path.of("loop"));
    assertThrows(
        ObjectStoreException.class, () -> store.put("loop", SegmentedBytes.copyOfUtf8("x")));
  }

  @Test
  void theModeOfAFileThatIsReplacedIsKept() throws Exception {
    Path file = Files.writeString(directory.resolve("secret"), "old");
    for (String mode : List.of("rw-------", "rwxr-x--x", "r--rw-rw-")) {
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
      try (ObjectWriter writer = store.write("secret")) {
        writer.writeOwned(Data.regions(Data.random(arena, 6 * MIB), MIB));
        Path hidden = directory.resolve(names().getFirst());
        assertFalse(
            Files.getPosixFilePermissions(hidden).stream()
                .anyMatch(
                    each ->
                        !each.name().equals("OWNER_WRITE")
                            && !PosixFilePermissions.fromString(mode).contains(each)));
        writer.finish();
      }
      assertEquals(mode, PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    }
  }

  /** Who may write in the directory can put one there. */
  @Test
  void aLinkInThePlaceOfTheHiddenFileGivesNobodyRights(@TempDir Path elsewhere) throws Exception {
    Path secret = Files.writeString(elsewhere.resolve("secret"), "somebody's");
    Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
    Path file = Files.writeString(directory.resolve("k"), "old");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("-w--w--w-"));
    try (ObjectWriter writer = store.write("k")) {
      writer.writeOwned(Data.regions(Data.random(arena, 6 * MIB), MIB));
      Path hidden = directory.resolve(names().getFirst());
      Files.delete(hidden);
      Files.createSymbolicLink(hidden, secret);
      assertThrows(ObjectStoreException.class, writer::finish);
    }
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(secret)));
    assertEquals("old", Files.readString(file));
  }

  @Test
  void whatHasAHiddenNameAndIsNoFileStopsNobody() throws Exception {
    Path pipe = directory.resolve(".segue-part-x");
    Peers.run("mkfifo", pipe.toString());
    Path outside = Files.writeString(directory.resolve("outside"), "x");
    Path link = Files.createSymbolicLink(directory.resolve(".segue-part-y"), outside);
    FileTime old = FileTime.from(Instant.now().minus(Duration.ofDays(30)));
    Peers.run("touch", "-d", "30 days ago", pipe.toString());
    Files.setLastModifiedTime(outside, old);
    store.put("k", SegmentedBytes.copyOfUtf8("x"));
    assertTrue(Files.exists(pipe));
    assertTrue(Files.exists(link, LinkOption.NOFOLLOW_LINKS));
    assertTrue(Files.exists(outside));
  }

  /** Who replaces a version by what was told of it would replace another one's. */
  @Test
  void aWriterIsToldOfItsOwnVersionWhateverComesBehindIt() throws Exception {
    AtomicBoolean isOver = new AtomicBoolean();
    Thread other =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    while (!isOver.get()) {
                      store.put("k", SegmentedBytes.copyOfUtf8("another's"));
                      store.delete(List.of("k"));
                    }
                  } catch (ObjectStoreException e) {
                    isOver.set(true);
                  }
                });
    try {
      for (int i = 0; i < 300 && !isOver.get(); i++) {
        assertEquals(4, store.put("k", SegmentedBytes.copyOfUtf8("mine")).byteSize());
      }
      assertFalse(isOver.get(), "the other writer failed");
    } finally {
      isOver.set(true);
      other.join();
    }
  }

  @Test
  void whatAnInterruptedCopyLeftIsRemovedWhenAWeekHasPassed() throws Exception {
    Path young = Files.writeString(directory.resolve(".segue-part-journaled-1"), "x");
    Path old = Files.writeString(directory.resolve(".segue-part-journaled-2"), "x");
    Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofDays(8))));
    Files.setLastModifiedTime(young, FileTime.from(Instant.now().minus(Duration.ofDays(6))));
    store.put("k", SegmentedBytes.copyOfUtf8("x"));
    assertTrue(Files.exists(young));
    assertFalse(Files.exists(old));
  }

  @Test
  void anUploadThatCanNotBeNotedLeavesNothing() throws Exception {
    Path journal = directory.resolve("nowhere/journal");
    try (ObjectWriter writer = store.write("k", journal)) {
      assertThrows(
          ObjectStoreException.class,
          () -> writer.writeOwned(Data.regions(Data.random(arena, 6 * MIB), MIB)));
    }
    assertEquals(List.of(), names());
  }

  @Test
  void aKeyWithANewlineCanBeResumed() throws Exception {
    Path journal = directory.resolve("journal");
    var data = Data.random(arena, 12 * MIB);
    try (ObjectWriter writer = store.write("a\nupload 1\\x", journal)) {
      writer.writeOwned(Data.regions(data.asSlice(0, 6 * MIB), MIB));
    }
    try (ObjectWriter writer = store.write("a\nupload 1\\x", journal)) {
      assertEquals(5 * MIB, writer.resumeByteOffset());
      writer.writeOwned(Data.regions(data.asSlice(5 * MIB), MIB));
      writer.finish();
    }
    var back = arena.allocate(12 * MIB);
    store.get("a\nupload 1\\x", back);
    assertTrue(Data.same(back, data));
  }

  @Test
  void rangesBeyondEveryObjectAreOutOfRange() throws Exception {
    store.put("k", SegmentedBytes.copyOfUtf8("hello"));
    var region = arena.allocate(8);
    failure(Reason.RANGE, () -> store.getRange("k", Long.MAX_VALUE - 3, region));
    failure(Reason.RANGE, () -> store.getRange("k", Long.MAX_VALUE - 9, region));
    assertThrows(IllegalArgumentException.class, () -> store.getRange("k", -1, region));
    try (OffHeapPool pool = new OffHeapPool(4096)) {
      failure(Reason.RANGE, () -> store.getRange("k", Long.MAX_VALUE - 3, 8, pool));
      assertThrows(IllegalArgumentException.class, () -> store.getRange("k", 0, -1, pool));
    }
  }

  @Test
  void aStreamOfARangeEndsWithTheRange() throws Exception {
    store.put("k", SegmentedBytes.copyOfUtf8("0123456789"));
    try (OffHeapPool pool = new OffHeapPool(4096);
        InputStream in = store.read("k", pool, 2, 5, 3).asInputStream()) {
      assertEquals(5, in.available());
      assertEquals('2', in.read());
      assertEquals(4, in.skip(100));
      assertEquals(-1, in.read());
    }
    try (OffHeapPool pool = new OffHeapPool(4096);
        SeekableByteChannel channel = store.read("k", pool, 2, 5, 3).asChannel()) {
      channel.position(9);
      assertEquals(-1, channel.read(java.nio.ByteBuffer.allocate(1)));
    }
  }

  @Test
  void copiesOfBorrowedBytesAreCountedOnce() throws Exception {
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    try (ObjectWriter writer = store.write("k")) {
      writer.writeOwned(Data.regions(Data.random(arena, MIB), MIB));
      writer.releaseBorrowed(Duration.ZERO);
      writer.finish();
    }
    assertEquals(
        MIB,
        CopyLedger.snapshot().since(before).byteCounts().values().stream()
            .mapToLong(Long::longValue)
            .sum());
  }

  @Test
  void everyFileIsListedOnceInTheOrderOfKeysWhereverAPageBegins() throws Exception {
    for (String name :
        List.of("a/1", "a/b/2", "a-", "a.", "a0", "b", "d/e/f/g", "d/e.f", "\uFF61", "z/\nx")) {
      Path file = directory.resolve(name);
      Files.createDirectories(file.getParent());
      Files.writeString(file, "x");
    }
    for (int i = 0; i < 2500; i++) {
      Files.createDirectories(directory.resolve("m/" + i % 7));
      Files.createFile(directory.resolve("m/" + i % 7 + "/" + i));
    }
    List<String> all = new ArrayList<>();
    Optional<String> token = Optional.empty();
    do {
      ObjectPage page = store.list("", "", token);
      page.objects().forEach(info -> all.add(info.key()));
      token = page.nextToken();
    } while (token.isPresent());
    assertEquals(2510, all.size());
    assertEquals(all.stream().sorted().distinct().toList(), all);
    // Another store knows no listing that goes on.
    try (ObjectStore other = ObjectStore.open("file://" + directory)) {
      for (int at : new int[] {0, 1, 2, 5, 8, 9, 10, 700, 2508, 2509}) {
        List<String> rest = new ArrayList<>();
        Optional<String> next = Optional.of(all.get(at));
        do {
          ObjectPage page = other.list("", "", next);
          page.objects().forEach(info -> rest.add(info.key()));
          next = page.nextToken();
        } while (next.isPresent());
        assertEquals(all.subList(at + 1, all.size()), rest);
      }
    }
    ObjectPage level = store.list("a", "/", Optional.empty());
    assertEquals(List.of("a/"), level.prefixes());
    assertEquals(List.of("a-", "a.", "a0"), level.objects().stream().map(ObjectInfo::key).toList());
  }

  @Test
  void aLinkedDirectoryIsListed() throws Exception {
    Files.createDirectories(directory.resolve("d/e"));
    Files.writeString(directory.resolve("d/e/f"), "x");
    Files.createSymbolicLink(directory.resolve("l"), Path.of("d"));
    assertEquals(
        List.of("l/e/f"),
        store.list("l/", "", Optional.empty()).objects().stream().map(ObjectInfo::key).toList());
    // Below it, links are left out: they may lead back.
    assertEquals(1, store.list("", "", Optional.empty()).objects().size());
  }

  @Test
  void aFolderThatCanNotBeReadIsToldAndTheOthersAreListed() throws Exception {
    Files.writeString(directory.resolve("a"), "x");
    Files.writeString(directory.resolve("z"), "x");
    // Deeper than a path can say: not even the superuser reads it.
    Peers.run(
        "bash",
        "-c",
        "cd \"$0\" && n=$(printf 'm%.0s' {1..250}) && for i in {1..20}; do mkdir $n && cd $n; done",
        directory.toString());
    try {
      List<ObjectStoreException> unreadable = new ArrayList<>();
      ObjectPage page = store.list("", "", Optional.empty(), unreadable::add);
      assertEquals(List.of("a", "z"), page.objects().stream().map(ObjectInfo::key).toList());
      assertEquals(1, unreadable.size());
      assertThrows(ObjectStoreException.class, () -> store.list("", "", Optional.empty()));
    } finally {
      Peers.run("bash", "-c", "rm -rf \"$0\"/m*", directory.toString());
    }
  }

  @Test
  void whateverWritesAStreamWritesAnObject() throws Exception {
    try (ObjectWriter writer = store.write("a.zip")) {
      try (var zip = new java.util.zip.ZipOutputStream(writer.asOutputStream())) {
        zip.putNextEntry(new java.util.zip.ZipEntry("entry"));
        for (int i = 0; i < 100_000; i++) {
          zip.write(i);
        }
      }
      assertFalse(store.exists("a.zip"));
      writer.finish();
    }
    try (InputStream in = store.read("a.zip").asInputStream();
        var zip = new java.util.zip.ZipInputStream(in)) {
      assertEquals("entry", zip.getNextEntry().getName());
      assertEquals(100_000, zip.readAllBytes().length);
    }
    try (ObjectWriter writer = store.write("c");
        var channel = writer.asChannel()) {
      assertEquals(3, channel.write(java.nio.ByteBuffer.wrap(new byte[] {1, 2, 3})));
      assertEquals(2, channel.write(java.nio.ByteBuffer.allocateDirect(2)));
      writer.finish();
    }
    assertEquals(5, store.head("c").byteSize());
  }

  @Test
  void theUriOfAStoreOpensItAgain() throws Exception {
    Path odd = Files.createDirectory(directory.resolve("100% odd?#ü"));
    try (ObjectStore first = ObjectStore.open(odd.toUri().toString());
        ObjectStore second = ObjectStore.open(first.uri())) {
      first.put("k", SegmentedBytes.copyOfUtf8("x"));
      assertTrue(second.exists("k"));
      assertEquals(first.uri(), second.uri());
    }
  }
}
