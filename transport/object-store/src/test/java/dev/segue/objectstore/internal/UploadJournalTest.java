package dev.segue.objectstore.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.StoreSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an upload goes on with, by its journal and by what the store says that it has. */
class UploadJournalTest {
  private static final String OBJECT = "s3://b/k";
  private static final String MARK = "6f1c0000-0000-4000-8000-000000000000";
  private static final long PART = 8L << 20;
  private static final StoreSettings SETTINGS =
      StoreSettings.defaults().checksums(StoreSettings.Checksums.CRC32C).putPartByteSize(PART);

  @TempDir Path folder;

  private Path file() {
    return folder.resolve("k.journal");
  }

  /** A store as a test says that it is; what it is asked to do, is noted. */
  private static final class Sink implements PartSink {
    private final List<String> said = new ArrayList<>();
    private @Nullable List<Part> parts;
    private @Nullable There there;
    private @Nullable ObjectStoreException failure;

    @Override
    public String begin() {
      throw new AssertionError("begin");
    }

    @Override
    public CompletableFuture<Part> part(
        int number, SegmentedBytes bytes, long crc, Transfer transfer) {
      throw new AssertionError("part");
    }

    @Override
    public ObjectInfo complete(List<Part> all) {
      throw new AssertionError("complete");
    }

    @Override
    public ObjectInfo whole(SegmentedBytes bytes, long crc, Transfer transfer) {
      throw new AssertionError("whole");
    }

    @Override
    public void goOn(String earlierMark) {
      said.add("goOn " + earlierMark);
    }

    @Override
    public void abort() {
      said.add("abort");
    }

    @Override
    public void discard(String uploadId) throws ObjectStoreException {
      said.add("discard " + uploadId);
      fail();
    }

    @Override
    public int partCountLimit() {
      return 10_000;
    }

    @Override
    public @Nullable List<Part> resume(String uploadId) {
      said.add("resume " + uploadId);
      return parts;
    }

    @Override
    public @Nullable There there() throws ObjectStoreException {
      said.add("there");
      fail();
      return there;
    }

    private void fail() throws ObjectStoreException {
      ObjectStoreException thrown = failure;
      if (thrown != null) {
        throw thrown;
      }
    }
  }

  private static PartSink.Part part(int number, long byteSize) {
    return new PartSink.Part(number, byteSize, "\"etag " + number + "\"", 0xABC0 + number);
  }

  private UploadJournal open() throws ObjectStoreException {
    return UploadJournal.open(file(), OBJECT, SETTINGS);
  }

  /** A journal of an upload that was cut off behind these parts. */
  private void journalOf(String mark, PartSink.Part... parts) throws IOException {
    Files.deleteIfExists(file());
    UploadJournal journal = open();
    assertFalse(journal.isBegun());
    journal.begin("id-1", mark);
    assertTrue(journal.isBegun());
    for (PartSink.Part part : parts) {
      journal.stored(part);
    }
    journal.close();
    journal.close();
  }

  private static ObjectInfo info(long byteSize) {
    return new ObjectInfo("k", byteSize, "\"e\"", Instant.EPOCH);
  }

  private static String refusal(Reason reason, StoreCall call) {
    ObjectStoreException refused = assertThrows(ObjectStoreException.class, call::run);
    assertEquals(reason, refused.reason());
    return String.valueOf(refused.getMessage());
  }

  private interface StoreCall {
    void run() throws IOException;
  }

  @Test
  void aJournalIsTextThatOthersRead() throws Exception {
    journalOf(MARK, part(1, PART), part(2, 5));
    assertEquals(
        List.of(
            "segue-upload 1",
            "object s3://b/k",
            "upload 8388608 id-1",
            "mark " + MARK,
            "checksum crc32c",
            "part 1 8388608 abc1 \"etag 1\"",
            "part 2 5 abc2 \"etag 2\""),
        Files.readAllLines(file()));
    journalOf("");
    assertEquals(4, Files.readAllLines(file()).size());
  }

  /** An id is whatever a store says, as it says it. */
  @ParameterizedTest
  @ValueSource(strings = {"id 1", "id  2 ", " ", "a\\nb\\", "a\nupload 1 x\r", "größe"})
  void anUploadIsResumedAndDiscardedByItsWholeId(String id) throws Exception {
    UploadJournal journal = open();
    journal.begin(id, MARK);
    journal.stored(part(1, PART));
    journal.close();
    Sink sink = new Sink();
    sink.parts = List.of(part(1, PART));
    assertEquals(List.of(part(1, PART)), open().storedParts(sink));
    assertEquals(List.of("resume " + id, "goOn " + MARK), sink.said);
    Sink discarded = new Sink();
    UploadJournal.discard(file(), OBJECT, discarded);
    assertEquals(List.of("discard " + id), discarded.said);
  }

  /**
   * Parts arrive in any order. Who goes on behind the first one that is missing may have other
   * bytes from there on, and is cut off before all that were noted are sent again.
   */
  @Test
  void whatAnEarlierRunNotedBehindItsGapIsNotTakenForALaterOnes() throws Exception {
    journalOf(MARK, part(1, PART), part(3, PART), part(4, 5));
    Sink sink = new Sink();
    sink.parts = List.of(part(1, PART), part(3, PART), part(4, 5));
    UploadJournal second = open();
    assertEquals(List.of(part(1, PART)), second.storedParts(sink));
    second.stored(part(2, PART));
    second.close();
    sink.parts = List.of(part(1, PART), part(2, PART), part(3, PART), part(4, 5));
    UploadJournal third = open();
    assertEquals(List.of(part(1, PART), part(2, PART)), third.storedParts(sink));
    // In any order as well, and once.
    third.stored(part(4, 6));
    third.stored(part(3, PART));
    third.close();
    assertEquals(
        List.of(
            "part 1 8388608 abc1 \"etag 1\"",
            "part 3 8388608 abc3 \"etag 3\"",
            "part 4 5 abc4 \"etag 4\"",
            "resumed 1",
            "part 2 8388608 abc2 \"etag 2\"",
            "part 4 6 abc4 \"etag 4\"",
            "part 3 8388608 abc3 \"etag 3\""),
        Files.readAllLines(file()).stream().skip(5).toList());
    assertEquals(List.of(part(1, PART), part(2, PART), part(3, PART)), open().storedParts(sink));
  }

  /** As long as nothing is sent again, what was made of all that was noted is known. */
  @Test
  void whoGoesOnAndSendsNothingChangesNothingOfTheJournal() throws Exception {
    journalOf(MARK, part(1, PART), part(2, 5));
    Sink sink = new Sink();
    sink.parts = List.of(part(1, PART), part(2, 5));
    List<String> before = Files.readAllLines(file());
    UploadJournal journal = open();
    assertEquals(List.of(part(1, PART)), journal.storedParts(sink));
    journal.close();
    assertEquals(before, Files.readAllLines(file()));
  }

  /** Behind any byte, also a line's last one. */
  @ParameterizedTest
  @ValueSource(strings = {"", MARK})
  void anUploadWhoseHeadIsTornBeginsAgain(String mark) throws Exception {
    journalOf(mark);
    String whole = Files.readString(file());
    int id = whole.indexOf("id-1\n") + "id-1\n".length();
    for (int length = 1; length < whole.length(); length++) {
      Files.writeString(file(), whole.substring(0, length));
      Sink sink = new Sink();
      UploadJournal journal = open();
      assertEquals(length >= id, journal.isBegun());
      assertEquals(List.of(), journal.storedParts(sink));
      assertFalse(journal.isBegun());
      assertEquals(length < id ? List.of() : List.of("discard id-1"), sink.said);
      assertBeginsAnother(journal);
      Files.delete(file());
    }
  }

  /** They wrote the mark behind the checksum. */
  @Test
  void aJournalOfAnEarlierVersionGoesOn() throws Exception {
    String head = "segue-upload 1\nobject s3://b/k\nupload 8388608 id-1\nchecksum crc32c\n";
    for (String mark : List.of("", "mark " + MARK + "\n")) {
      Files.writeString(file(), head + mark + "part 1 8388608 abc1 \"etag 1\"\n");
      Sink sink = new Sink();
      sink.parts = List.of(part(1, PART));
      assertEquals(List.of(part(1, PART)), open().storedParts(sink));
      assertEquals(List.of("resume id-1", "goOn " + (mark.isEmpty() ? "" : MARK)), sink.said);
    }
  }

  @Test
  void anUploadGoesOnBehindThePartsThatBothKnow() throws Exception {
    PartSink.Part[] noted = {part(1, PART), part(2, PART), part(3, PART)};
    for (int known = 0; known <= 3; known++) {
      journalOf(MARK, noted);
      Sink sink = new Sink();
      sink.parts = new ArrayList<>(List.of(noted).subList(0, known));
      sink.parts.add(part(7, PART));
      UploadJournal journal = open();
      assertTrue(journal.isBegun());
      assertEquals(List.of(noted).subList(0, known), journal.storedParts(sink));
      assertTrue(journal.isBegun());
      assertNull(journal.made());
      assertEquals(List.of("resume id-1", "goOn " + MARK), sink.said);
      // It is noted behind what is there.
      journal.stored(part(4, PART));
      journal.close();
      assertEquals(5 + 4 + (known < 3 ? 1 : 0), Files.readAllLines(file()).size());
    }
  }

  @Test
  void aPartThatTheStoreHasOtherwiseIsSentAgain() throws Exception {
    journalOf("", part(1, PART), part(2, PART), part(3, PART));
    PartSink.Part second = part(2, PART);
    for (PartSink.Part other :
        List.of(
            new PartSink.Part(2, PART - 1, second.etag(), second.crc()),
            new PartSink.Part(2, PART, "\"other\"", second.crc()),
            new PartSink.Part(2, PART, second.etag(), 1))) {
      Sink sink = new Sink();
      sink.parts = List.of(part(1, PART), other, part(3, PART));
      assertEquals(List.of(part(1, PART)), open().storedParts(sink), other.toString());
    }
    // Some stores tell no checksum.
    Sink sink = new Sink();
    sink.parts = List.of(part(1, PART), new PartSink.Part(2, PART, second.etag(), 0));
    assertEquals(List.of(part(1, PART), second), open().storedParts(sink));
    assertEquals(List.of("resume id-1", "goOn "), sink.said);
  }

  /** It was the last one before a finish that failed. */
  @Test
  void aShortPartIsSentAgain() throws Exception {
    journalOf("", part(1, PART), part(2, 5));
    Sink sink = new Sink();
    sink.parts = List.of(part(1, PART), part(2, 5));
    assertEquals(List.of(part(1, PART)), open().storedParts(sink));
  }

  @Test
  void aPartThatIsMissingFromTheJournalIsSentAgainWithAllBehindIt() throws Exception {
    journalOf("", part(1, PART), part(3, PART));
    Sink sink = new Sink();
    sink.parts = List.of(part(1, PART), part(2, PART), part(3, PART));
    assertEquals(List.of(part(1, PART)), open().storedParts(sink));
  }

  @Test
  void thePartThatWasSentLastCounts() throws Exception {
    PartSink.Part again = new PartSink.Part(1, PART, "\"again\"", 5);
    journalOf("", part(1, PART), again);
    Sink sink = new Sink();
    sink.parts = List.of(again);
    assertEquals(List.of(again), open().storedParts(sink));
  }

  @Test
  void anUploadThatTheStoreLostBeginsAgain() throws Exception {
    journalOf(MARK, part(1, PART), part(2, 5));
    Sink sink = new Sink();
    UploadJournal journal = open();
    assertEquals(List.of(), journal.storedParts(sink));
    assertNull(journal.made());
    assertFalse(journal.isBegun());
    assertTrue(Files.notExists(file()));
    assertEquals(List.of("resume id-1", "there"), sink.said);
    // A store that still knows it, of which nothing is left.
    journalOf(MARK, part(1, PART));
    Sink empty = new Sink();
    empty.parts = List.of();
    UploadJournal again = open();
    assertEquals(List.of(), again.storedParts(empty));
    assertFalse(again.isBegun());
    assertEquals(List.of("resume id-1", "there", "abort"), empty.said);
    assertTrue(Files.notExists(file()));
  }

  @Test
  void anUploadOfWhichNothingWasStoredGoesOn() throws Exception {
    journalOf("");
    Sink sink = new Sink();
    sink.parts = List.of();
    UploadJournal journal = open();
    assertEquals(List.of(), journal.storedParts(sink));
    assertTrue(journal.isBegun());
    assertEquals(List.of("resume id-1", "goOn "), sink.said);
    assertTrue(Files.exists(file()));
  }

  @Test
  void anObjectThatThisUploadMadeIsFound() throws Exception {
    for (long last : new long[] {5, PART}) {
      journalOf(MARK, part(2, last), part(1, PART));
      Sink sink = new Sink();
      sink.there = new PartSink.There(info(PART + last), MARK, null);
      UploadJournal journal = open();
      assertEquals(List.of(), journal.storedParts(sink));
      assertSame(sink.there.info(), journal.made());
      assertTrue(Files.exists(file()));
      assertTrue(journal.isBegun());
    }
  }

  @Test
  void anObjectOfAnotherUploadIsNotTakenForThisOnes() throws Exception {
    PartSink.There made = new PartSink.There(info(PART + 5), MARK, null);
    PartSink.There other = new PartSink.There(info(PART + 5), "another", null);
    PartSink.There larger = new PartSink.There(info(PART + 6), MARK, null);
    PartSink.Part[] whole = {part(1, PART), part(2, 5)};
    PartSink.Part[] hole = {part(1, PART), part(3, 5)};
    PartSink.Part[] shortFirst = {part(1, 5), part(2, PART)};
    assertMade(false, other, MARK, whole);
    assertMade(false, larger, MARK, whole);
    assertMade(false, made, "", whole);
    assertMade(false, made, MARK, hole);
    assertMade(false, made, MARK, shortFirst);
    assertMade(false, made, MARK);
    assertMade(true, made, MARK, whole);
  }

  private void assertMade(
      boolean expected, PartSink.There there, String mark, PartSink.Part... parts)
      throws Exception {
    journalOf(mark, parts);
    Sink sink = new Sink();
    sink.there = there;
    UploadJournal journal = open();
    assertEquals(List.of(), journal.storedParts(sink));
    assertEquals(expected, journal.made() != null);
    assertEquals(expected, Files.exists(file()));
  }

  @ParameterizedTest
  @EnumSource
  void whoMustNotLookAtAnObjectWritesItAnew(Reason reason) throws Exception {
    journalOf(MARK, part(1, PART));
    Sink sink = new Sink();
    sink.failure = new ObjectStoreException(reason, "told");
    UploadJournal journal = open();
    if (reason == Reason.NOT_FOUND || reason == Reason.DENIED) {
      assertEquals(List.of(), journal.storedParts(sink));
      assertTrue(Files.notExists(file()));
    } else {
      assertTrue(refusal(reason, () -> journal.storedParts(sink)).contains("told"));
      assertTrue(Files.exists(file()));
    }
    assertNull(journal.made());
  }

  /** A line that a crash tore is dropped, and the next one does not follow its rest. */
  @Test
  void aTornLineIsCutOff() throws Exception {
    journalOf(MARK, part(1, PART), part(2, PART));
    String whole = Files.readString(file());
    int lastLine = whole.lastIndexOf('\n', whole.length() - 2) + 1;
    for (int length = lastLine; length < whole.length(); length++) {
      Files.writeString(file(), whole.substring(0, length));
      Sink sink = new Sink();
      sink.parts = List.of(part(1, PART), part(2, PART));
      UploadJournal journal = open();
      assertEquals(List.of(part(1, PART)), journal.storedParts(sink));
      journal.stored(part(2, PART));
      journal.close();
      assertEquals(whole, Files.readString(file()));
    }
  }

  @Test
  void anObjectWithAnyNameIsOneLine() throws Exception {
    List<String> names = List.of("s3://b/a\nupload 1 x", "s3://b/a\\nupload 1 x", "s3://b/a\rb");
    for (String name : names) {
      Files.deleteIfExists(file());
      UploadJournal journal = UploadJournal.open(file(), name, SETTINGS);
      journal.begin("id", "");
      journal.close();
      assertEquals(4, Files.readString(file()).lines().count());
      for (String other : names) {
        if (other.equals(name)) {
          assertTrue(UploadJournal.open(file(), other, SETTINGS).isBegun());
        } else {
          refusal(Reason.OTHER, () -> UploadJournal.open(file(), other, SETTINGS));
          refusal(Reason.OTHER, () -> UploadJournal.discard(file(), other, new Sink()));
        }
      }
    }
  }

  @Test
  void aJournalOfOtherSettingsIsRefused() throws Exception {
    journalOf("", part(1, PART));
    String size =
        refusal(
            Reason.OTHER,
            () -> UploadJournal.open(file(), OBJECT, SETTINGS.putPartByteSize(2 * PART)));
    assertTrue(size.contains("partByteSize=8388608, wanted 16777216"), size);
    String checksum =
        refusal(
            Reason.OTHER,
            () ->
                UploadJournal.open(
                    file(), OBJECT, SETTINGS.checksums(StoreSettings.Checksums.NONE)));
    assertTrue(checksum.contains("checksum=crc32c, wanted none"), checksum);
    String object = refusal(Reason.OTHER, () -> UploadJournal.open(file(), "s3://b/l", SETTINGS));
    assertTrue(object.contains("object=s3://b/k, wanted s3://b/l"), object);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "part 0 5 1 e",
        "part -1 5 1 e",
        "part 1 0 1 e",
        "part 1 -5 1 e",
        "part 1 8388609 1 e",
        "part 1 5 xyz e",
        "part x 5 1 e",
        "part 1 5 1",
        "mark nothing",
        "upload",
        "checksum"
      })
  void aDamagedLineBeginsTheUploadAgainAndGivesUpTheOldOne(String line) throws Exception {
    journalOf(MARK, part(1, PART));
    String damaged = Files.readString(file()) + line + "\n";
    Files.writeString(file(), damaged);
    UploadJournal journal = open();
    assertFalse(journal.isBegun());
    assertTrue(Files.notExists(file()));
    assertEquals(damaged, Files.readString(folder.resolve("k.journal.damaged")));
    Sink sink = new Sink();
    // What can't be removed keeps nobody from uploading.
    sink.failure = new ObjectStoreException(Reason.DENIED, "told");
    assertEquals(List.of(), journal.storedParts(sink));
    assertEquals(List.of("discard id-1"), sink.said);
    assertEquals(List.of(), journal.storedParts(sink));
    assertEquals(List.of("discard id-1"), sink.said);
    assertBeginsAnother(journal);
  }

  @ParameterizedTest
  @ValueSource(strings = {"part 1 8388608 ffffffffffffffff e", "part 1 1 0 e f", "later 1 2 3"})
  void aLineThatIsRightIsNoDamage(String line) throws Exception {
    journalOf("");
    Files.writeString(file(), Files.readString(file()) + line + "\n");
    assertTrue(open().isBegun());
    assertTrue(Files.exists(file()));
  }

  /** What begins again behind what is there counts, and nothing of before. */
  @Test
  void theLastUploadOfAJournalCounts() throws Exception {
    journalOf(MARK, part(1, PART));
    UploadJournal journal = open();
    journal.begin("id-2", "");
    journal.close();
    Sink sink = new Sink();
    sink.parts = List.of(part(1, PART));
    assertEquals(List.of(), open().storedParts(sink));
    assertEquals(List.of("resume id-2", "goOn "), sink.said);
    Sink discarded = new Sink();
    UploadJournal.discard(file(), OBJECT, discarded);
    assertEquals(List.of("discard id-2"), discarded.said);
    assertTrue(Files.notExists(file()));
  }

  @Test
  void nothingIsDiscardedWithoutAnUpload() throws Exception {
    Sink sink = new Sink();
    UploadJournal.discard(file(), OBJECT, sink);
    Files.writeString(file(), "segue-upload 1\nobject s3://b/k\nupload 5\n");
    UploadJournal.discard(file(), OBJECT, sink);
    assertTrue(Files.notExists(file()));
    assertEquals(List.of(), sink.said);
    journalOf("");
    sink.failure = new ObjectStoreException(Reason.UNAVAILABLE, "told");
    refusal(Reason.UNAVAILABLE, () -> UploadJournal.discard(file(), OBJECT, sink));
    // It can be tried again.
    assertTrue(Files.exists(file()));
  }

  @Test
  void aJournalThatCantBeWrittenIsReported() throws Exception {
    Path missing = folder.resolve("no folder").resolve("journal");
    UploadJournal journal = UploadJournal.open(missing, OBJECT, SETTINGS);
    String said = refusal(Reason.NOT_FOUND, () -> journal.begin("id", ""));
    assertTrue(said.contains(missing.toString()), said);
    Path directory = folder.resolve("directory");
    Files.createDirectories(directory.resolve("x"));
    refusal(Reason.UNAVAILABLE, () -> UploadJournal.open(directory, OBJECT, SETTINGS));
    refusal(Reason.UNAVAILABLE, () -> UploadJournal.discard(directory, OBJECT, new Sink()));
    UploadJournal none = open();
    Files.createDirectories(file().resolve("x"));
    refusal(Reason.UNAVAILABLE, none::delete);
  }

  @Test
  void aJournalEndsWithItsObject() throws Exception {
    UploadJournal journal = open();
    journal.begin("id", "");
    journal.delete();
    assertTrue(Files.notExists(file()));
    journal.delete();
  }

  /** Another upload begins in the journal, and the next one goes on with that. */
  private void assertBeginsAnother(UploadJournal journal) throws Exception {
    journal.begin("id-2", "");
    journal.close();
    Sink next = new Sink();
    next.parts = List.of();
    assertEquals(List.of(), open().storedParts(next));
    assertEquals(List.of("resume id-2", "goOn "), next.said);
  }
}
