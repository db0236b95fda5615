package dev.segue.recording;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.BytesSource;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.mcap.McapChannel;
import dev.segue.mcap.McapChunkIndex;
import dev.segue.mcap.McapHandler;
import dev.segue.mcap.McapReader;
import dev.segue.mcap.McapStatistics;
import dev.segue.mcap.McapSummary;
import dev.segue.mcap.McapWriter;
import dev.segue.mcap.McapWriterOptions;
import dev.segue.mcap.SourceInput;
import dev.segue.objectstore.ObjectBytes;
import dev.segue.objectstore.ObjectReader;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is held while a recording is rewritten is bounded, and never waited for in vain. */
@Timeout(60)
class RewritingLimitsTest {
  private static final String FROM = "from.mcap";
  private static final String TO = "to.mcap";

  private final Path directory;
  private final ObjectStore store;

  RewritingLimitsTest(@TempDir Path directory) throws IOException {
    this.directory = directory;
    this.store = ObjectStore.open(directory.toUri().toString());
  }

  @AfterEach
  void close() {
    store.close();
  }

  private interface Writing {
    void to(McapWriter writer) throws IOException;
  }

  private void write(McapWriterOptions layout, Writing writing) throws IOException {
    try (ObjectWriter object = store.write(FROM);
        McapWriter writer = McapWriter.to(object, "", "test", layout)) {
      writing.to(writer);
      writer.finish();
      object.finish();
    }
  }

  private static SegmentedBytes numbered(long number, int byteSize) {
    byte[] bytes = new byte[byteSize];
    for (int i = 0; i < 8; i++) {
      bytes[i] = (byte) (number >> (8 * i));
    }
    return SegmentedBytes.copyOf(bytes);
  }

  /** As a recorder writes a sample with an attachment. */
  private static void sample(
      McapWriter writer, int channel, long number, int byteSize, int attachmentByteSize)
      throws IOException {
    SampleRecord extra =
        SampleRecord.NONE
            .withAttachment(Optional.of(numbered(number, attachmentByteSize)))
            .of(new SampleRecord.Reference(channel, (int) number), Optional.empty());
    writer.writePrivate(
        SampleRecord.OPCODE, extra.head(), extra.attachment().orElse(SegmentedBytes.empty()));
    writer.write(channel, number, number, number, numbered(number, byteSize));
  }

  private McapStatistics rewrite(Rewriting rewriting) throws IOException {
    try (ObjectWriter into = store.write(TO)) {
      return rewriting
          .write(new LinkedHashMap<>(Map.of(FROM, store.read(FROM))), into)
          .statistics();
    }
  }

  private List<Long> numbersIn(String key, boolean hasAttachments) throws IOException {
    List<Long> numbers = new ArrayList<>();
    Extras extras = new Extras();
    try (extras;
        McapReader reader = McapReader.open(SourceInput.of(store.read(key)), extras)) {
      for (var next = reader.next(); next.isPresent(); next = reader.next()) {
        try (var message = next.get()) {
          long number = message.data().reader().readLong();
          numbers.add(number);
          Extras.Found found = extras.of(message);
          if (hasAttachments) {
            assertEquals(
                number, found.extra().attachment().orElseThrow().reader().readLong(), "attachment");
          }
          BytesSource.Piece piece = found.piece();
          if (piece != null) {
            piece.close();
          }
        }
      }
    }
    return numbers;
  }

  @Test
  void whatATopicThatIsLeftOutBringsAlongHoldsNothing() throws Exception {
    int count = 12_000;
    write(
        McapWriterOptions.indexed(),
        writer -> {
          int left = writer.addChannel(0, "left", "", Map.of());
          int kept = writer.addChannel(0, "kept", "", Map.of());
          for (int i = 0; i < count; i++) {
            sample(writer, left, i, 10, 6_000);
          }
          sample(writer, kept, count, 10, 6_000);
        });
    Rewriting kept =
        Rewriting.all().part(RecordingPart.all().topics(topic -> topic.equals("kept")));
    assertEquals(1, rewrite(kept).messageCount());
    assertEquals(List.of((long) count), numbersIn(TO, true));
  }

  @Test
  void attachmentsThatComeLongBeforeTheirMessagesAreKept() throws Exception {
    int count = 9_000;
    write(
        McapWriterOptions.indexed().chunkByteSize(64 << 20),
        writer -> {
          int channel = writer.addChannel(0, "t", "", Map.of());
          for (int i = 0; i < count; i++) {
            sample(writer, channel, i, 10, 6_000);
          }
        });
    assertEquals(count, rewrite(Rewriting.all()).messageCount());
    List<Long> numbers = numbersIn(TO, true);
    assertEquals(count, numbers.size());
    assertEquals(count - 1L, numbers.getLast());
  }

  @Test
  void aChunkEndsBeforeMuchIsKeptForItsMessages() throws Exception {
    write(
        McapWriterOptions.indexed(),
        writer -> {
          int channel = writer.addChannel(0, "t", "", Map.of());
          for (int i = 0; i < 400; i++) {
            sample(writer, channel, i, 10, 10_000);
          }
          assertTrue(writer.statistics().chunkCount() >= 3, () -> "" + writer.statistics());
        });
    assertEquals(400, numbersIn(FROM, true).size());
  }

  @Test
  void messagesThatLieFarApartDoNotHoldAllThatIsReadBetweenThem() throws Exception {
    int rounds = 16;
    write(
        McapWriterOptions.indexed(),
        writer -> {
          int many = writer.addChannel(0, "many", "", Map.of());
          int few = writer.addChannel(0, "few", "", Map.of());
          for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < 300; i++) {
              writer.write(many, i, round, round, numbered(i, 20_000));
            }
            writer.write(few, round, round, round, numbered(round, 100_000));
          }
        });
    Rewriting few = Rewriting.all().part(RecordingPart.all().topics(topic -> topic.equals("few")));
    assertEquals(rounds, rewrite(few).messageCount());
    assertEquals(rounds, numbersIn(TO, false).size());
  }

  /** Whoever begins to read at a large message's chunk must find what belongs to it. */
  @Test
  void whatBelongsToALargeMessageStandsBehindTheChunkBeforeIt() throws Exception {
    write(
        McapWriterOptions.plain(),
        writer -> {
          int channel = writer.addChannel(0, "t", "", Map.of());
          for (int i = 0; i < 10; i++) {
            sample(writer, channel, i, i % 2 == 0 ? 100 : 70_000, 100);
          }
        });
    assertEquals(10, rewrite(Rewriting.all()).messageCount());
    SegmentedBytes file = SegmentedBytes.copyOf(Files.readAllBytes(directory.resolve(TO)));
    SegmentedBytes end = file.slice(file.byteSize() - McapSummary.END_BYTE_SIZE);
    McapSummary summary = McapSummary.of(file.slice(McapSummary.byteOffset(end).orElseThrow()));
    assertEquals(10, summary.chunks().size());
    long before = 0;
    for (McapChunkIndex chunk : summary.chunks()) {
      if (before > 0) {
        List<Integer> privates = new ArrayList<>();
        McapHandler handler =
            new McapHandler() {
              @Override
              public void privateRecord(int opcode, BytesSource.Piece content) {
                privates.add(opcode);
                content.close();
              }
            };
        try (ObjectStore opened = ObjectStore.open(directory.toUri().toString());
            var range = opened.read(TO)) {
          range.seek(before);
          try (McapReader reader =
              McapReader.resume(SourceInput.of(range), handler, summary, before)) {
            reader.next().orElseThrow().close();
          }
        }
        assertEquals(1, privates.size(), () -> "of the chunk at " + chunk.byteOffset());
      }
      before = chunk.endByteOffset();
    }
  }

  @Test
  void largeMessagesThatAreInNoPoolAreNotAllReadAhead() throws Exception {
    write(
        McapWriterOptions.indexed(),
        writer -> {
          int channel = writer.addChannel(0, "large", "", Map.of());
          for (int i = 0; i < 20; i++) {
            writer.write(channel, i, i, i, numbered(i, 200_000));
          }
        });
    try (ReadAhead messages =
        new ReadAhead(store.read(FROM), null, null, each -> true, 1_000_000)) {
      for (long i = 0; i < 20; i++) {
        while (!messages.isFull() && messages.readyCount() < 20 - i) {
          Thread.sleep(1);
        }
        assertTrue(messages.readyCount() <= 5, () -> "readyCount=" + messages.readyCount());
        try (Recorded recorded = messages.next().orElseThrow()) {
          assertEquals(i, recorded.message().data().reader().readLong());
        }
      }
      assertEquals(Optional.empty(), messages.next());
      assertEquals(Optional.empty(), messages.truncation());
    }
  }

  /** Opcodes from 0x80 on are free for every application, the one that this module uses as well. */
  @Test
  void privateRecordsOfOthersComeAlong() throws Exception {
    List<String> theirs = List.of("of others", "abc", "", "ZNO", "the last");
    write(
        McapWriterOptions.plain(),
        writer -> {
          int channel = writer.addChannel(0, "robot/x", "", Map.of());
          for (int i = 0; i < theirs.size(); i++) {
            MemorySegment head = MemorySegment.ofArray(theirs.get(i).getBytes(UTF_8));
            writer.writePrivate(SampleRecord.OPCODE + i / 3, head, SegmentedBytes.empty());
            sample(writer, channel, i, 10, 5000);
          }
        });
    assertEquals(theirs.size(), rewrite(Rewriting.all()).messageCount());
    List<String> found = new ArrayList<>();
    McapHandler handler =
        new McapHandler() {
          @Override
          public void privateRecord(int opcode, BytesSource.Piece content) {
            try (content) {
              if (!SampleRecord.isOurs(content.bytes())) {
                found.add(opcode + content.bytes().copyToUtf8String());
              }
            }
          }
        };
    try (McapReader reader = McapReader.open(SourceInput.of(store.read(TO)), handler)) {
      for (var next = reader.next(); next.isPresent(); next = reader.next()) {
        next.get().close();
      }
    }
    assertEquals(List.of("128of others", "128abc", "128", "129ZNO", "129the last"), found);
    assertEquals(List.of(0L, 1L, 2L, 3L, 4L), numbersIn(TO, true));
  }

  /** Anybody can publish under the key that a recorder has for keys without a channel. */
  @Test
  void theKeyOfTheSharedChannelIsSelectedAsAnyOther() throws Exception {
    write(
        McapWriterOptions.indexed(),
        writer -> {
          int other = writer.addChannel(0, SampleChannel.SHARED_TOPIC, "", Map.of());
          int kept = writer.addChannel(0, "kept", "", Map.of());
          writer.write(other, 1, 1, 1, numbered(1, 10));
          writer.write(kept, 2, 2, 2, numbered(2, 10));
          SampleRecord own =
              SampleRecord.NONE.of(
                  new SampleRecord.Reference(other, 3),
                  Optional.of(SampleChannel.of(new McapChannel(0, 0, "kept/too", "", Map.of()))));
          writer.writePrivate(SampleRecord.OPCODE, own.head(), SegmentedBytes.empty());
          writer.write(other, 3, 3, 3, numbered(3, 10));
        });
    Rewriting kept =
        Rewriting.all().part(RecordingPart.all().topics(topic -> topic.startsWith("kept")));
    assertEquals(2, rewrite(kept).messageCount());
    assertEquals(List.of(2L, 3L), numbersIn(TO, false));
  }

  /** Of a few hundred years, which some say for never. */
  @Test
  void timesBeyondNanosecondsAreForEver() throws Exception {
    Duration forEver = Duration.ofSeconds(Long.MAX_VALUE);
    assertEquals(false, Rotation.never().time(forEver).isDue(1, Long.MAX_VALUE - 1));
    Pace pace = new Pace(0, forEver);
    pace.await(1);
    try (Spool spool =
        Spool.open(
            directory.resolve("spool"),
            new SpoolTarget.InFolder(directory, "drive.mcap"),
            SpoolOptions.defaults())) {
      assertTrue(spool.awaitStored(forEver));
      spool.destination().begin();
      Thread ending =
          Thread.ofPlatform()
              .daemon()
              .start(
                  () -> {
                    try {
                      spool.destination().end(0);
                    } catch (IOException e) {
                      throw new java.io.UncheckedIOException(e);
                    }
                  });
      assertTrue(spool.awaitStored(forEver));
      ending.join();
    }
  }

  /** Its channels have the sequence numbers of each recording that it is made of. */
  @Test
  void whatIsMadeOfSeveralRecordingsIsRewrittenWithWhatBelongsToEachMessage() throws Exception {
    write(
        McapWriterOptions.indexed(),
        writer -> {
          int channel = writer.addChannel(0, "t", "", Map.of());
          for (int round = 0; round < 2; round++) {
            for (int i = 0; i < 3; i++) {
              long number = 10L * round + i;
              SampleRecord extra =
                  SampleRecord.NONE
                      .withAttachment(Optional.of(numbered(number, 10)))
                      .of(new SampleRecord.Reference(channel, i), Optional.empty());
              writer.writePrivate(
                  SampleRecord.OPCODE, extra.head(), extra.attachment().orElseThrow());
              writer.write(channel, i, number, number, numbered(number, 20));
            }
            writer.endChunk();
          }
        });
    assertEquals(List.of(0L, 1L, 2L, 10L, 11L, 12L), numbersIn(FROM, true));
    assertEquals(6, rewrite(Rewriting.all()).messageCount());
    assertEquals(List.of(0L, 1L, 2L, 10L, 11L, 12L), numbersIn(TO, true));
  }

  /** Each message of all recordings but the first had a chunk of its own. */
  @Test
  void whatIsMadeOfSeveralRecordingsHasFewChunksWhenItIsRewritten() throws Exception {
    int count = 1_000;
    write(
        McapWriterOptions.indexed(),
        writer -> {
          int channel = writer.addChannel(0, "t", "", Map.of());
          for (int number = 0; number < 3 * count; number++) {
            int sequence = number % count;
            SampleRecord extra =
                SampleRecord.NONE
                    .withAttachment(Optional.of(numbered(number, 10)))
                    .of(new SampleRecord.Reference(channel, sequence), Optional.empty());
            if (sequence == 0) {
              writer.endChunk();
            }
            writer.writePrivate(
                SampleRecord.OPCODE, extra.head(), extra.attachment().orElseThrow());
            writer.write(channel, sequence, number, number, numbered(number, 20));
          }
        });
    McapStatistics statistics = rewrite(Rewriting.all());
    assertEquals(3L * count, statistics.messageCount());
    assertEquals(3, statistics.chunkCount());
    assertEquals(3 * count, numbersIn(TO, true).size());
  }

  /** A day's files, one after the other: each held its windows until all were written. */
  @Test
  void aRecordingThatIsCopiedIsClosedWhileOthersAreNot() throws Exception {
    Map<String, ObjectReader> sources = new LinkedHashMap<>();
    for (String name : List.of("a", "b")) {
      try (ObjectWriter object = store.write(name);
          McapWriter writer = McapWriter.to(object, "", "test", McapWriterOptions.indexed())) {
        int channel = writer.addChannel(0, name, "", Map.of());
        for (int i = 0; i < 3; i++) {
          writer.write(channel, i, i, i, numbered(i, 20));
        }
        writer.write(channel, 3, name.equals("a") ? 5 : 10, 0, numbered(3, 20));
        writer.write(channel, 4, 11, 0, name.equals("a") ? numbered(4, 20) : numbered(5, 20));
        writer.finish();
        object.finish();
      }
      sources.put(name, store.read(name));
    }
    ObjectReader first = Objects.requireNonNull(sources.get("a"));
    List<Boolean> isClosed = new ArrayList<>();
    RecordingPart part =
        RecordingPart.all()
            .between(0, 10)
            .topics(
                topic -> {
                  if (topic.equals("b")) {
                    boolean closed = isClosed(first);
                    isClosed.add(closed);
                  }
                  return true;
                });
    try (ObjectWriter into = store.write(TO)) {
      var result = Rewriting.all().part(part).write(sources, into);
      assertEquals(8, result.statistics().messageCount());
    }
    assertEquals(false, isClosed.getFirst());
    assertEquals(true, isClosed.getLast());
  }

  private static boolean isClosed(ObjectReader reader) {
    try (OffHeapPool pool = new OffHeapPool(4096);
        ObjectBytes bytes = reader.range(0, 1, pool)) {
      return bytes.bytes().isEmpty();
    } catch (IllegalStateException e) {
      return true;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void manyMessagesOfALargeChunkKeepWhatBelongsToThem() throws Exception {
    int count = 130_000;
    write(
        McapWriterOptions.indexed().chunkByteSize(64 << 20),
        writer -> {
          int channel = writer.addChannel(0, "t", "", Map.of());
          for (int i = 0; i < count; i++) {
            sample(writer, channel, i, 10, 8);
          }
        });
    assertEquals(count, numbersIn(FROM, true).size());
  }

  /** Also where it is left out, and is not read. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aLengthThatLeadsBeyondTheEndIsNoCutOffRecording(boolean isLeftOut) throws Exception {
    int byteSize = 300_000;
    write(
        McapWriterOptions.plain(),
        writer -> {
          int kept = writer.addChannel(0, "kept", "", Map.of());
          int left = writer.addChannel(0, "left", "", Map.of());
          for (int i = 0; i < 10; i++) {
            writer.write(i % 2 == 0 ? kept : left, i, i, i, numbered(i, byteSize));
          }
        });
    Path file = Path.of(URI.create(store.uri())).resolve(FROM);
    byte[] damaged = Files.readAllBytes(file);
    // That of the fourth message, from its end: 22 bytes of a message are before its data.
    ByteBuffer records = ByteBuffer.wrap(damaged).order(ByteOrder.LITTLE_ENDIAN);
    int at = 0;
    int count = 0;
    while (count < 4) {
      at++;
      count += damaged[at] == 5 && records.getLong(at + 1) == byteSize + 22 ? 1 : 0;
    }
    records.putLong(at + 1, 1L << 24);
    Files.write(file, damaged);
    Rewriting rewriting =
        isLeftOut
            ? Rewriting.all().part(RecordingPart.all().topics(topic -> topic.equals("kept")))
            : Rewriting.all();
    IOException refused = assertThrows(IOException.class, () -> rewrite(rewriting));
    assertTrue(refused.toString().contains("beyond the end"), refused::toString);
    assertFalse(store.exists(TO));
  }

  /** A chunk that looks like a record of nobody's is passed over, with all that is in it. */
  @Test
  void aChunkThatIsHiddenIsNoticedHoweverMuchIsRead() throws Exception {
    write(
        McapWriterOptions.indexed(),
        writer -> {
          int channel = writer.addChannel(0, "t", "", Map.of());
          for (int i = 0; i < 10; i++) {
            writer.write(channel, i, i, i, numbered(i, 100_000));
          }
        });
    Path file = Path.of(URI.create(store.uri())).resolve(FROM);
    McapSummary summary = Player.readSummary(store, FROM).orElseThrow();
    byte[] damaged = Files.readAllBytes(file);
    damaged[(int) summary.chunks().get(4).byteOffset()] = 0x26;
    Files.write(file, damaged);
    IOException refused = assertThrows(IOException.class, () -> rewrite(Rewriting.all()));
    assertTrue(refused.toString().contains("data_section_crc"), refused::toString);
    assertFalse(store.exists(TO));
    for (RecordingPart part :
        List.of(RecordingPart.all().between(0, 6), RecordingPart.all().between(2, 6))) {
      ReadAhead.Start start = Extent.start(Optional.of(summary), part);
      try (ReadAhead messages = new ReadAhead(store.read(FROM), null, start, each -> true)) {
        IOException missed = assertThrows(IOException.class, () -> playTo(6, messages));
        assertTrue(missed.toString().contains("index has a chunk"), missed::toString);
      }
    }
  }

  private static void playTo(long lastNanos, ReadAhead messages) throws Exception {
    for (var next = messages.next(); next.isPresent(); next = messages.next()) {
      try (Recorded recorded = next.get()) {
        if (recorded.message().logTimeNanos() > lastNanos) {
          return;
        }
      }
    }
  }
}
