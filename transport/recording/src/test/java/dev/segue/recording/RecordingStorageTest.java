package dev.segue.recording;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.mcap.McapChannel;
import dev.segue.mcap.McapChunkIndex;
import dev.segue.mcap.McapRepair;
import dev.segue.mcap.McapWriter;
import dev.segue.mcap.McapWriterOptions;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectWriter;
import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.GetOptions;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Querier;
import dev.segue.zenoh.Replies;
import dev.segue.zenoh.Reply;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Selector;
import dev.segue.zenoh.ShmPool;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The past of topics, asked for like their present. */
@Timeout(120)
class RecordingStorageTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final KeyExpr ALL = KeyExpr.of("robot/**");
  private static final long SECOND = 1_000_000_000L;
  private static final Map<String, String> DELETES = Map.of("zenoh.kind", "delete");

  @TempDir Path directory;

  @SuppressWarnings("NullAway.Init")
  private Pair pair;

  @SuppressWarnings("NullAway.Init")
  private ObjectStore store;

  @BeforeEach
  void open() throws Exception {
    pair = Pair.open();
    store = ObjectStore.open(directory.toUri().toString());
  }

  @AfterEach
  void close() {
    pair.close();
    store.close();
  }

  private interface Content {
    void write(McapWriter writer) throws Exception;
  }

  private void record(String name, McapWriterOptions layout, Content content) throws Exception {
    try (ObjectWriter object = store.write(name);
        McapWriter writer = McapWriter.to(object, "", "test", layout)) {
      content.write(writer);
      writer.finish();
      object.finish();
    }
  }

  private static void write(McapWriter writer, int channel, long second) throws Exception {
    long time = second * SECOND;
    writer.write(channel, second, time, time, SegmentedBytes.copyOfUtf8("t" + second));
  }

  /** {@code robot/x} at 1, 3, 5, …, 19 s and {@code robot/y} at 2, 4, … 20 s, two in a chunk. */
  private void recordTwo(String name) throws Exception {
    record(
        name,
        McapWriterOptions.indexed(),
        writer -> {
          int x = writer.addChannel(0, "robot/x", "json", Map.of());
          int y = writer.addChannel(0, "/robot/y", "", Map.of());
          for (int second = 1; second <= 20; second += 2) {
            write(writer, x, second);
            write(writer, y, second + 1);
            writer.endChunk();
          }
        });
  }

  private RecordingStorage storage(String key, StorageOptions options) throws Exception {
    return RecordingStorage.open(pair.near(), ALL, store, key, options);
  }

  private List<String> asked(String selector) throws Exception {
    return asked(Selector.of(selector));
  }

  /** Each reply as {@code key=payload@second}, or the error. */
  private List<String> asked(Selector selector) throws Exception {
    List<String> all = new ArrayList<>();
    GetOptions options = GetOptions.defaults().timeout(LONG).backlog(Backlog.hold(1024));
    try (Querier querier = pair.far().declareQuerier(selector.keyExpr(), options)) {
      if (!selector.keyExpr().isWild()) {
        assertTrue(querier.awaitMatchingQueryables(LONG));
      }
      try (Replies replies = querier.get(selector.parameters(), options)) {
        for (Reply reply : replies) {
          all.add(
              switch (reply) {
                case Reply.Success success -> text(success.sample());
                case Reply.Failure failure -> failure.payload().copyToUtf8String();
              });
        }
        assertEquals(Replies.State.FINISHED, replies.state());
      }
    }
    return all;
  }

  private static String text(Sample sample) {
    long second = sample.timestamp().orElseThrow().toInstant().plusMillis(1).getEpochSecond();
    String payload = sample.payload().copyToUtf8String();
    return sample.keyExpr() + "=" + payload + "@" + second;
  }

  private static String time(long from, long to) {
    return "_time=[1970-01-01T00:00:" + from + "Z..1970-01-01T00:00:" + to + "Z]";
  }

  @Test
  void aTimeOfATopicComesInItsOrderWithItsTimes() throws Exception {
    recordTwo("two.mcap");
    try (RecordingStorage storage = storage("two.mcap", StorageOptions.defaults())) {
      assertEquals(List.of("robot/x=t11@11", "robot/x=t13@13"), asked("robot/x?" + time(10, 13)));
      // Both keys, now that what is served is known there.
      assertEquals(
          List.of("robot/y=t10@10", "robot/x=t11@11", "robot/y=t12@12"),
          asked("robot/*?" + time(10, 12)));
      assertEquals(List.of(), asked("robot/x?" + time(14, 14)));
      assertEquals(List.of(), asked("robot/z?_time=[..]"));
      assertEquals(20, asked("robot/**?_time=[..]").size());
      assertEquals(new RecordingStorage.Counts(5, 25, 66, 0), storage.counts());
    }
  }

  @Test
  void withoutATimeTheNewestOfEachKeyComesUnlessItIsADelete() throws Exception {
    recordTwo("a.mcap");
    record(
        "b.mcap",
        McapWriterOptions.indexed(),
        writer -> {
          int y = writer.addChannel(0, "robot/y", "", Map.of());
          int gone = writer.addChannel(0, "robot/gone", "", Map.of());
          int deleted = writer.addChannel(0, "robot/gone", "", DELETES);
          write(writer, y, 30);
          write(writer, y, 31);
          write(writer, gone, 32);
          write(writer, deleted, 33);
        });
    try (RecordingStorage _ = storage("", StorageOptions.defaults())) {
      assertEquals(List.of("robot/x=t19@19"), asked("robot/x"));
      assertEquals(List.of("robot/y=t31@31"), asked("robot/y"));
      assertEquals(List.of(), asked("robot/gone"));
      assertEquals(
          List.of("robot/x=t19@19", "robot/y=t31@31"), asked("robot/*").stream().sorted().toList());
      assertEquals(
          List.of("robot/gone=t32@32", "robot/gone=@33", "robot/gone=t40@40"), askedWithOneMore());
    }
  }

  /** A delete is a reply of its own; a recording that comes later is served as well. */
  private List<String> askedWithOneMore() throws Exception {
    record(
        "c.mcap",
        McapWriterOptions.indexed(),
        writer -> write(writer, writer.addChannel(0, "robot/gone", "", Map.of()), 40));
    return asked("robot/gone?_time=[..]");
  }

  /** As those of a recorder are that begins another file, or whose first file was deleted since. */
  @Test
  void theNewestIsInTheRecordingThatEndedLastWhateverItsName() throws Exception {
    for (int i = 0; i < 3; i++) {
      recordOne(Names.of("drive.mcap", i), 10L * (i + 1));
    }
    try (RecordingStorage _ = storage("", StorageOptions.defaults())) {
      assertEquals(List.of("robot/x=t30@30"), asked("robot/x"));
      assertEquals(List.of("robot/x=t30@30"), asked("robot/*"));
      Files.delete(directory.resolve("drive.mcap"));
      recordOne("drive.mcap", 40);
      assertEquals(List.of("robot/x=t40@40"), asked("robot/x"));
    }
  }

  private void recordOne(String name, long second) throws Exception {
    record(
        name,
        McapWriterOptions.indexed(),
        writer -> write(writer, writer.addChannel(0, "robot/x", "", Map.of()), second));
  }

  @Test
  void whatIsUnderAPrefixIsServedThere() throws Exception {
    recordTwo("two.mcap");
    try (RecordingStorage _ =
        RecordingStorage.open(
            pair.near(),
            KeyExpr.of("past/robot/x"),
            store,
            "two.mcap",
            StorageOptions.defaults().keyPrefix("past"))) {
      assertEquals(List.of("past/robot/x=t19@19"), asked("past/robot/x"));
    }
  }

  @Test
  void whatCantBeReadIsAnErrorAndTheOthersFollow() throws Exception {
    Files.writeString(directory.resolve("a.mcap"), "this is no recording, whatever its name says");
    recordTwo("b.mcap");
    record(
        "c.mcap",
        McapWriterOptions.plain(),
        writer -> write(writer, writer.addChannel(0, "robot/x", "", Map.of()), 50));
    try (RecordingStorage storage = storage("", StorageOptions.defaults())) {
      List<String> replies = asked("robot/x?" + time(18, 59));
      assertTrue(replies.getFirst().startsWith("a.mcap: "), replies::toString);
      assertEquals(List.of("robot/x=t19@19", "robot/x=t50@50"), replies.subList(1, replies.size()));
      replies = asked("robot/x");
      assertEquals(3, replies.size(), replies::toString);
      // What can't be read might have it.
      assertTrue(replies.getFirst().startsWith("a.mcap: "), replies::toString);
      assertTrue(replies.get(1).startsWith("c.mcap: "), replies::toString);
      assertTrue(replies.get(1).contains("?_time=[..]"), replies::toString);
      assertEquals("robot/x=t19@19", replies.getLast());
      replies = asked("robot/x?_time=yesterday");
      assertEquals(1, replies.size());
      assertTrue(replies.getFirst().contains("_time=yesterday"), replies::toString);
      assertEquals(4, storage.counts().errorCount());
    }
  }

  /** The index of the last chunk names one of its two keys: the other one was newest before. */
  @Test
  void aRecordingThatWasCutOffInAnIndexGivesNoOlderSampleForTheNewest() throws Exception {
    recordTwo("two.mcap");
    McapChunkIndex last = Player.readSummary(store, "two.mcap").orElseThrow().chunks().getLast();
    long second = Collections.max(last.messageIndexByteOffsets().values());
    try (FileChannel file =
        FileChannel.open(
            directory.resolve("two.mcap"), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      file.truncate(second);
      assertTrue(McapRepair.repair(file).isPresent());
    }
    try (RecordingStorage _ = storage("two.mcap", StorageOptions.defaults())) {
      List<String> replies = asked("robot/y");
      assertEquals(1, replies.size(), replies::toString);
      assertTrue(replies.getFirst().contains("?_time=[..]"), replies::toString);
      assertEquals(List.of("robot/y=t20@20"), asked("robot/y?" + time(20, 20)));
    }
  }

  @Test
  void largePayloadsComeInSharedMemoryWithoutACopy() throws Exception {
    int byteSize = 1 << 20;
    record(
        "large.mcap",
        McapWriterOptions.indexed(),
        writer -> {
          int frame = writer.addChannel(0, "robot/frame", "", Map.of());
          for (int i = 0; i < 20; i++) {
            writer.write(frame, i, i, i, SegmentedBytes.copyOf(new byte[byteSize]));
          }
        });
    try (ShmPool pool = ShmPool.create(4L * byteSize);
        RecordingStorage _ = storage("large.mcap", StorageOptions.defaults().loans(pool))) {
      assertEquals(20, sharedCount("robot/frame?_time=[..]", byteSize));
      assertEquals(1, sharedCount("robot/frame", byteSize));
    }
  }

  private long sharedCount(String selector, int byteSize) throws Exception {
    Selector asked = Selector.of(selector);
    GetOptions options = GetOptions.defaults().timeout(LONG).backlog(Backlog.hold(2));
    long shared = 0;
    try (Querier querier = pair.far().declareQuerier(asked.keyExpr(), options)) {
      assertTrue(querier.awaitMatchingQueryables(LONG));
      CopyLedger.Snapshot before = CopyLedger.snapshot();
      try (Replies replies = querier.get(asked.parameters(), options)) {
        for (Reply reply : replies) {
          if (reply instanceof Reply.Success success) {
            assertEquals(byteSize, success.sample().payloadByteSize());
            shared += success.sample().isSharedMemory() ? 1 : 0;
          }
        }
      }
      assertEquals(0, CopyLedger.snapshot().since(before).byteCount("zenoh.network"));
    }
    return shared;
  }

  @Test
  void whatIsClosedBeforeTheEndOfAnAnswerSaysSo() throws Exception {
    record(
        "long.mcap",
        McapWriterOptions.indexed(),
        writer -> {
          int frame = writer.addChannel(0, "robot/frame", "", Map.of());
          for (int i = 0; i < 200; i++) {
            writer.write(frame, i, i, i, SegmentedBytes.copyOf(new byte[1 << 20]));
          }
        });
    RecordingStorage storage = storage("long.mcap", StorageOptions.defaults());
    Selector asked = Selector.of("robot/frame?_time=[..]");
    GetOptions options = GetOptions.defaults().timeout(LONG).backlog(Backlog.hold(1));
    try (storage;
        Querier querier = pair.far().declareQuerier(asked.keyExpr(), options)) {
      assertTrue(querier.awaitMatchingQueryables(LONG));
      try (Replies replies = querier.get(asked.parameters(), options)) {
        try (Reply first = replies.receive(LONG).orElseThrow()) {
          assertTrue(first instanceof Reply.Success);
        }
        Thread closing = Thread.ofPlatform().start(storage::close);
        String last = "";
        for (Reply reply : replies) {
          last = reply instanceof Reply.Failure failure ? failure.payload().copyToUtf8String() : "";
        }
        assertEquals("the storage was closed before the end of this answer", last);
        closing.join();
        assertTrue(storage.counts().replyCount() < 200);
      }
    }
  }

  private static final String ASK_FOR_A_TIME =
      "drive.mcap: it has keys without a channel of their own, whose samples are found by time"
          + " alone: ask for ?_time=[..]";

  /** Nobody knows then which sample of which key is the newest, and an older one is none. */
  @Test
  void aRecordingWithKeysWithoutAChannelSaysThatItMayHaveANewerOne() throws Exception {
    record(
        "drive.mcap",
        McapWriterOptions.indexed(),
        writer -> {
          int x = writer.addChannel(0, "robot/x", "", Map.of());
          int other = writer.addChannel(0, SampleChannel.SHARED_TOPIC, "", Map.of());
          write(writer, x, 11);
          SampleRecord extra =
              SampleRecord.NONE.of(
                  new SampleRecord.Reference(other, 12),
                  java.util.Optional.of(
                      SampleChannel.of(new McapChannel(0, 0, "robot/z", "", Map.of()))));
          writer.writePrivate(SampleRecord.OPCODE, extra.head(), SegmentedBytes.empty());
          write(writer, other, 12);
        });
    try (RecordingStorage storage = storage("drive.mcap", StorageOptions.defaults())) {
      assertEquals(List.of(ASK_FOR_A_TIME, "robot/x=t11@11"), asked("robot/x"));
      assertEquals(List.of(ASK_FOR_A_TIME), asked("robot/z"));
      assertEquals(List.of(ASK_FOR_A_TIME, "robot/x=t11@11"), asked("robot/**"));
      assertEquals(List.of("robot/z=t12@12"), asked("robot/z?" + time(10, 13)));
      assertEquals(3, storage.counts().replyCount());
    }
  }

  /** Whatever ends an answer, the next question is answered. */
  @Test
  void whatAnErrorEndedIsAnErrorAndTheNextIsAnswered() throws Exception {
    record(
        "drive.mcap",
        McapWriterOptions.indexed(),
        writer -> {
          int x = writer.addChannel(0, "robot/x", "", Map.of());
          int y = writer.addChannel(0, "robot/y", "", Map.of());
          writer.write(x, 1, SECOND, SECOND, SegmentedBytes.copyOf(new byte[200_000]));
          write(writer, y, 2);
        });
    dev.segue.bytes.LoanPool failing =
        new dev.segue.bytes.LoanPool() {
          @Override
          public java.util.Optional<dev.segue.bytes.Loan> tryLoan(long byteSize) {
            throw new AssertionError("a fault of the pool");
          }

          @Override
          public java.util.Optional<dev.segue.bytes.Loan> tryLoan(long byteSize, Duration time) {
            return tryLoan(byteSize);
          }

          @Override
          public long capacityByteSize() {
            return 1 << 20;
          }

          @Override
          public long availableByteSize() {
            return 1 << 20;
          }

          @Override
          public void close() {}
        };
    try (RecordingStorage _ =
        storage("drive.mcap", StorageOptions.defaults().jobs(1).loans(failing))) {
      assertEquals(List.of("java.lang.AssertionError: a fault of the pool"), asked("robot/x"));
      assertEquals(List.of("robot/y=t2@2"), asked("robot/y"));
    }
  }
}
