package dev.segue.iceoryx2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.Loan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Two processes, of which one is killed. */
@EnabledOnOs(OS.LINUX)
class ProcessTest extends NodeFixture {
  private static final int LAST = ChildMain.FRAME_COUNT - 1;

  @Test
  void aPublisherIsKilledWhileItFillsAFrame() throws Exception {
    PublishSubscribe service = node.publishSubscribe(ChildMain.SERVICE, ChildMain.settings(2));
    Subscriber subscriber = service.newSubscriber();
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    Sample kept;
    try (ChildJvm publisher = ChildJvm.start("publish", prefix)) {
      letGo(publisher, subscriber);
      kept = receiveAll(subscriber);
      assertEquals("filling", publisher.line());
      publisher.kill();
    }
    assertEquals(LAST, ChildMain.value(kept));
    assertEquals(new Node.CleanUp(1, 0), node.cleanUpDeadNodes());
    assertEquals(0, service.publisherCount());
    try (ChildJvm publisher = ChildJvm.start("publish", prefix)) {
      letGo(publisher, subscriber);
      Sample last = receiveAll(subscriber);
      assertEquals("filling", publisher.line());
      assertEquals(LAST, ChildMain.value(kept));
      last.close();
      kept.close();
      publisher.kill();
    }
    assertEquals(new Node.CleanUp(1, 0), node.cleanUpDeadNodes());
    assertEquals(0, CopyLedger.snapshot().since(before).totalByteCount());
  }

  /** Connects, then lets the publisher begin. */
  private static void letGo(ChildJvm publisher, Subscriber subscriber) throws Exception {
    assertEquals("open", publisher.line());
    assertEquals(Optional.empty(), subscriber.tryReceive());
    publisher.tell("go");
  }

  /** All frames in order; the last one is open. */
  private static Sample receiveAll(Subscriber subscriber)
      throws IceoryxException, InterruptedException {
    for (int i = 0; i < LAST; i++) {
      try (Sample sample = subscriber.receive(Nodes.LONG).orElseThrow()) {
        assertEquals(i, ChildMain.value(sample));
      }
    }
    return subscriber.receive(Nodes.LONG).orElseThrow();
  }

  @Test
  void aSubscriberIsKilledWhileItReadsAFrame() throws Exception {
    PublishSubscribe service = node.publishSubscribe(ChildMain.SERVICE, ChildMain.settings(2));
    Publisher publisher = service.newPublisher(ChildMain.FRAMES);
    for (int round = 0; round < 2; round++) {
      try (ChildJvm subscriber = ChildJvm.start("subscribe", prefix)) {
        assertEquals("open", subscriber.line());
        assertEquals(new Delivery(1, 0), send(publisher, 10));
        assertEquals("reading 10", subscriber.line());
        // Its buffer is full when it dies.
        assertEquals(new Delivery(1, 0), send(publisher, 11));
        assertEquals(new Delivery(1, 0), send(publisher, 12));
        subscriber.kill();
      }
      assertEquals(new Node.CleanUp(1, 0), node.cleanUpDeadNodes());
      assertEquals(0, service.subscriberCount());
      for (int i = 0; i < 20; i++) {
        assertEquals(new Delivery(0, 0), send(publisher, i));
      }
      assertEquals(publisher.capacityByteSize(), publisher.availableByteSize());
    }
  }

  static Delivery send(Publisher publisher, int value) throws IceoryxException {
    Loan loan = publisher.loan(ChildMain.FRAME_BYTE_SIZE);
    ChildMain.fill(loan.segment(), value);
    return publisher.send(loan);
  }

  @Test
  void aRestartFindsNoServiceOfTheDead() throws Exception {
    try (ChildJvm dead = ChildJvm.start("settings", prefix)) {
      assertEquals("open", dead.line());
      dead.kill();
    }
    try (Node restarted = Nodes.create(prefix)) {
      Qos other = ChildMain.settings(2);
      PublishSubscribe service = restarted.publishSubscribe(ChildMain.SERVICE, other);
      assertEquals(other, service.qos());
      assertEquals(0, service.publisherCount());
      assertEquals(0, service.subscriberCount());
    }
  }

  @Test
  void aPlaceOfTheDeadIsFreeForWhoComesNext() throws Exception {
    PublishSubscribe service = node.publishSubscribe(ChildMain.SERVICE, ChildMain.settings(7));
    try (ChildJvm dead = ChildJvm.start("settings", prefix)) {
      assertEquals("open", dead.line());
      dead.kill();
    }
    service.newPublisher(PublisherOptions.of(1024));
    service.newSubscriber();
  }

  /** As where whoever cleans up is stopped in its midst, or killed: memory goes before names. */
  @Test
  void whatIsCleanedUpInPartKeepsNobodyFromComing() throws Exception {
    RequestResponse calls =
        node.requestResponse(ChildMain.SERVICE, RequestQos.defaults().withPorts(3, 3));
    Client client = calls.newClient(ClientOptions.of(8));
    Server server = calls.newServer(ServerOptions.of(8));
    PublishSubscribe service =
        node.publishSubscribe(ChildMain.SERVICE, ChildMain.settings(7).withPorts(2, 2));
    Set<Path> others = memory();
    try (ChildJvm dead = ChildJvm.start("serve", prefix);
        ChildJvm deadClient = ChildJvm.start("ask", prefix);
        ChildJvm deadPublisher = ChildJvm.start("settings", prefix)) {
      assertEquals("open", dead.line());
      assertEquals("open", deadPublisher.line());
      assertTrue(deadClient.line().startsWith("asked"));
      dead.kill();
      deadClient.kill();
      deadPublisher.kill();
    }
    for (Path file : memory()) {
      if (!others.contains(file)) {
        Files.delete(file);
      }
    }
    assertEquals(others, memory());
    client.send(client.loan(8)).close();
    server.tryReceive().ifPresent(ActiveRequest::close);
    calls.newClient(ClientOptions.of(8));
    calls.newServer(ServerOptions.of(8));
    assertEquals(Optional.empty(), service.newSubscriber().tryReceive());
    assertEquals(new Node.CleanUp(3, 0), node.cleanUpDeadNodes());
  }

  /** Where the messages of senders lie. */
  private Set<Path> memory() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("/dev/shm"))) {
      return files
          .filter(file -> file.getFileName().toString().startsWith(prefix))
          .filter(file -> file.toString().endsWith(".data"))
          .collect(Collectors.toCollection(HashSet::new));
    }
  }

  @Test
  void aServerIsKilledWhileItWorksOnARequest() throws Exception {
    RequestResponse service = node.requestResponse(ChildMain.SERVICE, RequestQos.defaults());
    Client client = service.newClient(ClientOptions.of(ChildMain.FRAME_BYTE_SIZE));
    for (int round = 0; round < 2; round++) {
      try (ChildJvm server = ChildJvm.start("serve", prefix)) {
        assertEquals("open", server.line());
        Response kept = answered(client, server);
        try (PendingResponse pending = ask(client, 0)) {
          assertEquals("working on 0", server.line());
          server.kill();
          assertTrue(pending.isConnected(), "nobody has looked");
          assertEquals(new Node.CleanUp(1, 0), node.cleanUpDeadNodes());
          assertEquals(Optional.empty(), pending.receive(Nodes.LONG));
        }
        assertEquals(8, ChildMain.value(kept.payload()));
        kept.close();
      }
      assertEquals(0, service.serverCount());
    }
    assertEquals(client.capacityByteSize(), client.availableByteSize());
  }

  private static PendingResponse ask(Client client, int value) throws IceoryxException {
    Loan loan = client.loan(ChildMain.FRAME_BYTE_SIZE);
    ChildMain.fill(loan.segment(), value);
    PendingResponse pending = client.send(loan);
    assertEquals(new Delivery(1, 0), pending.delivery());
    return pending;
  }

  private static Response answered(Client client, ChildJvm server) throws Exception {
    try (PendingResponse pending = ask(client, 7)) {
      assertEquals("working on 7", server.line());
      assertEquals("answered true", server.line());
      return pending.receive(Nodes.LONG).orElseThrow();
    }
  }

  @Test
  void aClientIsKilledWhileItsRequestIsWorkedOn() throws Exception {
    RequestResponse service = node.requestResponse(ChildMain.SERVICE, RequestQos.defaults());
    Server server = service.newServer(ServerOptions.of(ChildMain.FRAME_BYTE_SIZE));
    for (int round = 0; round < 3; round++) {
      try (ChildJvm client = ChildJvm.start("ask", prefix)) {
        assertEquals("asked " + new Delivery(1, 0), client.line());
        try (ActiveRequest request = server.receive(Nodes.LONG).orElseThrow()) {
          client.kill();
          assertEquals(new Node.CleanUp(1, 0), node.cleanUpDeadNodes());
          assertEquals(Optional.empty(), server.tryReceive());
          assertEquals(5, ChildMain.value(request.payload()));
          Loan loan = request.loan(ChildMain.FRAME_BYTE_SIZE);
          ChildMain.fill(loan.segment(), 6);
          assertFalse(request.send(loan));
          assertFalse(request.isConnected());
        }
      }
      assertEquals(0, service.clientCount());
    }
  }

  /** Whoever answers finds out itself that nobody takes the responses any more. */
  @Test
  void aResponseThatWaitsForAClientThatWasKilledIsInNobodysBuffer() throws Exception {
    RequestResponse service = node.requestResponse(ChildMain.SERVICE, RequestQos.defaults());
    Server server =
        service.newServer(ServerOptions.of(ChildMain.FRAME_BYTE_SIZE).withPatience(Nodes.LONG));
    try (ChildJvm client = ChildJvm.start("ask", prefix)) {
      assertEquals("asked " + new Delivery(1, 0), client.line());
      try (ActiveRequest request = server.receive(Nodes.LONG).orElseThrow()) {
        assertTrue(request.send(request.loan(ChildMain.FRAME_BYTE_SIZE)));
        client.kill();
        assertFalse(request.send(request.loan(ChildMain.FRAME_BYTE_SIZE)));
        assertFalse(request.isConnected());
      }
    }
  }
}
