package dev.segue.iceoryx2;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.segue.bytes.Loan;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Things that are closed while other threads use them. */
@EnabledOnOs(OS.LINUX)
class CloseTest {
  /** {@code -Dsegue.iceoryx2.closes=2000} closes as often. */
  private static final int ROUND_COUNT = Integer.getInteger("segue.iceoryx2.closes", 40);

  private static final int SIZE = 10_000;

  /** {@code -Dsegue.iceoryx2.nodes=10000} opens and closes as many. */
  private static final int NODES = Integer.getInteger("segue.iceoryx2.nodes", 200);

  private String prefix = "";

  @BeforeEach
  void newPrefix() {
    prefix = Nodes.newPrefix();
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    Nodes.assertNothingLeft(prefix);
  }

  private interface Step {
    void run() throws Exception;
  }

  /** Repeats a step on a thread of its own until what it uses is closed. */
  private static CompletableFuture<Boolean> untilClosed(CountDownLatch begun, Step step) {
    CompletableFuture<Boolean> ended = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              begun.countDown();
              try {
                while (true) {
                  step.run();
                }
              } catch (IllegalStateException _) {
                ended.complete(true);
              } catch (Throwable e) {
                ended.completeExceptionally(e);
              }
            });
    return ended;
  }

  @Test
  void whatIsClosedDuringUseIsAnExceptionForWhoUsesIt() throws Exception {
    for (int round = 0; round < ROUND_COUNT; round++) {
      Node node = Nodes.create(prefix);
      PublishSubscribe service =
          node.publishSubscribe("a", Qos.defaults().withPorts(1, 1).withSafeOverflow(true));
      Publisher publisher = service.newPublisher(PublisherOptions.of(SIZE));
      Subscriber subscriber = service.newSubscriber();
      Sample shared = first(publisher, subscriber);
      MemorySegment memory = shared.payload().segments().getFirst();
      CountDownLatch begun = new CountDownLatch(4);
      List<CompletableFuture<Boolean>> users =
          List.of(
              untilClosed(begun, () -> send(publisher)),
              untilClosed(begun, () -> receive(subscriber)),
              untilClosed(begun, () -> assertEquals(7, memory.get(ValueLayout.JAVA_BYTE, 9))),
              untilClosed(begun, node::cleanUpDeadNodes));
      begun.await();
      List<AutoCloseable> all = new ArrayList<>(List.of(publisher, subscriber, shared, node));
      for (int i = 0; i < all.size(); i++) {
        all.get((i + round) % all.size()).close();
      }
      for (CompletableFuture<Boolean> user : users) {
        assertEquals(true, user.get(Nodes.LONG.toSeconds(), TimeUnit.SECONDS));
      }
    }
  }

  private static Sample first(Publisher publisher, Subscriber subscriber) throws Exception {
    send(publisher);
    return subscriber.receive(Nodes.LONG).orElseThrow();
  }

  private static void send(Publisher publisher) throws IceoryxException {
    try (Loan loan = publisher.loan(SIZE)) {
      loan.segment().fill((byte) 7);
      publisher.send(loan);
    }
  }

  private static void receive(Subscriber subscriber) throws Exception {
    try (Sample sample = subscriber.receive(Duration.ofMillis(1)).orElse(null)) {
      if (sample != null) {
        assertEquals(7, sample.payload().segments().getFirst().get(ValueLayout.JAVA_BYTE, 5));
      }
    }
  }

  @Test
  void nodesThatAreClosedLeaveNoFileOpen() throws Exception {
    openAndClose(); // what the process keeps for good
    long before = openFileCount();
    for (int i = 0; i < NODES; i++) {
      openAndClose();
    }
    assertEquals(before, openFileCount());
  }

  private void openAndClose() throws Exception {
    try (Node node = Nodes.create(prefix)) {
      PublishSubscribe service = node.publishSubscribe("a", Qos.defaults().withPorts(1, 1));
      Publisher publisher = service.newPublisher(PublisherOptions.of(SIZE));
      first(publisher, service.newSubscriber()).close();
    }
  }

  private static long openFileCount() {
    try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
      return files.filter(CloseTest::isOfTheCore).count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isOfTheCore(Path file) {
    try {
      String target = Files.readSymbolicLink(file).toString();
      return target.startsWith("/dev/shm") || target.startsWith("/tmp/iceoryx2");
    } catch (IOException _) {
      return false; // closed meanwhile
    }
  }
}
