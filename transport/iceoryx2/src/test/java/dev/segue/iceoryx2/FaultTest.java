package dev.segue.iceoryx2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.segue.bytes.Loan;
import dev.segue.testkit.Peers;
import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Processes that are killed or stopped at any moment, and memory that is full. */
@EnabledOnOs(OS.LINUX)
class FaultTest extends NodeFixture {
  private static final byte OURS = 1;
  private static final byte THEIRS = 2;

  /** {@code -Dsegue.iceoryx2.kills=1000} kills as many. */
  private static final int KILLS = Integer.getInteger("segue.iceoryx2.kills", 10);

  /** {@code -Dsegue.iceoryx2.pauseMillis=10000} stops processes for as long. */
  private static final Duration PAUSE =
      Duration.ofMillis(Long.getLong("segue.iceoryx2.pauseMillis", 1_000));

  @Test
  void processesThatAreKilledAtAnyMomentHoldUpNobodyAndLeaveNothing() throws Exception {
    long seed = Long.getLong("segue.seed", System.nanoTime());
    Random random = new Random(seed);
    PublishSubscribe service = node.publishSubscribe(Restless.SERVICE, Restless.QOS);
    Publisher publisher = service.newPublisher(Restless.OPTIONS);
    Subscriber subscriber = service.newSubscriber();
    for (int kill = 0; kill < KILLS; kill++) {
      String at = "segue.seed=" + seed + " kill=" + kill;
      Sample kept;
      try (ChildJvm restless = ChildJvm.start("restless", prefix, Byte.toString(THEIRS))) {
        assertEquals("going", restless.line(), at);
        kept = talk(publisher, subscriber, 1 + random.nextInt(20));
        restless.kill();
        assertEquals(List.of(), restless.furtherLines(), at);
      }
      assertEquals(new Node.CleanUp(1, 0), node.cleanUpDeadNodes(), at);
      assertEquals(1, service.publisherCount(), at);
      assertEquals(1, service.subscriberCount(), at);
      drain(subscriber);
      for (int i = 0; i < 10; i++) {
        assertEquals(new Delivery(1, 0), Restless.send(publisher, OURS), at);
        drain(subscriber);
        assertEquals(THEIRS, Restless.valueOf(kept), at);
      }
      kept.close();
      assertEquals(publisher.capacityByteSize(), publisher.availableByteSize(), at);
    }
  }

  /** Sends and receives until so many messages of the other came; the last one is open. */
  private static Sample talk(Publisher publisher, Subscriber subscriber, int count)
      throws IceoryxException, InterruptedException {
    int theirs = 0;
    for (int received = 0; received < 10_000; received++) {
      Sample sample = subscriber.receive(Nodes.LONG).orElseThrow();
      if (Restless.valueOf(sample) == OURS) {
        sample.close();
        continue;
      }
      if (++theirs == count) {
        return sample;
      }
      sample.close();
      Restless.send(publisher, OURS);
    }
    throw new AssertionError("theirs=" + theirs + " of " + count);
  }

  private static void drain(Subscriber subscriber) throws IceoryxException {
    int count;
    do {
      count = subscriber.poll(Restless::valueOf, 100);
    } while (count > 0);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aReaderThatIsStoppedKeepsItsSampleAndTheServicesPolicyHolds(boolean safeOverflow)
      throws Exception {
    Qos qos = ChildMain.settings(2).withSafeOverflow(safeOverflow);
    Publisher publisher =
        node.publishSubscribe(ChildMain.SERVICE, qos)
            .newPublisher(ChildMain.FRAMES.withPatience(Duration.ofMillis(1)));
    try (ChildJvm reader = ChildJvm.start("stopped", prefix, Boolean.toString(safeOverflow))) {
      assertEquals("open", reader.line());
      assertEquals(new Delivery(1, 0), ProcessTest.send(publisher, 10));
      assertEquals("reading 10", reader.line());
      signal("-STOP", reader);
      assertEquals(new Node.CleanUp(0, 0), node.cleanUpDeadNodes());
      for (int i = 11; i <= 20; i++) {
        boolean fits = safeOverflow || i <= 12;
        assertEquals(
            fits ? new Delivery(1, 0) : new Delivery(0, 1), ProcessTest.send(publisher, i));
      }
      Thread.sleep(PAUSE);
      assertEquals(new Node.CleanUp(0, 0), node.cleanUpDeadNodes());
      signal("-CONT", reader);
      reader.tell("look again");
      assertEquals("still 10", reader.line());
      int first = safeOverflow ? 19 : 11;
      assertEquals("waited " + first, reader.line());
      assertEquals("waited " + (first + 1), reader.line());
      assertEquals("had 2", reader.line());
      assertEquals(new Delivery(1, 0), ProcessTest.send(publisher, 21));
      reader.kill();
    }
    assertEquals(new Node.CleanUp(1, 0), node.cleanUpDeadNodes());
  }

  /** However long it would wait for one that lives. */
  @Test
  void aReaderThatIsKilledHoldsUpNoPublisherThatWaits() throws Exception {
    Publisher publisher =
        node.publishSubscribe(ChildMain.SERVICE, ChildMain.settings(2).withSafeOverflow(false))
            .newPublisher(ChildMain.FRAMES.withPatience(Duration.ofHours(1)));
    try (ChildJvm reader = ChildJvm.start("stopped", prefix, "false")) {
      assertEquals("open", reader.line());
      assertEquals(new Delivery(1, 0), ProcessTest.send(publisher, 10));
      assertEquals("reading 10", reader.line());
      signal("-STOP", reader);
      assertEquals(new Delivery(1, 0), ProcessTest.send(publisher, 11));
      assertEquals(new Delivery(1, 0), ProcessTest.send(publisher, 12));
      CompletableFuture<Delivery> waiting = new CompletableFuture<>();
      // A thread of its own: one that waits in the core can't be interrupted.
      Thread.ofPlatform()
          .daemon()
          .start(
              () -> {
                try {
                  waiting.complete(ProcessTest.send(publisher, 13));
                } catch (Throwable e) {
                  waiting.completeExceptionally(e);
                }
              });
      Thread.sleep(PAUSE);
      assertFalse(waiting.isDone());
      reader.kill();
      assertEquals(new Delivery(0, 1), waiting.get(Nodes.LONG.toMillis(), TimeUnit.MILLISECONDS));
    }
    assertEquals(new Delivery(0, 0), ProcessTest.send(publisher, 14));
    assertEquals(new Node.CleanUp(0, 0), node.cleanUpDeadNodes());
  }

  /** As a pause of its garbage collector does. */
  @Test
  void aPublisherThatStandsStillIsNotTakenForDeadAndGoesOn() throws Exception {
    PublishSubscribe service = node.publishSubscribe(Restless.SERVICE, Restless.QOS);
    Subscriber subscriber = service.newSubscriber();
    Publisher publisher = service.newPublisher(Restless.OPTIONS);
    try (ChildJvm restless = ChildJvm.start("restless", prefix, Byte.toString(THEIRS))) {
      assertEquals("going", restless.line());
      Sample kept = talk(publisher, subscriber, 5);
      signal("-STOP", restless);
      Thread.sleep(PAUSE);
      assertEquals(new Node.CleanUp(0, 0), node.cleanUpDeadNodes());
      assertEquals(2, service.publisherCount());
      assertEquals(THEIRS, Restless.valueOf(kept));
      signal("-CONT", restless);
      Sample further = talk(publisher, subscriber, 20);
      assertEquals(THEIRS, Restless.valueOf(kept));
      kept.close();
      further.close();
      restless.kill();
    }
    assertEquals(new Node.CleanUp(1, 0), node.cleanUpDeadNodes());
  }

  @Test
  void theCollectorTakesNothingOfWhatIsOpen() throws Exception {
    PublishSubscribe service =
        node.publishSubscribe("collected", Qos.defaults().withPorts(1, 1).withBuffer(2, 2));
    Publisher publisher = service.newPublisher(Restless.OPTIONS);
    Sample kept = received(service, publisher);
    Loan filled = publisher.loan(100);
    filled.segment().fill((byte) 5);
    for (int i = 0; i < 20; i++) {
      System.gc();
      Restless.send(publisher, THEIRS); // over the buffer of a subscriber that nobody refers to
      assertEquals(OURS, Restless.valueOf(kept));
      assertEquals(5, filled.segment().get(ValueLayout.JAVA_BYTE, 99));
    }
    filled.close();
    kept.close();
  }

  private static Sample received(PublishSubscribe service, Publisher publisher) throws Exception {
    Subscriber subscriber = service.newSubscriber();
    Restless.send(publisher, OURS);
    return subscriber.receive(Nodes.LONG).orElseThrow();
  }

  private static void signal(String signal, ChildJvm child) throws Exception {
    Peers.run("kill", signal, Long.toString(child.pid()));
  }

  @Test
  void fullSharedMemoryIsAnErrorAndWhatWasTakenBeforeCanBeWritten() throws Exception {
    assumeTrue(canMount(), "no right to mount a file system of its own");
    String small = "mount -t tmpfs -o size=64m none /dev/shm && exec \"$@\"";
    List<String> inSmall = List.of("unshare", "-rm", "sh", "-c", small, "sh");
    try (ChildJvm child = ChildJvm.startIn(inSmall, "full", Nodes.newPrefix())) {
      for (String line :
          List.of(
              "connection: SHARED_MEMORY",
              "sent 20",
              "publisher: SHARED_MEMORY",
              "subscriber: SHARED_MEMORY",
              "service: SHARED_MEMORY",
              "events: SHARED_MEMORY",
              "node: SHARED_MEMORY",
              "left []")) {
        assertEquals(line, child.line());
      }
      assertEquals(0, child.exitCode());
    }
  }

  @Test
  void whatLacksDescriptorsToBeConnectedIsAnErrorAndNoSilence() throws Exception {
    List<String> withFew = List.of("sh", "-c", "ulimit -n 150 && exec \"$@\"", "sh");
    String few = Nodes.newPrefix();
    try (ChildJvm child = ChildJvm.startIn(withFew, "descriptors", few)) {
      for (String line :
          List.of(
              "service: SERVICE",
              "receive: RECEIVE",
              "subscriber: PORT",
              "received 2",
              "received 1",
              "closed")) {
        assertEquals(line, child.line());
      }
      assertEquals(0, child.exitCode());
    }
    Nodes.assertNothingLeft(few);
  }

  @Test
  void aFolderThatCannotBeWrittenToIsNamed() throws Exception {
    assumeTrue(canMount(), "no right to mount a file system of its own");
    String readOnly = "mount -t tmpfs -o ro none /tmp/iceoryx2 && exec \"$@\"";
    List<String> inReadOnly = List.of("unshare", "-rm", "sh", "-c", readOnly, "sh");
    String unused = Nodes.newPrefix();
    try (ChildJvm child = ChildJvm.startIn(inReadOnly, "settings", unused)) {
      assertEquals(1, child.exitCode());
      String said = String.join("\n", child.furtherLines());
      assertTrue(said.contains("its files lie in /tmp/iceoryx2/"), said);
    }
    Nodes.assertNothingLeft(unused);
  }

  @Test
  void aServiceOfAnotherVersionIsNamedSo() throws Exception {
    Qos qos = Qos.defaults();
    PublishSubscribe service = node.publishSubscribe("a", qos);
    List<Path> books = filesOf(".dynamic");
    assertFalse(books.isEmpty());
    List<Long> versions = new ArrayList<>();
    for (Path file : books) {
      versions.add(exchange(file, 7)); // the version of who made it comes first
    }
    try (Node other = Nodes.create(prefix)) {
      IceoryxException refused =
          assertThrows(IceoryxException.class, () -> other.publishSubscribe("a", qos));
      assertEquals(IceoryxException.Kind.SERVICE, refused.kind());
      String message = String.valueOf(refused.getMessage());
      assertTrue(message.contains("versions don't interoperate"), message);
    }
    for (int i = 0; i < books.size(); i++) {
      exchange(books.get(i), versions.get(i));
    }
    try (Node other = Nodes.create(prefix)) {
      other.publishSubscribe("a", qos);
    }
    service.close();
  }

  private List<Path> filesOf(String ending) throws IOException {
    try (Stream<Path> files = Files.list(Path.of("/dev/shm"))) {
      return files
          .filter(file -> String.valueOf(file.getFileName()).startsWith(prefix))
          .filter(file -> file.toString().endsWith(ending))
          .toList();
    }
  }

  /** Writes the first number of a file; what it was. */
  private static long exchange(Path file, long value) throws IOException {
    try (FileChannel channel =
            FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        Arena arena = Arena.ofConfined()) {
      MemorySegment first = channel.map(FileChannel.MapMode.READ_WRITE, 0, Long.BYTES, arena);
      long before = first.get(ValueLayout.JAVA_LONG, 0);
      first.set(ValueLayout.JAVA_LONG, 0, value);
      return before;
    }
  }

  @Test
  void anotherUserIsToldWhoseTheFilesAre(@TempDir Path folder) throws Exception {
    List<String> asNobody =
        List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--");
    List<String> probe = new ArrayList<>(asNobody);
    probe.add("true");
    assumeTrue(
        Peers.runs(probe.toArray(String[]::new)), "only root can run a process as another user");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    String unused = Nodes.newPrefix();
    try (ChildJvm child = ChildJvm.startWith(readableBy(folder), asNobody, "settings", unused)) {
      assertEquals(1, child.exitCode());
      String said = String.join("\n", child.furtherLines());
      assertTrue(said.contains("one user has it for himself, the first to make a node"), said);
    }
    Nodes.assertNothingLeft(unused);
  }

  /** The class path, copied to where all users can read it. */
  private static String readableBy(Path folder) throws IOException {
    List<String> copied = new ArrayList<>();
    String[] entries = ChildJvm.classPath().split(File.pathSeparator, -1);
    for (int i = 0; i < entries.length; i++) {
      Path entry = Path.of(entries[i]);
      if (!Files.exists(entry)) {
        continue;
      }
      Path target = folder.resolve(i + "-" + entry.getFileName());
      try (Stream<Path> files = Files.walk(entry)) {
        for (Path file : files.toList()) {
          Path copy = file.equals(entry) ? target : target.resolve(entry.relativize(file));
          Files.copy(file, copy);
          Files.setPosixFilePermissions(
              copy,
              PosixFilePermissions.fromString(Files.isDirectory(copy) ? "rwxr-xr-x" : "rw-r--r--"));
        }
      }
      copied.add(target.toString());
    }
    return String.join(File.pathSeparator, copied);
  }

  private static boolean canMount() throws InterruptedException {
    return Peers.runs("unshare", "-rm", "mount", "-t", "tmpfs", "none", "/dev/shm");
  }
}
