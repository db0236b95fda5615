package dev.segue.objectstore.s3;

import static dev.segue.objectstore.ObjectStoreContract.MIB;
import static dev.segue.objectstore.ObjectStoreContract.failure;
import static dev.segue.objectstore.s3.FakeS3.send;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.Data;
import dev.segue.objectstore.ObjectMetadata;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreContract;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.ObjectWriter;
import dev.segue.objectstore.StoreSettings;
import dev.segue.objectstore.StoreSettings.Checksums;
import dev.segue.objectstore.WriteOptions;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Journals of uploads whose end was asked for by an earlier process, which never learned of it. */
@Timeout(60)
class LostEndTest {
  private static final WriteOptions CONDITION = WriteOptions.NONE.ifAbsent();

  private static final StoreSettings SETTINGS =
      StoreSettings.of(ObjectStoreContract.SETTINGS).attemptCount(2);

  @TempDir private Path directory;
  private final Arena arena = Arena.ofShared();
  private final SegmentedBytes bytes = Data.regions(Data.random(arena, 11 * MIB), MIB);

  /** The end is carried out, and nobody learns of it. */
  private final Uploads answers = new Uploads(bytes, 2);

  private FakeS3 server;
  private Path journal;

  @BeforeEach
  void start() throws Exception {
    server = new FakeS3(answers);
    journal = directory.resolve("journal");
  }

  @AfterEach
  void end() {
    server.close();
    arena.close();
  }

  private static WriteOptions options(boolean onCondition) {
    return onCondition ? CONDITION : WriteOptions.NONE;
  }

  /** Stores 11 MiB without an answer, and leaves the journal. */
  private void lose(WriteOptions options, StoreSettings settings) throws Exception {
    try (ObjectStore store = server.open("", settings);
        ObjectWriter writer = store.write("k", journal, options)) {
      writer.writeOwned(bytes);
      failure(Reason.UNAVAILABLE, writer::finish);
    }
    assertEquals(3, server.count("PUT"));
    assertTrue(Files.exists(journal));
  }

  /** Where a writer goes on. */
  private long resumed(WriteOptions options) throws Exception {
    try (ObjectStore store = server.open("", SETTINGS);
        ObjectWriter writer = store.write("k", journal, options)) {
      return writer.resumeByteOffset();
    }
  }

  private void assertIsNotSentAgain(WriteOptions options, StoreSettings settings) throws Exception {
    long sent = server.count("PUT");
    try (ObjectStore store = server.open("", settings);
        ObjectWriter writer = store.write("k", journal, options)) {
      assertEquals(11 * MIB, writer.resumeByteOffset());
      assertEquals(11 * MIB, writer.finish().byteSize());
    }
    assertEquals(sent, server.count("PUT"));
    assertEquals(1, answers.begun.get());
    assertEquals(Map.of(), answers.open);
    assertFalse(Files.exists(journal));
  }

  private void writeAgain(SegmentedBytes all, WriteOptions options) throws Exception {
    try (ObjectStore store = server.open("", SETTINGS);
        ObjectWriter writer = store.write("k", journal, options)) {
      assertEquals(0, writer.resumeByteOffset());
      writer.writeOwned(all);
      writer.finish();
    }
  }

  /** The first end was carried out, and its last answer was lost as well. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whoEndsAgainIsToldOfWhatTheFirstEndMade(boolean onCondition) throws Exception {
    try (ObjectStore store = server.open("", SETTINGS);
        ObjectWriter writer = store.write("k", options(onCondition))) {
      writer.writeOwned(bytes);
      failure(Reason.UNAVAILABLE, writer::finish);
      assertEquals(11 * MIB, writer.finish().byteSize());
    }
    assertEquals(0, server.count("DELETE"));
  }

  /** S3 takes them when an upload begins. */
  @Test
  void anUploadWithOtherOptionsBeginsAgain() throws Exception {
    answers.refusals.set(2);
    lose(WriteOptions.NONE, SETTINGS);
    WriteOptions other =
        WriteOptions.NONE
            .encryption("aws:kms", "key")
            .metadata(ObjectMetadata.NONE.contentType("text/html"));
    assertEquals(0, resumed(other.ifAbsent()));
    assertEquals(Map.of(), answers.open);
    StoreSettings patient = SETTINGS.attemptCount(3);
    try (ObjectStore store = server.open("", patient);
        ObjectWriter writer = store.write("k", journal, other)) {
      writer.writeOwned(bytes);
      writer.finish();
    }
    assertEquals(2, answers.begun.get());
  }

  /** What it was begun with isn't known. */
  @Test
  void anUploadWhoseMarkWasTornBeginsAgain() throws Exception {
    answers.refusals.set(2);
    lose(WriteOptions.NONE, SETTINGS);
    String text = Files.readString(journal);
    Files.writeString(journal, text.substring(0, text.indexOf("mark ") + 9));
    assertEquals(
        0, resumed(WriteOptions.NONE.metadata(ObjectMetadata.NONE.contentType("text/html"))));
    assertEquals(Map.of(), answers.open);
    assertFalse(Files.exists(journal));
  }

  /** The mark is that of the process that began the upload. */
  @Test
  void aResumedUploadOnAConditionIsKnownByTheMarkThatItBeganWith() throws Exception {
    try (ObjectStore store = server.open("", SETTINGS);
        ObjectWriter writer = store.write("k", journal, CONDITION)) {
      writer.writeOwned(bytes.slice(0, 6 * MIB));
      while (!Files.exists(journal) || !Files.readString(journal).contains("part 1")) {
        Thread.sleep(10);
      }
    }
    try (ObjectStore store = server.open("", SETTINGS.attemptCount(3));
        ObjectWriter writer = store.write("k", journal, CONDITION)) {
      assertEquals(5 * MIB, writer.resumeByteOffset());
      writer.writeOwned(bytes.slice(5 * MIB, 6 * MIB));
      assertEquals(11 * MIB, writer.finish().byteSize());
    }
    assertEquals(1, answers.begun.get());
    assertFalse(Files.exists(journal));
  }

  /** The object has the upload's mark; stores keep other checksums, or none. */
  @ParameterizedTest
  @CsvSource({"true,CRC32C", "false,CRC32C", "true,NONE", "false,NONE", "false,CRC64NVME"})
  void whatWasStoredWithoutAnAnswerIsNotSentAgain(boolean onCondition, Checksums checksums)
      throws Exception {
    StoreSettings settings = SETTINGS.checksums(checksums);
    lose(options(onCondition), settings);
    assertIsNotSentAgain(options(onCondition), settings);
  }

  /** Its last part was sent twice, and is noted twice. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatWasStoredByAnUploadThatWasResumedIsNotSentAgain(boolean onCondition) throws Exception {
    WriteOptions options = options(onCondition);
    answers.refusals.set(2);
    lose(options, SETTINGS);
    assertEquals("", answers.there);
    try (ObjectStore store = server.open("", SETTINGS);
        ObjectWriter writer = store.write("k", journal, options)) {
      assertEquals(10 * MIB, writer.resumeByteOffset());
      writer.writeOwned(bytes.slice(10 * MIB, MIB));
      failure(Reason.UNAVAILABLE, writer::finish);
    }
    assertIsNotSentAgain(options, SETTINGS);
  }

  /** What another one wrote has other metadata, also where the bytes are the same. */
  @ParameterizedTest
  @CsvSource({"true,true", "true,false", "false,true", "false,false"})
  void anothersObjectIsNotTakenForThePartsOfAJournal(boolean onCondition, boolean ofSameBytes)
      throws Exception {
    lose(options(onCondition), SETTINGS);
    answers.there = "another's";
    answers.bytes = ofSameBytes ? bytes : SegmentedBytes.copyOf(new byte[(int) (11 * MIB)]);
    assertEquals(0, resumed(options(onCondition)));
  }

  /** The same in the process that began the upload. */
  @Test
  void anothersObjectIsNotTakenForWhatIsWrittenWithAJournal() throws Exception {
    answers.there = "another's";
    try (ObjectStore store = server.open("", SETTINGS.attemptCount(3));
        ObjectWriter writer = store.write("k", journal)) {
      writer.writeOwned(bytes);
      failure(Reason.CHANGED, writer::finish);
    }
    assertTrue(Files.exists(journal));
  }

  /** Some servers keep the metadata of what is replaced. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void otherBytesWithTheMarkOfAJournalAreAnothers(boolean onCondition) throws Exception {
    lose(options(onCondition), SETTINGS);
    answers.bytes = SegmentedBytes.copyOf(new byte[(int) (11 * MIB)]);
    assertEquals(0, resumed(options(onCondition)));
  }

  /** Who starts over may write something else. */
  @Test
  void whatAnEarlierUploadStoredIsNotTakenForThatOfTheNextOne() throws Exception {
    lose(CONDITION, SETTINGS);
    String noted = Files.readString(journal);
    Files.writeString(journal, noted.substring(0, noted.indexOf("part 3")));
    SegmentedBytes others = Data.regions(Data.random(arena, 11 * MIB), MIB);
    failure(Reason.EXISTS, () -> writeAgain(others, CONDITION));
  }

  /** A journal without a mark is that of an older version. */
  @Test
  void withoutAMarkTheUploadBeginsAgain() throws Exception {
    lose(WriteOptions.NONE, SETTINGS);
    Files.writeString(journal, Files.readString(journal).replaceAll("mark .*\n", ""));
    assertEquals(0, resumed(WriteOptions.NONE));
  }

  /** Its parts are gone, so nothing can be added: the next time it is written anew. */
  @Test
  void whatIsWholeIsNotGoneOnWith() throws Exception {
    lose(WriteOptions.NONE, SETTINGS);
    try (ObjectStore store = server.open("", SETTINGS);
        ObjectWriter writer = store.write("k", journal)) {
      writer.writeOwned(bytes.slice(0, MIB));
      failure(Reason.CHANGED, writer::finish);
    }
    assertEquals(0, resumed(WriteOptions.NONE));
  }

  /** As in a bucket that was renamed, or at an address that was mistyped. */
  @Test
  void aJournalOfABucketThatIsNotThereIsKept() throws Exception {
    lose(WriteOptions.NONE, SETTINGS);
    byte[] noted = Files.readAllBytes(journal);
    try (FakeS3 other =
            new FakeS3((e, request) -> send(e, 404, "<Error><Code>NoSuchBucket</Code></Error>"));
        ObjectStore store = other.open("", SETTINGS)) {
      failure(Reason.NOT_FOUND, () -> store.write("k", journal).close());
    }
    assertArrayEquals(noted, Files.readAllBytes(journal));
  }

  @Test
  void anUploadThatHasLostItsPartsIsAborted() throws Exception {
    lose(WriteOptions.NONE, SETTINGS);
    answers.there = "";
    answers.open.put("u1", "");
    answers.parts.clear();
    assertEquals(0, resumed(WriteOptions.NONE));
    assertEquals(Map.of(), answers.open);
    assertFalse(Files.exists(journal));
  }
}
