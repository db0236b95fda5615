package dev.segue.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.mcap.McapFormatException;
import dev.segue.mcap.McapMessage;
import dev.segue.mcap.McapReader;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.Relay;
import dev.segue.objectstore.s3.S3Server;
import dev.segue.testkit.Seeds;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.Session;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Commands that are killed at random moments and run again: in the end all bytes are there, and
 * nothing else. {@code -Dsegue.kill.rounds=N} for more of it, {@code -Dsegue.seed=N} for the same.
 */
@Timeout(3600)
class KilledCommandsTest {
  private static final long RATE = 12L << 20;
  private static final int ROUNDS = Integer.getInteger("segue.kill.rounds", 1);
  private static final Duration LONG = Duration.ofSeconds(60);

  private static S3Server server;

  @TempDir Path folder;
  private final SplittableRandom random;

  KilledCommandsTest() {
    long seed = Seeds.of("KilledCommandsTest");
    random = new SplittableRandom(seed);
  }

  @BeforeAll
  static void start() throws Exception {
    System.setProperty("aws.accessKeyId", "test");
    System.setProperty("aws.secretAccessKey", "testtest");
    server = new S3Server();
  }

  @AfterAll
  static void stop() {
    server.close();
    System.clearProperty("aws.accessKeyId");
    System.clearProperty("aws.secretAccessKey");
  }

  private static String at(String key, String endpoint) {
    return "s3://" + S3Server.BUCKET + "/" + key + "?region=us-east-1&endpoint=" + endpoint;
  }

  /** Runs a command, kills it at a random moment some times, and lets it end the last time. */
  private void runKilled(int killCount, String... arguments) throws Exception {
    for (int i = 0; i < killCount; i++) {
      try (SegueProcess process = SegueProcess.start(folder, arguments)) {
        Thread.sleep(400 + random.nextInt(1800));
        process.kill();
      }
    }
    try (SegueProcess process = SegueProcess.start(folder, arguments)) {
      assertEquals(0, process.await(), process.err());
    }
  }

  private byte[] random(int byteSize) {
    byte[] bytes = new byte[byteSize];
    random.nextBytes(bytes);
    return bytes;
  }

  @Test
  void anUploadAndADownloadThatAreKilledAreResumedByteForByte() throws Exception {
    try (Relay relay = new Relay(server.endpoint(), RATE)) {
      for (int round = 0; round < ROUNDS; round++) {
        byte[] content = random((20 << 20) + random.nextInt(10 << 20));
        Path file = Files.write(folder.resolve("from"), content);
        String uri = at("killed" + round, relay.endpoint());
        runKilled(3, "put", "--resume", "--part-size=5MiB", file.toString(), uri);
        Path back = folder.resolve("back");
        runKilled(2, "get", "--resume", uri, back.toString());
        assertArrayEquals(content, Files.readAllBytes(back));
        Files.delete(back);
      }
    }
    // One whose begin was answered after the kill is unknown to the journal; it has no part yet.
    assertEquals(0, server.unfinishedByteSize());
    assertEquals(List.of("from"), files());
  }

  @Test
  void aTreeWhoseCopyIsKilledIsWholeInTheEnd() throws Exception {
    try (Relay relay = new Relay(server.endpoint(), RATE)) {
      for (int round = 0; round < ROUNDS; round++) {
        Path tree = Files.createDirectories(folder.resolve("tree"));
        for (int i = 0; i < 12; i++) {
          Path file = tree.resolve("d" + i % 3).resolve("f" + i);
          Files.createDirectories(file.getParent());
          Files.write(file, random(random.nextInt(i % 4 == 0 ? 12 << 20 : 100_000)));
        }
        String uri = at("tree" + round, relay.endpoint());
        runKilled(3, "cp", "-r", "--resume", "--part-size=5MiB", tree.toString(), uri);
        Path back = folder.resolve("treeback");
        runKilled(2, "cp", "-r", "--resume", uri, back.toString());
        try (Stream<Path> files = Files.walk(tree)) {
          for (Path file : files.filter(Files::isRegularFile).toList()) {
            assertArrayEquals(
                Files.readAllBytes(file), Files.readAllBytes(back.resolve(tree.relativize(file))));
          }
        }
      }
    }
    // One whose begin was answered after the kill is unknown to the journal; it has no part yet.
    assertEquals(0, server.unfinishedByteSize());
    List<String> there = files().stream().filter(name -> name.startsWith("tree")).toList();
    assertFalse(there.stream().anyMatch(name -> name.contains("journaled")), there::toString);
    // A small file has no journal: what a kill leaves of it is for a sweep, a minute later at
    // least.
    assertEquals(
        24, there.stream().filter(name -> !name.contains(".segue-part-")).count(), there::toString);
  }

  /** What is there but the output of processes. */
  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> folder.relativize(file).toString())
          .filter(name -> !name.matches("(out|err)\\d+"))
          .sorted()
          .toList();
    }
  }

  @Test
  void aRecordingThatIsKilledIsCompletedByTheNextAndByRepair() throws Exception {
    try (Relay relay = new Relay(server.endpoint(), RATE)) {
      for (int round = 0; round < ROUNDS; round++) {
        record(relay, "drive" + round);
      }
    }
  }

  private void record(Relay relay, String name) throws Exception {
    String endpoint = Ports.freeEndpoint();
    String uri = at(name + ".mcap", relay.endpoint());
    String[] line = {
      "record",
      "robot/**",
      uri,
      "--no-scouting",
      "--zenoh-listen",
      endpoint,
      "--rotate-size",
      "3MiB"
    };
    List<Long> certain = new ArrayList<>();
    long next = 0;
    try (Session session = Session.open(Config.isolated().connect(endpoint));
        Publisher publisher =
            session.declarePublisher(KeyExpr.of("robot/x"), PublisherOptions.blocking())) {
      for (int i = 0; i < 3; i++) {
        try (SegueProcess process = SegueProcess.start(folder, line)) {
          assertTrue(publisher.awaitMatchingSubscribers(LONG));
          for (int left = 20 + random.nextInt(40); left > 0; left--) {
            certain.add(next);
            publisher.put(numbered(next++));
          }
          awaitWritten(name, certain);
          for (int left = random.nextInt(30); left > 0; left--) {
            publisher.put(numbered(next++));
          }
          Thread.sleep(random.nextInt(300));
          process.kill();
        }
        while (publisher.hasMatchingSubscribers()) {
          Thread.sleep(10);
        }
      }
    }
    try (SegueProcess repair = SegueProcess.start(folder, "recording", "repair")) {
      assertEquals(0, repair.await(), repair.err());
    }
    assertStored(name, certain, next);
  }

  /** Waits until messages are in files of the spool or stored, so that no kill loses them. */
  private void awaitWritten(String name, List<Long> numbers) throws Exception {
    TreeSet<Long> found = new TreeSet<>();
    try (ObjectStore store =
        ObjectStore.open(
            "s3://" + S3Server.BUCKET + "?region=us-east-1&endpoint=" + server.endpoint())) {
      while (!found.containsAll(numbers)) {
        Thread.sleep(50);
        // First these: one that is stored meanwhile is then seen there.
        try (Stream<Path> files = Files.walk(folder.resolve("state"))) {
          for (Path file : files.filter(each -> each.toString().endsWith(".mcap")).toList()) {
            addAll(found, file);
          }
        } catch (UncheckedIOException | NoSuchFileException e) {
          // It was stored meanwhile.
          continue;
        }
        for (var object : store.list(name, "", Optional.empty()).objects()) {
          try (McapReader reader = McapReader.open(store.read(object.key()))) {
            addAll(found, reader);
          } catch (ObjectStoreException e) {
            // The server lists a file before it notes its ETag, and under a name of its own while
            // it joins parts.
            assertTrue(
                Set.of(Reason.UNTRUSTWORTHY, Reason.NOT_FOUND).contains(e.reason()), e::toString);
          }
        }
      }
    }
  }

  private static void addAll(Set<Long> found, Path file) throws IOException {
    byte[] whole = Files.readAllBytes(file);
    Path copy = Files.createTempFile("killed", ".mcap");
    try (ObjectStore store =
        ObjectStore.open(
            Objects.requireNonNull(copy.toAbsolutePath().getParent()).toUri().toString())) {
      Files.write(copy, whole);
      try (McapReader reader = McapReader.open(store.read(copy.getFileName().toString()))) {
        addAll(found, reader);
      } catch (McapFormatException e) {
        // It has no header yet.
        return;
      }
    } finally {
      Files.delete(copy);
    }
  }

  private static void addAll(Set<Long> found, McapReader reader) throws IOException {
    for (var read = reader.next(); read.isPresent(); read = reader.next()) {
      try (McapMessage message = read.get()) {
        found.add(message.data().reader().readLong());
      }
    }
  }

  private void assertStored(String name, List<Long> certain, long end) throws Exception {
    TreeSet<Long> found = new TreeSet<>();
    try (ObjectStore store =
        ObjectStore.open(
            "s3://" + S3Server.BUCKET + "?region=us-east-1&endpoint=" + server.endpoint())) {
      var page = store.list(name, "", Optional.empty());
      for (var object : page.objects()) {
        try (McapReader reader = McapReader.open(store.read(object.key()))) {
          for (var read = reader.next(); read.isPresent(); read = reader.next()) {
            try (McapMessage message = read.get()) {
              long number = message.data().reader().readLong();
              assertEquals(numbered(number), message.data());
              assertTrue(found.add(number), () -> number + " is there twice");
            }
          }
          assertTrue(reader.truncation().isEmpty(), object.key());
        }
      }
    }
    assertTrue(found.isEmpty() || found.last() < end, found::toString);
    for (long number : certain) {
      assertTrue(found.contains(number), () -> "message " + number + " of " + found);
    }
  }

  private static SegmentedBytes numbered(long number) {
    byte[] bytes = new byte[150_000];
    new SplittableRandom(number).nextBytes(bytes);
    for (int i = 0; i < 8; i++) {
      bytes[i] = (byte) (number >> (8 * i));
    }
    return SegmentedBytes.copyOf(bytes);
  }
}
