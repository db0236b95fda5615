package dev.segue.recording;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.mcap.McapCompression;
import dev.segue.mcap.McapMessage;
import dev.segue.mcap.McapReader;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.s3.S3Server;
import dev.segue.testkit.ChildProcess;
import dev.segue.testkit.Seeds;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Session;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Recordings through a spool: rotated, stored late, killed, dropped for want of room. */
@Timeout(120)
class SpoolTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final KeyExpr ALL = KeyExpr.of("robot/**");

  @TempDir Path directory;

  @BeforeAll
  static void setCredentials() {
    System.setProperty("aws.accessKeyId", "test");
    System.setProperty("aws.secretAccessKey", "testtest");
  }

  private static SegmentedBytes random(int byteSize, long seed) {
    byte[] bytes = new byte[byteSize];
    new SplittableRandom(seed).nextBytes(bytes);
    return SegmentedBytes.copyOf(bytes);
  }

  private static Publisher matched(Session session, String key) throws Exception {
    Publisher publisher = session.declarePublisher(KeyExpr.of(key), PublisherOptions.blocking());
    assertTrue(publisher.awaitMatchingSubscribers(LONG));
    return publisher;
  }

  private SpoolTarget inFolder() {
    return new SpoolTarget.InFolder(directory, "drive.mcap");
  }

  private Spool open(SpoolOptions options) throws IOException {
    return Spool.open(Spool.directoryIn(directory), inFolder(), options);
  }

  private static List<Long> sequencesIn(ObjectStore store, String key) throws IOException {
    List<Long> all = new ArrayList<>();
    try (McapReader reader = McapReader.open(store.read(key))) {
      for (var next = reader.next(); next.isPresent(); next = reader.next()) {
        try (McapMessage message = next.get()) {
          all.add(message.data().reader().readLong());
        }
      }
      assertEquals(Optional.empty(), reader.truncation(), key);
    }
    return all;
  }

  private static SegmentedBytes numbered(long number, int byteSize) {
    byte[] bytes = random(byteSize, number).copyToByteArray();
    for (int i = 0; i < 8; i++) {
      bytes[i] = (byte) (number >> (8 * i));
    }
    return SegmentedBytes.copyOf(bytes);
  }

  @Test
  void aRecordingIsRotatedAndLosesNothing() throws Exception {
    try (Pair pair = Pair.open();
        ObjectStore store = ObjectStore.open(directory.toUri().toString());
        Spool spool = open(SpoolOptions.defaults())) {
      RecorderOptions options =
          RecorderOptions.defaults()
              .messageLimit(60)
              .rotation(Rotation.never().byteSize(2_000_000))
              .compression(McapCompression.ZSTD);
      try (Recorder recorder = Recorder.start(pair.far(), ALL, spool, options);
          Publisher publisher = matched(pair.near(), "robot/x")) {
        for (int i = 0; i < 60; i++) {
          publisher.put(numbered(i, i % 2 == 0 ? 200_000 : 100));
          if (i == 30) {
            while (recorder.counts().messageCount() < 31) {
              Thread.sleep(1);
            }
            recorder.rotate();
          }
        }
        assertTrue(recorder.awaitEnd(LONG));
        recorder.finish();
        assertEquals(60, recorder.counts().messageCount());
      }
      assertTrue(spool.awaitStored(LONG), () -> spool.state().toString());
      List<String> names = spool.state().stored();
      assertTrue(names.size() >= 4, names::toString);
      assertEquals("drive.mcap", names.getFirst());
      assertEquals("drive-0001.mcap", names.get(1));
      List<Long> all = new ArrayList<>();
      for (String name : names) {
        all.addAll(sequencesIn(store, name));
      }
      assertEquals(LongStream.range(0, 60).boxed().toList(), all);
    }
    assertFalse(Files.exists(Spool.directoryIn(directory)));
  }

  /** A process that is killed then loses none of them. */
  @Test
  void messagesOfASlowTopicAreOnTheDiskSoon() throws Exception {
    Path spoolFolder = Spool.directoryIn(directory);
    try (Pair pair = Pair.open();
        Spool spool = open(SpoolOptions.defaults());
        Recorder recorder = Recorder.start(pair.far(), ALL, spool, RecorderOptions.defaults());
        Publisher publisher = matched(pair.near(), "robot/x")) {
      for (int i = 0; i < 5; i++) {
        publisher.put(numbered(i, 100));
      }
      List<Long> found = List.of();
      while (found.size() < 5) {
        Thread.sleep(20);
        found = new ArrayList<>();
        Path copy = directory.resolve("copy");
        try (var files = Files.list(spoolFolder)) {
          Path data =
              files.filter(file -> file.toString().endsWith(".mcap")).findFirst().orElseThrow();
          Files.write(copy, Files.readAllBytes(data));
        }
        try (ObjectStore store = ObjectStore.open(directory.toUri().toString());
            McapReader reader = McapReader.open(store.read("copy"))) {
          for (var next = reader.next(); next.isPresent(); next = reader.next()) {
            try (McapMessage message = next.get()) {
              found.add(message.data().reader().readLong());
            }
          }
        } catch (IOException e) {
          // It has no header yet.
          found = List.of();
        }
      }
      assertEquals(List.of(0L, 1L, 2L, 3L, 4L), found);
      assertEquals(5, recorder.counts().messageCount());
    }
  }

  @Test
  void aNameThatIsTakenIsNotReplaced() throws Exception {
    Path taken = Files.writeString(directory.resolve("drive.mcap"), "yesterday's");
    try (Pair pair = Pair.open();
        Spool spool = open(SpoolOptions.defaults())) {
      recordOne(pair, spool);
      assertTrue(spool.awaitStored(LONG));
      assertEquals(List.of("drive-0001.mcap"), spool.state().stored());
    }
    assertEquals("yesterday's", Files.readString(taken));
  }

  static void recordOne(Pair pair, Spool spool) throws Exception {
    try (Recorder recorder =
            Recorder.start(pair.far(), ALL, spool, RecorderOptions.defaults().messageLimit(1));
        Publisher publisher = matched(pair.near(), "robot/x")) {
      publisher.put(numbered(1, 1000));
      assertTrue(recorder.awaitEnd(LONG));
      assertEquals(1, recorder.finish().messageCount());
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      return socket.getLocalPort();
    }
  }

  @Test
  void aStoreThatIsAwayGetsItAllWhenItIsBack() throws Exception {
    int port = freePort();
    String away = "s3://" + S3Server.BUCKET + "?region=us-east-1&endpoint=http://127.0.0.1:" + port;
    Path folder = directory.resolve("spool");
    try (Pair pair = Pair.open()) {
      try (ObjectStore store = ObjectStore.open(away);
          Spool spool =
              Spool.open(
                  folder,
                  new SpoolTarget.InStore(store, "bucket", "drive.mcap"),
                  SpoolOptions.defaults())) {
        recordOne(pair, spool);
        assertFalse(spool.awaitStored(Duration.ofSeconds(2)));
        assertEquals(1, spool.waitingFiles().size());
      }
      assertEquals(List.of("bucket"), Spool.locationsIn(folder));
    }
    try (S3Server server = new S3Server();
        ObjectStore store =
            ObjectStore.open(
                "s3://" + S3Server.BUCKET + "?region=us-east-1&endpoint=" + server.endpoint())) {
      try (Spool spool =
          Spool.open(
              folder,
              new SpoolTarget.InStore(store, "bucket", "other.mcap"),
              SpoolOptions.defaults())) {
        assertTrue(spool.awaitStored(LONG), () -> spool.state().toString());
        assertEquals(List.of("drive.mcap"), spool.state().stored());
      }
      assertEquals(List.of(1L), sequencesIn(store, "drive.mcap"));
      assertEquals(List.of(), Spool.locationsIn(folder));
    }
  }

  /** Each kill at the wrong moment left one for ever, and the hidden folder with it. */
  @Test
  void whatAKilledRecorderLeavesBesideItsRecordingsIsRemoved() throws Exception {
    Path folder = Files.createDirectories(Spool.directoryIn(directory));
    String prefix = ".segue-part-recording-";
    FileTime old = FileTime.from(Instant.now().minusSeconds(120));
    for (String scrap :
        List.of(
            "1.properties",
            "2.properties.next",
            "3.mcap.new",
            "3.properties",
            "4.mcap.new",
            "8.mcap.damaged.next")) {
      Path path = Files.writeString(folder.resolve(prefix + scrap), "");
      Files.setLastModifiedTime(path, old);
    }
    Set<String> kept = new TreeSet<>();
    for (String other : List.of("5.properties", "5.mcap.journal", "6.mcap.damaged", "note")) {
      Path path = Files.writeString(folder.resolve(prefix + other), "");
      Files.setLastModifiedTime(path, old);
      kept.add(prefix + other);
    }
    String young = prefix + "7.properties.next";
    Files.writeString(folder.resolve(young), "");
    kept.add(young);
    // The data of a note goes first, and what it was locked by.
    for (int i = 0; i < 2; i++) {
      open(SpoolOptions.defaults()).close();
    }
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(
          kept,
          left.map(path -> path.getFileName().toString())
              .collect(Collectors.toCollection(TreeSet::new)));
    }
  }

  private static long openIn(Path folder) throws IOException {
    Path real = folder.toRealPath();
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      return open.filter(link -> isBelow(link, real)).count();
    }
  }

  private static boolean isBelow(Path link, Path folder) {
    try {
      return Files.readSymbolicLink(link).startsWith(folder);
    } catch (IOException e) {
      return false; // that of the listing itself
    }
  }

  /**
   * A file descriptor for each that waits: after a night of rotated files without the store the
   * process had no more, and what came was lost.
   */
  @Test
  @EnabledOnOs(OS.LINUX)
  void filesThatWaitAreNotKeptOpen() throws Exception {
    int count = 200;
    Path folder = directory.resolve("spool");
    Path there = Files.createDirectory(directory.resolve("there"));
    Path inTheWay = Files.writeString(there.resolve("day"), "no folder");
    try (ObjectStore store = ObjectStore.open(there.toUri().toString())) {
      SpoolTarget target = new SpoolTarget.InStore(store, "there", "day/drive.mcap");
      try (Spool spool = Spool.open(folder, target, SpoolOptions.defaults())) {
        recordNothing(spool, count);
        assertFewOpen(folder);
      }
      try (Spool spool = Spool.open(folder, target, SpoolOptions.defaults())) {
        assertFewOpen(folder);
        recordNothing(spool, count);
        assertFewOpen(folder);
        Files.delete(inTheWay);
        assertTrue(spool.awaitStored(LONG), () -> spool.state().toString());
        assertEquals(count, spool.state().storedCount());
      }
      try (var stored = store.objects("")) {
        assertEquals(count, stored.count());
      }
    }
    assertEquals(0, openIn(folder));
    assertEquals(List.of(), Spool.locationsIn(folder));
  }

  private static void recordNothing(Spool spool, int fileCount) throws IOException {
    try (Recording recording =
        new Recording(ALL, spool.destination(), RecorderOptions.defaults())) {
      for (int i = 0; i < fileCount; i++) {
        recording.begin();
        recording.endFile();
      }
    }
  }

  private static void assertFewOpen(Path folder) throws IOException {
    long open = openIn(folder);
    assertTrue(open <= 70, () -> "open=" + open);
  }

  @Test
  void whatHasNoRoomIsLostAndCounted() throws Exception {
    try (Pair pair = Pair.open();
        Spool spool = open(SpoolOptions.defaults().byteSizeLimit(1_000_000))) {
      try (Recorder recorder = Recorder.start(pair.far(), ALL, spool, RecorderOptions.defaults());
          Publisher publisher = matched(pair.near(), "robot/x")) {
        for (int i = 0; i < 10; i++) {
          publisher.put(numbered(i, 300_000));
        }
        while (recorder.counts().messageCount() + recorder.counts().lostCount() < 10) {
          Thread.sleep(1);
        }
        recorder.finish();
        assertEquals(7, recorder.counts().lostCount());
      }
      assertTrue(spool.awaitStored(LONG));
    }
    try (ObjectStore store = ObjectStore.open(directory.toUri().toString())) {
      assertEquals(List.of(0L, 1L, 2L), sequencesIn(store, "drive.mcap"));
    }
  }

  @Test
  void theOldestFilesMakeRoomWhereThatIsAskedFor() throws Exception {
    String nowhere =
        "s3://bucket?region=us-east-1&anonymous=true&endpoint=http://127.0.0.1:" + freePort();
    Path folder = directory.resolve("spool");
    SpoolOptions options =
        SpoolOptions.defaults()
            .byteSizeLimit(2_000_000)
            .overflow(SpoolOptions.Overflow.DROP_OLDEST);
    try (Pair pair = Pair.open();
        ObjectStore away = ObjectStore.open(nowhere);
        Spool spool =
            Spool.open(folder, new SpoolTarget.InStore(away, nowhere, "d.mcap"), options)) {
      try (Recorder recorder =
              Recorder.start(pair.far(), ALL, spool, RecorderOptions.defaults().messageLimit(40));
          Publisher publisher = matched(pair.near(), "robot/x")) {
        for (int i = 0; i < 40; i++) {
          publisher.put(numbered(i, 100_000));
        }
        assertTrue(recorder.awaitEnd(LONG));
        recorder.finish();
        Recorder.Counts counts = recorder.counts();
        assertEquals(40, counts.messageCount());
        assertTrue(counts.lostCount() >= 20 && counts.lostCount() < 40, counts::toString);
        assertTrue(spool.state().waitingByteSize() <= 2_000_000);
      }
    }
  }

  @Test
  void keysBeyondTheChannelsOfAFileShareOne() throws Exception {
    try (Pair pair = Pair.open();
        ObjectStore store = ObjectStore.open(directory.toUri().toString());
        Spool spool = open(SpoolOptions.defaults())) {
      try (Recording recording =
              new Recording(
                  ALL,
                  spool.destination(),
                  RecorderOptions.defaults(),
                  2,
                  1 << 20,
                  Long.MAX_VALUE);
          var subscriber = pair.far().declareSubscriber(ALL)) {
        recording.begin();
        for (int i = 0; i < 6; i++) {
          try (Publisher publisher = matched(pair.near(), "robot/k" + i)) {
            publisher.put(numbered(i, 100 + i));
            try (Sample sample = subscriber.receive(LONG).orElseThrow()) {
              recording.record(sample);
            }
          }
        }
        assertEquals(6, recording.finish().messageCount());
      }
      assertTrue(spool.awaitStored(LONG));
      assertEquals(List.of(0L, 1L, 2L, 3L, 4L, 5L), sequencesIn(store, "drive.mcap"));
      try (var subscriber = pair.far().declareSubscriber(ALL);
          Player player =
              Player.open(
                  pair.near(),
                  store,
                  "drive.mcap",
                  PlayerOptions.defaults().rate(0).matchTimeout(LONG))) {
        assertEquals(Optional.empty(), player.play());
        for (int i = 0; i < 6; i++) {
          try (Sample sample = subscriber.receive(LONG).orElseThrow()) {
            assertEquals("robot/k" + i, sample.keyExpr().toString());
            assertEquals(numbered(i, 100 + i), sample.payload());
          }
        }
      }
    }
  }

  /** Records with a child process that is killed at a random moment; what it stored is checked. */
  @Test
  void aRecorderThatIsKilledLosesNothingThatWasFlushed() throws Exception {
    long seed = Seeds.of("SpoolTest.killed");
    SplittableRandom random = new SplittableRandom(seed);
    for (int round = 0; round < 3; round++) {
      Path folder = Files.createDirectory(directory.resolve("round" + round));
      Map<Long, Long> sent = new HashMap<>();
      long seen = 0;
      try (Session session = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"))) {
        Process process = child(folder, session.locators().getFirst());
        try (BufferedReader lines = process.inputReader();
            Publisher publisher = matched(session, "robot/x")) {
          int count = 10 + random.nextInt(30);
          for (int i = 0; i < count; i++) {
            SegmentedBytes payload = numbered(i, 70_000 + random.nextInt(300_000));
            sent.put((long) i, crc(payload));
            publisher.put(payload);
          }
          long least = random.nextInt(count);
          while (seen < least) {
            seen = Long.parseLong(lines.readLine());
          }
        } finally {
          process.destroyForcibly();
          process.waitFor();
        }
      }
      try (Spool spool =
              Spool.open(
                  Spool.directoryIn(folder),
                  new SpoolTarget.InFolder(folder, "drive.mcap"),
                  SpoolOptions.defaults());
          ObjectStore store = ObjectStore.open(folder.toUri().toString())) {
        assertTrue(spool.awaitStored(LONG), () -> spool.state().toString());
        long next = 0;
        if (Files.exists(folder.resolve("drive.mcap"))) {
          try (McapReader reader = McapReader.open(store.read("drive.mcap"))) {
            for (var read = reader.next(); read.isPresent(); read = reader.next()) {
              try (McapMessage message = read.get()) {
                assertEquals(next, message.data().reader().readLong());
                assertEquals(sent.get(next), crc(message.data()));
                next++;
              }
            }
            assertEquals(Optional.empty(), reader.truncation());
          }
        }
        assertTrue(next >= seen, "kept=" + next + " seen=" + seen);
      }
    }
  }

  private static long crc(SegmentedBytes bytes) {
    CRC32 crc = new CRC32();
    crc.update(bytes.copyToByteArray());
    return crc.getValue();
  }

  private static Process child(Path folder, String endpoint) throws IOException {
    return new ProcessBuilder(ChildProcess.java(SpoolChild.class, folder.toString(), endpoint))
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }
}
