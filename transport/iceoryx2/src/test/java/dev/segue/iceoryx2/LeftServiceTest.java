package dev.segue.iceoryx2;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.segue.bytes.Loan;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a process leaves that is killed while it makes a service, or ends one. */
@EnabledOnOs(OS.LINUX)
@Timeout(120)
class LeftServiceTest {
  private static final Path SHARED_MEMORY = Path.of("/dev/shm");
  private static final Path SERVICES = Path.of("/tmp/iceoryx2/services");
  private static final String KEPT = ".kept";

  private String prefix = "";

  @BeforeEach
  void choose() {
    prefix = Nodes.newPrefix();
  }

  @AfterEach
  void check() throws IOException {
    assertEquals(List.of(), files(SERVICES, ""));
    Nodes.assertNothingLeft(prefix);
  }

  private List<Path> files(Path folder, String suffix) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith(prefix))
          .filter(file -> file.toString().endsWith(suffix))
          .toList();
    }
  }

  /** How far it came. */
  enum Left {
    /** The description of the service is not written. */
    UNWRITTEN,
    /** It is written, and there is no shared memory of the service, not yet or no more. */
    DESCRIPTION,
    /** That has no size. */
    EMPTY_BOOKS,
    /** The last node has left it. */
    ENDED_BOOKS
  }

  private static void open(Node node) throws IceoryxException {
    node.publishSubscribe("a/b", Qos.defaults());
    node.events("a/c", EventQos.defaults());
    node.requestResponse("a/d", RequestQos.defaults());
  }

  private static void allow(Path file, String permissions) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
  }

  private static void empty(Path file) throws IOException {
    allow(file, "rw-------");
    FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING).close();
  }

  @ParameterizedTest
  @EnumSource(Left.class)
  void aServiceThatAKilledProcessLeftIsMadeAnew(Left left) throws Exception {
    List<Path> kept = new ArrayList<>();
    try (Node node = Nodes.create(prefix)) {
      open(node);
      kept.addAll(files(SERVICES, ""));
      if (left.compareTo(Left.DESCRIPTION) > 0) {
        kept.addAll(files(SHARED_MEMORY, ".dynamic"));
      }
      for (Path file : kept) {
        Files.createLink(Path.of(file + KEPT), file);
      }
    }
    for (Path file : kept) {
      Files.move(Path.of(file + KEPT), file);
      boolean isDescription = file.startsWith(SERVICES);
      if (left == (isDescription ? Left.UNWRITTEN : Left.EMPTY_BOOKS)) {
        empty(file);
      }
      if (isDescription) {
        allow(file, left == Left.UNWRITTEN ? "rw-------" : "r--------");
      } else {
        allow(file, left == Left.EMPTY_BOOKS ? "-w-------" : "rw-------");
      }
    }
    try (Node node = Nodes.create(prefix);
        Node other = Nodes.create(prefix)) {
      open(node);
      open(other);
      PublishSubscribe service = node.publishSubscribe("a/b", Qos.defaults());
      Publisher publisher = service.newPublisher(PublisherOptions.of(8));
      Subscriber subscriber = other.publishSubscribe("a/b", Qos.defaults()).newSubscriber();
      Loan loan = publisher.loan(8);
      assertEquals(new Delivery(1, 0), publisher.send(loan));
      subscriber.tryReceive().orElseThrow().close();
    }
  }
}
