package dev.segue.iceoryx2;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Clients and servers that leave before the other side has taken what is there for it. */
@EnabledOnOs(OS.LINUX)
class GonePeerTest {
  private static final int SIZE = 100;

  private String prefix = "";
  private Node node;
  private RequestResponse service;
  private Server server;

  @BeforeEach
  void open() throws IceoryxException {
    prefix = Nodes.newPrefix();
    node = Nodes.create(prefix);
    // One client, so that the next one gets its place.
    service = node.requestResponse("a/b", RequestQos.defaults().withPorts(1, 1));
    server = service.newServer(ServerOptions.of(SIZE));
  }

  @AfterEach
  void close() throws IOException {
    node.close();
    Nodes.assertNothingLeft(prefix);
  }

  private Client newClient() throws IceoryxException {
    return service.newClient(ClientOptions.of(SIZE));
  }

  private static PendingResponse ask(Client client, int value) throws IceoryxException {
    Loan loan = client.loan(SIZE);
    loan.segment().fill((byte) value);
    return client.send(loan);
  }

  private static boolean answer(ActiveRequest request, int value) throws IceoryxException {
    Loan loan = request.loan(SIZE);
    loan.segment().fill((byte) value);
    return request.send(loan);
  }

  private static int valueOf(SegmentedBytes bytes) {
    return bytes.segments().getFirst().get(JAVA_BYTE, 0);
  }

  @Test
  void aResponseToAClientThatIsGoneIsNotTheNextOnes() throws Exception {
    Client impatient = newClient();
    PendingResponse givenUp = ask(impatient, 1);
    ActiveRequest first = server.receive(Nodes.LONG).orElseThrow();
    givenUp.close();
    impatient.close();
    try (Client next = newClient();
        PendingResponse pending = ask(next, 2)) {
      assertFalse(answer(first, 11));
      assertEquals(Optional.empty(), pending.tryReceive());
      assertFalse(first.isConnected());
      assertEquals(1, valueOf(first.payload()));
      first.close();
      assertTrue(pending.isConnected());
      try (ActiveRequest second = server.receive(Nodes.LONG).orElseThrow()) {
        assertEquals(2, valueOf(second.payload()));
        assertTrue(answer(second, 22));
      }
      try (Response response = pending.receive(Nodes.LONG).orElseThrow()) {
        assertEquals(22, valueOf(response.payload()));
      }
    }
  }

  @Test
  void aRequestThatNobodyHasToWaitForComesAlsoWhenItsClientIsGone() throws Exception {
    RequestQos qos = RequestQos.defaults().withPorts(1, 1).withFireAndForget(true);
    try (RequestResponse orders = node.requestResponse("a/c", qos);
        Server clerk = orders.newServer(ServerOptions.of(SIZE))) {
      try (Client client = orders.newClient(ClientOptions.of(SIZE))) {
        assertEquals(Optional.empty(), clerk.tryReceive()); // connects
        ask(client, 3).close();
      }
      try (ActiveRequest request = clerk.receive(Nodes.LONG).orElseThrow()) {
        assertEquals(3, valueOf(request.payload()));
        assertFalse(request.isConnected());
        assertFalse(answer(request, 4));
      }
    }
  }

  @Test
  void requestsThatNobodyTookGiveBackTheMemoryOfTheirClients() throws Exception {
    List<String> before = mappingsOfRemovedFiles();
    for (int i = 0; i < 3; i++) {
      try (Client client = newClient()) {
        assertEquals(Optional.empty(), server.tryReceive()); // connects
        ask(client, i).close();
      }
      assertEquals(Optional.empty(), server.tryReceive());
    }
    assertEquals(before, mappingsOfRemovedFiles());
  }

  @Test
  void aResponseWaitsForItsRequestAlsoWhenTheServerIsGone() throws Exception {
    try (Client client = newClient();
        PendingResponse first = ask(client, 1);
        PendingResponse second = ask(client, 2)) {
      ActiveRequest unanswered = server.receive(Nodes.LONG).orElseThrow();
      ActiveRequest answered = server.receive(Nodes.LONG).orElseThrow();
      assertTrue(answer(answered, 22));
      unanswered.close();
      answered.close();
      server.close();
      assertEquals(Optional.empty(), first.tryReceive());
      try (Response response = second.tryReceive().orElseThrow()) {
        assertEquals(22, valueOf(response.payload()));
      }
    }
  }

  @Test
  void aSampleOfOneOfSeveralPublishersThatAreGoneKeepsItsMemoryNoLongerThanItIsOpen()
      throws Exception {
    PublishSubscribe messages =
        node.publishSubscribe("a/c", Qos.defaults().withPorts(3, 1).withBuffer(2, 2));
    Subscriber subscriber = messages.newSubscriber();
    List<Publisher> publishers = new ArrayList<>();
    List<Sample> samples = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      publishers.add(messages.newPublisher(PublisherOptions.of(SIZE)));
    }
    for (Publisher publisher : publishers) {
      assertEquals(new Delivery(1, 0), publisher.send(publisher.loan(SIZE)));
      samples.add(subscriber.tryReceive().orElseThrow());
    }
    publishers.forEach(Publisher::close);
    assertEquals(Optional.empty(), subscriber.tryReceive());
    // Two at once are let go of, while the first is kept.
    samples.get(1).close();
    samples.get(2).close();
    assertEquals(Optional.empty(), subscriber.tryReceive());
    assertEquals(1, mappingsOfRemovedFiles().size());
    samples.get(0).close();
    assertEquals(Optional.empty(), subscriber.tryReceive());
    assertEquals(List.of(), mappingsOfRemovedFiles());
  }

  /** Shared memory of this test that this process keeps although its file is gone. */
  private List<String> mappingsOfRemovedFiles() throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
      return lines.filter(line -> line.contains(prefix) && line.endsWith("(deleted)")).toList();
    }
  }
}
