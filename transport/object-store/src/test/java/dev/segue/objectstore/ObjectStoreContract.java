package dev.segue.objectstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.Loan;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectStoreException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every store does, with parts small enough that a few MiB need several. */
@Timeout(120)
public abstract class ObjectStoreContract {
  public static final long MIB = 1L << 20;
  public static final Map<String, String> SETTINGS =
      Map.of(
          "SEGUE_GET_PART_SIZE", "1MiB",
          "SEGUE_GET_THRESHOLD", "4MiB",
          "SEGUE_PUT_PART_SIZE", "5MiB",
          "SEGUE_PUT_INFLIGHT", "4");

  @TempDir public Path directory;
  public final Arena arena = Arena.ofShared();
  public ObjectStore store;

  public abstract ObjectStore open() throws IOException;

  @BeforeEach
  void begin() throws IOException {
    store = open();
  }

  @AfterEach
  void end() {
    store.close();
    arena.close();
  }

  public static ObjectStoreException failure(
      Reason reason, org.junit.jupiter.api.function.Executable e) {
    ObjectStoreException failure = assertThrows(ObjectStoreException.class, e);
    assertEquals(reason, failure.reason(), failure::toString);
    return failure;
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 4096, 4 * MIB, 4 * MIB + 1, 12 * MIB + 7})
  void whatIsPutIsWhatIsGot(long byteSize) throws Exception {
    MemorySegment data = Data.random(arena, byteSize);
    ObjectInfo put = store.put("a/b.bin", Data.regions(data, 300_001));
    assertEquals(byteSize, put.byteSize());

    MemorySegment region = arena.allocate(byteSize + 100);
    ObjectInfo got = store.get("a/b.bin", region);
    assertEquals(byteSize, got.byteSize());
    assertTrue(Data.same(region.asSlice(0, byteSize), data));

    MemorySegment large = arena.allocate(16 * MIB);
    assertEquals(byteSize, store.get("a/b.bin", large).byteSize());
    assertTrue(Data.same(large.asSlice(0, byteSize), data));

    try (OffHeapPool pool = new OffHeapPool(32 * MIB);
        ObjectBytes object = store.get("a/b.bin", pool)) {
      assertTrue(Data.same(object.bytes(), data));
    }
    assertEquals(byteSize, store.head("a/b.bin").byteSize());
  }

  @Test
  void noBodyIsCopiedOnTheWay() throws Exception {
    MemorySegment data = Data.random(arena, 12 * MIB);
    SegmentedBytes regions = Data.regions(data, MIB);
    MemorySegment region = arena.allocate(12 * MIB);
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    store.put("k", regions);
    store.get("k", region);
    CopyLedger.Snapshot copied = CopyLedger.snapshot().since(before);
    assertTrue(copied.totalByteCount() <= 12 * 1024, copied::toString);
    assertTrue(Data.same(region, data));
  }

  @Test
  void rangesAreExact() throws Exception {
    MemorySegment data = Data.random(arena, 9 * MIB);
    store.put("k", Data.regions(data, MIB));
    for (long byteSize : new long[] {1, 4095, MIB, 5 * MIB + 1}) {
      MemorySegment region = arena.allocate(byteSize);
      ObjectInfo info = store.getRange("k", 12_345, region);
      assertEquals(9 * MIB, info.byteSize());
      assertTrue(Data.same(region, data.asSlice(12_345, byteSize)));
    }
    try (OffHeapPool pool = new OffHeapPool(8 * MIB);
        ObjectBytes part = store.getRange("k", 77, 5 * MIB, pool)) {
      assertEquals(77, part.byteOffset());
      assertTrue(Data.same(part.bytes(), data.asSlice(77, 5 * MIB)));
    }
    ObjectStoreException beyond =
        failure(Reason.RANGE, () -> store.getRange("k", 9 * MIB - 1, arena.allocate(2)));
    assertTrue(beyond.getMessage().contains("k"), beyond::getMessage);
    failure(Reason.RANGE, () -> store.getRange("k", 4 * MIB, arena.allocate(5 * MIB + 1)));
    failure(Reason.RANGE, () -> store.getRange("k", 10 * MIB, arena.allocate(1)));
  }

  @Test
  void anObjectThatDoesNotFitIsAnErrorThatTellsTheSizes() throws Exception {
    store.put("k", Data.regions(Data.random(arena, 100), 7));
    ObjectStoreException failure = failure(Reason.RANGE, () -> store.get("k", arena.allocate(99)));
    assertTrue(failure.getMessage().contains("byteSize=100"), failure::getMessage);
    assertTrue(failure.getMessage().contains("byteSize=99"), failure::getMessage);
  }

  @Test
  void memoryOfAConfinedArenaAndOfALoanIsFilled() throws Exception {
    MemorySegment data = Data.random(arena, 6 * MIB);
    store.put("k", Data.regions(data, MIB));
    try (Arena confined = Arena.ofConfined();
        OffHeapPool pool = new OffHeapPool(8 * MIB);
        Loan loan = pool.loan(6 * MIB)) {
      MemorySegment region = confined.allocate(6 * MIB);
      store.get("k", region);
      assertTrue(Data.same(region, data));
      store.get("k", loan.segment());
      assertTrue(Data.same(loan.handOver(), data));
    }
  }

  @Test
  void memoryThatNoSocketCanFillIsRefused() throws Exception {
    store.put("k", SegmentedBytes.copyOfUtf8("hello"));
    assertThrows(
        IllegalArgumentException.class, () -> store.get("k", MemorySegment.ofArray(new byte[10])));
    assertThrows(
        IllegalArgumentException.class, () -> store.get("k", arena.allocate(10).asReadOnly()));
    Arena closed = Arena.ofShared();
    MemorySegment gone = closed.allocate(10);
    closed.close();
    assertThrows(IllegalStateException.class, () -> store.get("k", gone));
  }

  @Test
  void whatIsNotThereIsSaidToBeNotThere() throws Exception {
    assertFalse(store.exists("nope"));
    ObjectStoreException failure = failure(Reason.NOT_FOUND, () -> store.head("nope"));
    assertTrue(failure.getMessage().contains("nope"), failure::getMessage);
    failure(Reason.NOT_FOUND, () -> store.get("nope", arena.allocate(1)));
    failure(Reason.NOT_FOUND, () -> store.getRange("nope", 0, arena.allocate(1)));
    failure(Reason.NOT_FOUND, () -> store.read("nope"));
    store.delete("nope");
  }

  @Test
  void manyAreReadInBoundedMemory() throws Exception {
    Set<String> keys = new HashSet<>();
    for (int i = 0; i < 30; i++) {
      MemorySegment data = Data.random(arena, i == 7 ? 5 * MIB : 300_000 + i);
      store.put("many/" + i, Data.regions(data, 100_000));
      keys.add("many/" + i);
    }
    try (OffHeapPool pool = new OffHeapPool(8 * MIB)) {
      Set<String> seen = new HashSet<>();
      store.getMany(
          keys,
          pool,
          object -> {
            try (object) {
              assertTrue(Data.same(object.bytes(), Data.random(arena, object.info().byteSize())));
              assertTrue(seen.add(object.info().key()));
            }
          });
      assertEquals(keys, seen);
      assertEquals(8 * MIB, pool.availableByteSize());
    }
  }

  @Test
  void manyGiveTheirMemoryBackWhenOneIsMissing() throws Exception {
    store.put("a", SegmentedBytes.copyOfUtf8("hello"));
    try (OffHeapPool pool = new OffHeapPool(8 * MIB)) {
      failure(
          Reason.NOT_FOUND,
          () -> store.getMany(List.of("a", "nope", "a"), pool, ObjectBytes::close));
      while (pool.availableByteSize() < 8 * MIB) {
        Thread.sleep(1);
      }
    }
  }

  @Test
  void aReaderGivesChunksInOrder() throws Exception {
    MemorySegment data = Data.random(arena, 10 * MIB + 5);
    store.put("k", Data.regions(data, MIB));
    try (ObjectReader reader = store.read("k")) {
      long at = 0;
      for (Optional<ObjectBytes> next = reader.next(); next.isPresent(); next = reader.next()) {
        try (ObjectBytes chunk = next.get()) {
          assertEquals(at, chunk.byteOffset());
          long byteSize = chunk.bytes().byteSize();
          assertTrue(Data.same(chunk.bytes(), data.asSlice(at, byteSize)));
          at += byteSize;
        }
      }
      assertEquals(data.byteSize(), at);
      reader.seek(3 * MIB + 1);
      try (ObjectBytes chunk = reader.next().orElseThrow()) {
        assertEquals(3 * MIB + 1, chunk.byteOffset());
        assertTrue(Data.same(chunk.bytes(), data.asSlice(3 * MIB + 1, chunk.bytes().byteSize())));
      }
      assertThrows(IndexOutOfBoundsException.class, () -> reader.seek(10 * MIB + 6));
    }
  }

  @Test
  void aReaderIsAStreamAndAChannel() throws Exception {
    MemorySegment data = Data.random(arena, 3 * MIB + 5);
    store.put("k", Data.regions(data, MIB));
    MemorySegment copy = arena.allocate(data.byteSize());
    try (InputStream in = store.read("k").asInputStream()) {
      byte[] buffer = new byte[77_777];
      long at = 0;
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        MemorySegment.copy(MemorySegment.ofArray(buffer), 0, copy, at, count);
        at += count;
      }
      assertTrue(Data.same(copy, data));
    }
    try (SeekableByteChannel channel = store.read("k").asChannel()) {
      assertEquals(data.byteSize(), channel.size());
      for (long position : new long[] {2 * MIB, 5, 2 * MIB + 9, data.byteSize() - 3}) {
        ByteBuffer three = ByteBuffer.allocate(3);
        channel.position(position);
        while (three.hasRemaining()) {
          assertTrue(channel.read(three) > 0);
        }
        assertTrue(Data.same(MemorySegment.ofBuffer(three.flip()), data.asSlice(position, 3)));
      }
      assertEquals(-1, channel.read(ByteBuffer.allocate(1)));
    }
  }

  @Test
  void aWriterTakesCopiesAndRegionsAndEndsItsLeases() throws Exception {
    MemorySegment data = Data.random(arena, 23 * MIB + 11);
    SegmentedBytes middle = Data.regions(data.asSlice(3 * MIB, 15 * MIB), 700_001);
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    try (OffHeapPool pool = new OffHeapPool(8 * MIB);
        ObjectWriter writer = store.write("dir/w")) {
      for (long at = 0; at < 3 * MIB; at += 99_999) {
        writer.writeChunk(data.asSlice(at, Math.min(99_999, 3 * MIB - at)));
      }
      writer.writeOwned(middle);
      Loan loan = pool.loan(MIB);
      MemorySegment.copy(data, 18 * MIB, loan.segment(), 0, MIB);
      writer.writeOwned(loan);
      writer.writeChunk(data.asSlice(19 * MIB));
      assertFalse(store.exists("dir/w"));
      ObjectInfo info = writer.finish();
      assertEquals(data.byteSize(), info.byteSize());
      assertFalse(middle.isLent());
      assertEquals(8 * MIB, pool.availableByteSize());
    }
    CopyLedger.Snapshot copied = CopyLedger.snapshot().since(before);
    assertEquals(7 * MIB + 11, copied.byteCount("objectstore.writeChunk"));
    MemorySegment back = arena.allocate(data.byteSize());
    store.get("dir/w", back);
    assertTrue(Data.same(back, data));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 10, 5 * MIB, 12 * MIB})
  void aWriterWithoutFinishLeavesNothing(long byteSize) throws Exception {
    SegmentedBytes bytes = Data.regions(Data.random(arena, byteSize), MIB);
    try (ObjectWriter writer = store.write("k")) {
      writer.writeOwned(bytes);
    }
    assertFalse(store.exists("k"));
    assertFalse(bytes.isLent());
    checkNoTrace();
  }

  @Test
  void aWriterReadsAChannelIntoItsOwnMemory() throws Exception {
    MemorySegment data = Data.random(arena, 12 * MIB + 3);
    Path file = directory.resolve("source");
    try (FileChannel to =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      assertEquals(data.byteSize(), to.write(data.asByteBuffer()));
    }
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    try (FileChannel from = FileChannel.open(file, StandardOpenOption.READ);
        ObjectWriter writer = store.write("k")) {
      writer.writeOwned(Data.regions(data.asSlice(0, 5), 5));
      from.position(5);
      int count = 0;
      while (count >= 0) {
        count = writer.writeFrom(from);
      }
      assertEquals(data.byteSize(), writer.byteSize());
      writer.finish();
    }
    CopyLedger.Snapshot copied = CopyLedger.snapshot().since(before);
    assertTrue(copied.totalByteCount() <= 12 * 1024, copied::toString);
    MemorySegment back = arena.allocate(data.byteSize());
    store.get("k", back);
    assertTrue(Data.same(back, data));
  }

  @Test
  void aWriterThatIsClosedByAnInterruptedThreadLeavesNothing() throws Exception {
    try (ObjectWriter writer = store.write("k")) {
      writer.writeOwned(Data.regions(Data.random(arena, 12 * MIB), MIB));
      Thread.currentThread().interrupt();
    }
    assertTrue(Thread.interrupted());
    assertFalse(store.exists("k"));
    checkNoTrace();
  }

  @Test
  void smallCopiesBetweenRegionsShareTheirMemory() throws Exception {
    MemorySegment data = Data.random(arena, 400);
    try (ObjectWriter writer = store.write("k")) {
      for (long at = 0; at < 400; at += 2) {
        writer.writeChunk(data.asSlice(at, 1));
        writer.writeOwned(Data.regions(data.asSlice(at + 1, 1), 1));
      }
      writer.finish();
    }
    MemorySegment back = arena.allocate(400);
    store.get("k", back);
    assertTrue(Data.same(back, data));
  }

  /** Nothing is left of an upload that was given up. */
  public abstract void checkNoTrace() throws Exception;

  @Test
  void aWriterIsUsedUpWhenItIsFinished() throws Exception {
    try (ObjectWriter writer = store.write("k")) {
      writer.finish();
      assertThrows(IllegalStateException.class, () -> writer.writeChunk(arena.allocate(1)));
      assertThrows(IllegalStateException.class, writer::finish);
    }
    assertEquals(0, store.head("k").byteSize());
  }

  @Test
  void aWriterRefusesMemoryOfOneThread() throws Exception {
    try (Arena confined = Arena.ofConfined();
        ObjectWriter writer = store.write("k")) {
      SegmentedBytes bytes =
          SegmentedBytes.fromSegments(List.of(confined.allocate(10).asReadOnly()), false);
      IllegalArgumentException failure =
          assertThrows(IllegalArgumentException.class, () -> writer.writeOwned(bytes));
      assertTrue(failure.toString().contains("index=0"), failure::toString);
    }
  }

  private static long partsIn(Path journal) throws IOException {
    return Files.readAllLines(journal).stream().filter(each -> each.startsWith("part ")).count();
  }

  @Test
  void anInterruptedUploadIsResumedWithTheSameBytes() throws Exception {
    MemorySegment data = Data.random(arena, 17 * MIB);
    Path journal = directory.resolve("upload.journal");
    try (ObjectWriter writer = store.write("resumed", journal)) {
      assertEquals(0, writer.resumeByteOffset());
      writer.writeOwned(Data.regions(data.asSlice(0, 12 * MIB), MIB));
      while (partsIn(journal) < 2) {
        Thread.sleep(1);
      }
    }
    assertFalse(store.exists("resumed"));
    // A line that a crash tore.
    Files.writeString(journal, "part 3 52", java.nio.file.StandardOpenOption.APPEND);
    try (ObjectWriter writer = store.write("resumed", journal)) {
      assertEquals(10 * MIB, writer.resumeByteOffset());
      writer.writeOwned(Data.regions(data.asSlice(writer.resumeByteOffset()), MIB));
      assertEquals(17 * MIB, writer.finish().byteSize());
    }
    assertFalse(Files.exists(journal));
    MemorySegment back = arena.allocate(data.byteSize());
    store.get("resumed", back);
    assertTrue(Data.same(back, data));
  }

  @Test
  void whatWasBorrowedForLongIsCopiedAndReleased() throws Exception {
    MemorySegment data = Data.random(arena, 13 * MIB);
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    try (ObjectWriter writer = store.write("k")) {
      SegmentedBytes first = Data.regions(data.asSlice(0, 3 * MIB), 700_001);
      writer.writeOwned(first);
      writer.writeChunk(data.asSlice(3 * MIB, 1000));
      writer.releaseBorrowed(Duration.ofDays(1));
      assertTrue(first.isLent());
      writer.releaseBorrowed(Duration.ZERO);
      assertFalse(first.isLent());
      writer.releaseBorrowed(Duration.ZERO);
      SegmentedBytes rest = Data.regions(data.asSlice(3 * MIB + 1000), MIB);
      writer.writeOwned(rest);
      writer.releaseBorrowed(Duration.ZERO);
      while (rest.isLent()) {
        Thread.sleep(1); // until its first part is stored
      }
      writer.finish();
    }
    CopyLedger.Snapshot since = CopyLedger.snapshot().since(before);
    assertEquals(3 * MIB + 3 * MIB, since.byteCount("objectstore.releaseBorrowed"));
    assertEquals(0, since.byteCount("bytes.copyTo"), "it counts once");
    MemorySegment back = arena.allocate(data.byteSize());
    store.get("k", back);
    assertTrue(Data.same(back, data));
  }

  @Test
  void theReleaseOfBytesThatStraddlePartsIsThatOfTheLastPart() throws Exception {
    SegmentedBytes bytes = Data.regions(Data.random(arena, 6 * MIB), MIB);
    try (ObjectWriter writer = store.write("k")) {
      writer.writeOwned(bytes);
      Thread.sleep(300); // the first part is stored by now, or will be
      assertTrue(bytes.isLent());
      writer.finish();
      assertFalse(bytes.isLent());
    }
  }

  @Test
  void aRangeIsReadIntoLoansOfAnotherPool() throws Exception {
    MemorySegment data = Data.random(arena, 7 * MIB);
    store.put("k", Data.regions(data, MIB));
    try (OffHeapPool pool = new OffHeapPool(4 * MIB);
        ObjectReader reader = store.read("k", pool, 5, 6 * MIB, MIB - 1)) {
      long at = 5;
      for (Optional<ObjectBytes> next = reader.next(); next.isPresent(); next = reader.next()) {
        try (ObjectBytes chunk = next.get()) {
          long byteSize = chunk.bytes().byteSize();
          assertEquals(Math.min(MIB - 1, 6 * MIB + 5 - at), byteSize);
          assertEquals(1, chunk.bytes().segmentCount());
          assertTrue(Data.same(chunk.bytes(), data.asSlice(at, byteSize)));
          at += byteSize;
        }
      }
      assertEquals(6 * MIB + 5, at);
      try (ObjectBytes range = reader.range(1, 3 * MIB, pool)) {
        assertTrue(Data.same(range.bytes(), data.asSlice(1, 3 * MIB)));
      }
      failure(Reason.RANGE, () -> store.read("k", pool, MIB, 6 * MIB + 1, MIB));
      assertThrows(IllegalArgumentException.class, () -> store.read("k", pool, 0, 1, 5 * MIB));
    }
  }

  @Test
  void aPipeWhoseEndsWouldWaitForEachOtherIsRefused() throws Exception {
    store.put("k", Data.regions(Data.random(arena, 12 * MIB), MIB));
    try (OffHeapPool small = new OffHeapPool(4 * MIB);
        OffHeapPool large = new OffHeapPool(8 * MIB);
        ObjectWriter writer = store.write("copy");
        ObjectReader few = store.read("k", small, 0, 12 * MIB, MIB);
        ObjectReader many = store.read("k", large, 0, 12 * MIB, MIB)) {
      assertThrows(IllegalArgumentException.class, () -> few.pipeTo(writer));
      assertEquals(12 * MIB, many.pipeTo(writer));
      assertEquals(12 * MIB, writer.finish().byteSize());
    }
  }

  @Test
  void aJournalOfAnotherObjectIsRefused() throws Exception {
    Path journal = directory.resolve("upload.journal");
    try (ObjectWriter writer = store.write("one", journal)) {
      writer.writeOwned(Data.regions(Data.random(arena, 6 * MIB), MIB));
    }
    ObjectStoreException failure = failure(Reason.OTHER, () -> store.write("two", journal));
    assertTrue(failure.getMessage().contains("object="), failure::getMessage);
  }

  @Test
  void listingsArePagedAndGrouped() throws Exception {
    List<String> keys = List.of("a/1", "a/2", "a/b/3", "c", "d/4");
    for (String key : keys) {
      store.put("list/" + key, SegmentedBytes.copyOfUtf8(key));
    }
    assertEquals(
        keys.stream().map(key -> "list/" + key).toList(),
        store.list("list/", "", Optional.empty()).objects().stream().map(ObjectInfo::key).toList());
    ObjectPage top = store.list("list/", "/", Optional.empty());
    assertEquals(List.of("list/c"), top.objects().stream().map(ObjectInfo::key).toList());
    assertEquals(List.of("list/a/", "list/d/"), top.prefixes());
    assertEquals(3, top.objects().getFirst().byteSize() + 2);
    assertTrue(store.list("nothing/", "", Optional.empty()).objects().isEmpty());
  }

  @Test
  void oneVersionIsCopiedAndDeletedAndNoOther() throws Exception {
    store.put("k", SegmentedBytes.copyOfUtf8("old"));
    ObjectInfo old = store.head("k");
    AtomicLong told = new AtomicLong();
    assertEquals(3, store.copy(old, "copy", told::addAndGet).byteSize());
    assertEquals(3, told.get());
    store.put("k", SegmentedBytes.copyOfUtf8("newer"));
    failure(Reason.CHANGED, () -> store.copy(old, "other", told::addAndGet));
    assertFalse(store.exists("other"));
    failure(Reason.CHANGED, () -> store.delete(old));
    assertTrue(store.exists("k"));
    ObjectInfo now = store.objects("k").findFirst().orElseThrow();
    store.delete(now);
    assertFalse(store.exists("k"));
    // What is gone already is gone.
    store.delete(now);
    assertThrows(
        IllegalArgumentException.class,
        () -> store.delete(new ObjectInfo("copy", 3, "", Instant.EPOCH)));
    store.delete("copy");
  }

  @Test
  void ofManyVersionsThoseThatAreStillThereAreDeleted() throws Exception {
    List<ObjectInfo> versions = new ArrayList<>();
    for (String key : List.of("v/a", "v/b", "v/c")) {
      store.put(key, SegmentedBytes.copyOfUtf8("old"));
      versions.add(store.head(key));
    }
    store.put("v/b", SegmentedBytes.copyOfUtf8("newer"));
    store.delete("v/c");
    List<String> kept = new ArrayList<>();
    store.delete(versions, version -> kept.add(version.key()));
    assertFalse(store.exists("v/a"));
    assertFalse(store.exists("v/c"));
    if (deletesOnConditions()) {
      assertTrue(store.exists("v/b"));
      assertEquals(List.of("v/b"), kept);
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> store.delete(List.of(new ObjectInfo("copy", 3, "", Instant.EPOCH)), version -> {}));
    store.delete("v/b");
  }

  /** Some servers pass the conditions of deletions over. */
  protected boolean deletesOnConditions() {
    return true;
  }

  @Test
  void deletingAndCopying() throws Exception {
    store.put("from", SegmentedBytes.copyOfUtf8("hello"));
    ObjectInfo copied = store.copy("from", "to/there");
    assertEquals(5, copied.byteSize());
    MemorySegment region = arena.allocate(6);
    store.get("to/there", region);
    assertEquals("hello", region.getString(0));
    store.delete(List.of("from", "to/there", "nope"));
    assertFalse(store.exists("from"));
    assertFalse(store.exists("to/there"));
    failure(Reason.NOT_FOUND, () -> store.copy("from", "x"));
  }

  @Test
  void overwritingReplacesTheWhole() throws Exception {
    ObjectInfo first = store.put("k", SegmentedBytes.copyOfUtf8("a longer text"));
    ObjectInfo second = store.put("k", SegmentedBytes.copyOfUtf8("short"));
    assertEquals(5, store.head("k").byteSize());
    assertFalse(first.etag().equals(second.etag()));
  }

  public static List<String> names(Path directory) throws IOException {
    List<String> names = new ArrayList<>();
    try (var files = Files.walk(directory)) {
      files.filter(Files::isRegularFile).forEach(file -> names.add(file.toString()));
    }
    return names;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 17 * MIB})
  void anObjectIsWrittenOnlyWhereNoneIsOrTheOneThatIsMeant(long byteSize) throws Exception {
    SegmentedBytes bytes = Data.regions(Data.random(arena, byteSize), MIB);
    WriteOptions absent = WriteOptions.NONE.ifAbsent();
    ObjectInfo first = store.put("c", bytes, absent);
    failure(Reason.EXISTS, () -> store.put("c", bytes, absent));
    failure(
        Reason.EXISTS,
        () -> {
          try (ObjectWriter writer = store.write("c", absent)) {
            writer.writeOwned(bytes);
            writer.finish();
          }
        });
    assertEquals(first.etag(), store.head("c").etag());
    SegmentedBytes other = SegmentedBytes.copyOfUtf8("another one");
    ObjectInfo second = store.put("c", other, WriteOptions.NONE.ifMatch(first.etag()));
    failure(Reason.CHANGED, () -> store.put("c", bytes, WriteOptions.NONE.ifMatch(first.etag())));
    assertEquals(second.etag(), store.head("c").etag());
    assertFalse(bytes.isLent());
    store.delete("c");
    checkNoTrace();
  }

  /** Another part would follow the last one, which is shorter. */
  @Test
  void nothingIsWrittenBehindAnEndThatFailed() throws Exception {
    try (ObjectWriter writer = store.write("c", WriteOptions.NONE.ifAbsent())) {
      writer.writeOwned(Data.regions(Data.random(arena, 12 * MIB), MIB));
      store.put("c", SegmentedBytes.copyOfUtf8("another one"));
      failure(Reason.EXISTS, writer::finish);
      SegmentedBytes more = SegmentedBytes.copyOfUtf8("more");
      assertThrows(Exception.class, () -> writer.writeOwned(more));
      assertFalse(more.isLent());
    }
    store.delete("c");
    checkNoTrace();
  }

  @Test
  void aRangeOfAKnownVersionIsOfThatVersionOrAnError() throws Exception {
    MemorySegment data = Data.random(arena, 6 * MIB);
    ObjectInfo version = store.put("k", Data.regions(data, MIB));
    for (long byteSize : new long[] {1, 4096, 5 * MIB}) {
      MemorySegment region = arena.allocate(byteSize);
      assertEquals(version.etag(), store.getRange(version, 1000, region).etag());
      assertTrue(Data.same(region, data.asSlice(1000, byteSize)));
    }
    failure(Reason.RANGE, () -> store.getRange(version, 6 * MIB - 1, arena.allocate(2)));
    try (OffHeapPool pool = new OffHeapPool(8 * MIB)) {
      try (ObjectBytes part = store.getRange(version, 7, 5 * MIB, pool)) {
        assertTrue(Data.same(part.bytes(), data.asSlice(7, 5 * MIB)));
      }
      store.put("k", Data.regions(Data.random(arena, 6 * MIB + 1), MIB));
      failure(Reason.CHANGED, () -> store.getRange(version, 0, arena.allocate(100)));
      failure(Reason.CHANGED, () -> store.getRange(version, 7, 5 * MIB, pool));
      store.put("k", SegmentedBytes.copyOfUtf8("short"));
      ObjectStoreException changed =
          failure(Reason.CHANGED, () -> store.getRange(version, 5 * MIB, arena.allocate(100)));
      assertEquals("k", changed.key());
      assertEquals(8 * MIB, pool.availableByteSize());
    }
  }

  @Test
  void aReaderReadsRangesIntoMemoryOfTheCaller() throws Exception {
    MemorySegment data = Data.random(arena, 6 * MIB);
    store.put("k", Data.regions(data, MIB));
    try (ObjectReader reader = store.read("k");
        Arena confined = Arena.ofConfined()) {
      MemorySegment region = confined.allocate(3 * MIB);
      reader.range(77, region);
      assertTrue(Data.same(region, data.asSlice(77, 3 * MIB)));
      failure(Reason.RANGE, () -> reader.range(6 * MIB - 1, arena.allocate(2)));
      store.put("k", SegmentedBytes.copyOfUtf8("another"));
      failure(Reason.CHANGED, () -> reader.range(0, arena.allocate(5)));
    }
  }

  @Test
  void manyObjectsAreReadBehindThoseThatAreNotThere() throws Exception {
    for (String key : List.of("a", "c", "large")) {
      long byteSize = key.equals("large") ? 5 * MIB : 100;
      store.put(key, Data.regions(Data.random(arena, byteSize), MIB));
    }
    Set<String> read = new HashSet<>();
    List<String> missing = new ArrayList<>();
    try (OffHeapPool pool = new OffHeapPool(16 * MIB)) {
      store.getMany(
          List.of("a", "b", "c", "large", "z"),
          pool,
          new ObjectStore.ManyHandler() {
            @Override
            public void accept(ObjectBytes object) {
              assertTrue(read.add(object.info().key()));
              object.close();
            }

            @Override
            public void failed(String key, ObjectStoreException failure) {
              assertEquals(Reason.NOT_FOUND, failure.reason(), failure::toString);
              assertEquals(key, failure.key());
              missing.add(key);
            }
          });
      assertEquals(16 * MIB, pool.availableByteSize());
      assertEquals(Set.of("a", "c", "large"), read);
      missing.sort(null);
      assertEquals(List.of("b", "z"), missing);
      // Whoever takes no faults gets the first one.
      failure(Reason.NOT_FOUND, () -> store.getMany(List.of("b"), pool, ObjectBytes::close));
    }
  }

  @Test
  void allObjectsBelowAPrefixAreAStream() throws Exception {
    for (String key : List.of("s/1", "s/2", "s/a/3", "t")) {
      store.put(key, SegmentedBytes.copyOfUtf8(key));
    }
    assertEquals(List.of("s/1", "s/2", "s/a/3"), store.objects("s/").map(ObjectInfo::key).toList());
    assertEquals(0, store.objects("u/").count());
  }

  @Test
  void aFaultTellsItsObject() throws Exception {
    assertEquals("no/pe", failure(Reason.NOT_FOUND, () -> store.head("no/pe")).key());
    ObjectStoreException get =
        failure(Reason.NOT_FOUND, () -> store.get("no/pe", arena.allocate(10)));
    assertEquals("no/pe", get.key());
    assertEquals("no/pe", failure(Reason.NOT_FOUND, () -> store.read("no/pe")).key());
    assertEquals("no/pe", failure(Reason.NOT_FOUND, () -> store.copy("no/pe", "x")).key());
  }

  @Test
  void jumpsAboutAnObjectFetchLittleAndGoingOnFetchesAll() throws Exception {
    MemorySegment data = Data.random(arena, 9 * MIB);
    store.put("k", Data.regions(data, MIB));
    try (ObjectReader reader = store.read("k")) {
      for (long at = 8 * MIB; at > 0; at -= 777_777) {
        reader.seek(at);
        try (ObjectBytes first = reader.next().orElseThrow()) {
          assertEquals(at, first.byteOffset());
          assertEquals(64 << 10, first.bytes().byteSize());
          assertTrue(Data.same(first.bytes(), data.asSlice(at, 64 << 10)));
        }
      }
      reader.seek(1);
      long at = 1;
      long last = 0;
      for (Optional<ObjectBytes> next = reader.next(); next.isPresent(); next = reader.next()) {
        try (ObjectBytes chunk = next.get()) {
          long byteSize = chunk.bytes().byteSize();
          assertTrue(Data.same(chunk.bytes(), data.asSlice(at, byteSize)));
          last = Math.max(last, byteSize);
          at += byteSize;
        }
      }
      assertEquals(9 * MIB, at);
      assertEquals(MIB, last);
    }
  }

  @Test
  void anUploadThatNobodyWillResumeIsDiscardedWithItsJournal() throws Exception {
    Path journal = directory.resolve("discarded.journal");
    try (ObjectWriter writer = store.write("k", journal)) {
      writer.writeOwned(Data.regions(Data.random(arena, 6 * MIB), MIB));
    }
    assertTrue(Files.exists(journal));
    failure(Reason.OTHER, () -> store.discard("other", journal));
    assertTrue(Files.exists(journal));
    store.discard("k", journal);
    assertFalse(Files.exists(journal));
    assertFalse(store.exists("k"));
    checkNoTrace();
    store.discard("k", journal);
  }
}
