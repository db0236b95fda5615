package dev.segue.iceoryx2;

import static dev.segue.iceoryx2.Threads.assertFails;
import static dev.segue.iceoryx2.Threads.result;
import static dev.segue.iceoryx2.Threads.started;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.Loan;
import dev.segue.bytes.PoolExhaustedException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class RequestResponseTest {
  private static final RequestQos QOS = RequestQos.defaults();
  private static final int SIZE = 10_000;

  private String prefix = "";
  private Node node;
  private RequestResponse service;
  private Client client;
  private Server server;

  @BeforeEach
  void open() throws IceoryxException {
    prefix = Nodes.newPrefix();
    node = Nodes.create(prefix);
    open(QOS);
  }

  private void open(RequestQos qos) throws IceoryxException {
    service = node.requestResponse("a/b", qos);
    server = service.newServer(ServerOptions.of(SIZE).withPatience(Duration.ofMillis(1)));
    client = service.newClient(ClientOptions.of(SIZE).withPatience(Duration.ofMillis(1)));
  }

  private void reopen(RequestQos qos) throws IceoryxException {
    client.close();
    server.close();
    service.close();
    open(qos);
  }

  @AfterEach
  void close() throws IOException {
    node.close();
    Nodes.assertNothingLeft(prefix);
  }

  private PendingResponse ask(int value) throws IceoryxException {
    Loan loan = client.loan(SIZE);
    loan.segment().fill((byte) value);
    return client.send(loan);
  }

  private static boolean answer(ActiveRequest request, int value) throws IceoryxException {
    Loan loan = request.loan(SIZE);
    loan.segment().fill((byte) value);
    return request.send(loan);
  }

  private ActiveRequest taken() throws Exception {
    return server.receive(Nodes.LONG).orElseThrow();
  }

  private static int valueOf(dev.segue.bytes.SegmentedBytes bytes) {
    MemorySegment memory = bytes.segments().getFirst();
    assertTrue(memory.isReadOnly());
    assertEquals(0, memory.address() % 8);
    byte first = memory.get(java.lang.foreign.ValueLayout.JAVA_BYTE, 0);
    assertEquals(SIZE, memory.byteSize());
    assertEquals(-1, memory.asSlice(1).mismatch(memory.asSlice(0, SIZE - 1)));
    return first;
  }

  @Test
  void aRequestAndItsResponseAreReadWhereTheyWereWritten() throws Exception {
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    for (int i = 1; i < 60; i++) {
      try (PendingResponse pending = ask(i)) {
        assertEquals(new Delivery(1, 0), pending.delivery());
        try (ActiveRequest request = taken()) {
          assertEquals(i, valueOf(request.payload()));
          assertTrue(request.isConnected());
          assertTrue(answer(request, i + 1));
        }
        try (Response response = pending.receive(Nodes.LONG).orElseThrow()) {
          assertEquals(i + 1, valueOf(response.payload()));
        }
        assertEquals(Optional.empty(), pending.tryReceive());
      }
    }
    assertEquals(0, CopyLedger.snapshot().since(before).totalByteCount());
    assertEquals(client.capacityByteSize(), client.availableByteSize());
  }

  @Test
  void whoWaitsIsWokenOnBothSides() throws Exception {
    CompletableFuture<Boolean> served =
        started(
            () -> {
              for (int i = 0; i < 500; i++) {
                try (ActiveRequest request = taken()) {
                  answer(request, valueOf(request.payload()) / 2);
                }
              }
              return true;
            });
    for (int i = 0; i < 500; i++) {
      try (PendingResponse pending = ask(i % 100);
          Response response = pending.receive(Nodes.LONG).orElseThrow()) {
        assertEquals(i % 100 / 2, valueOf(response.payload()));
      }
    }
    assertTrue(result(served));
  }

  @Test
  void severalThreadsOfOneClientGetEachItsOwnResponses() throws Exception {
    reopen(QOS.withRequests(4, 4));
    CompletableFuture<Boolean> served =
        started(
            () -> {
              for (int i = 0; i < 400; i++) {
                try (ActiveRequest request = taken()) {
                  answer(request, valueOf(request.payload()) + 1);
                }
              }
              return true;
            });
    List<CompletableFuture<Boolean>> clients = new ArrayList<>();
    for (int thread = 0; thread < 4; thread++) {
      int value = 10 * thread;
      clients.add(
          started(
              () -> {
                for (int i = 0; i < 100; i++) {
                  try (PendingResponse pending = ask(value);
                      Response response = pending.receive(Nodes.LONG).orElseThrow()) {
                    assertEquals(value + 1, valueOf(response.payload()));
                  }
                }
                return true;
              }));
    }
    for (CompletableFuture<Boolean> outcome : clients) {
      assertTrue(result(outcome));
    }
    assertTrue(result(served));
  }

  @Test
  void aStreamOfResponsesEndsWhenTheServerClosesTheRequest() throws Exception {
    reopen(QOS.withResponses(5, 1));
    try (PendingResponse pending = ask(1)) {
      try (ActiveRequest request = taken()) {
        for (int i = 1; i <= 5; i++) {
          assertTrue(answer(request, i));
        }
        assertFalse(answer(request, 6), "the buffer is full");
      }
      assertFalse(pending.isConnected());
      for (int i = 1; i <= 5; i++) {
        try (Response response = pending.receive(Nodes.LONG).orElseThrow()) {
          assertEquals(i, valueOf(response.payload()));
        }
      }
      assertEquals(Optional.empty(), pending.receive(Nodes.LONG));
    }
  }

  @Test
  void whoWaitsForAResponseThatNeverComesGoesOnWhenTheServerClosesTheRequest() throws Exception {
    try (PendingResponse pending = ask(1)) {
      ActiveRequest request = taken();
      CompletableFuture<Optional<Response>> waiting = started(() -> pending.receive(Nodes.LONG));
      request.close();
      assertEquals(Optional.empty(), result(waiting));
    }
  }

  @Test
  void aRequestThatNobodyServesHasNoResponse() throws Exception {
    server.close();
    try (PendingResponse pending = ask(1)) {
      assertEquals(new Delivery(0, 0), pending.delivery());
      assertFalse(pending.isConnected());
      assertEquals(Optional.empty(), pending.receive(Nodes.LONG));
    }
  }

  @Test
  void aServerSeesThatNobodyWaitsAndGetsNoRequestOfThose() throws Exception {
    PendingResponse first = ask(1);
    PendingResponse second = ask(2);
    second.close();
    try (ActiveRequest request = taken()) {
      assertEquals(1, valueOf(request.payload()));
      first.close();
      assertFalse(request.isConnected());
      assertFalse(answer(request, 1));
      assertEquals(1, valueOf(request.payload()));
    }
    assertEquals(Optional.empty(), server.tryReceive());
  }

  @Test
  void whatEndsBeforeItsResponseDoesNotGetThatOfAnEarlierRequest() throws Exception {
    for (int i = 0; i < 20; i++) {
      PendingResponse early = ask(1);
      try (ActiveRequest request = taken()) {
        assertTrue(answer(request, 99));
      }
      early.close(); // its response waits, and nobody takes it
      try (PendingResponse pending = ask(2)) {
        try (ActiveRequest request = taken()) {
          answer(request, 2);
        }
        Optional<Response> got = pending.receive(Nodes.LONG);
        if (got.isPresent()) {
          try (Response response = got.get()) {
            assertEquals(2, valueOf(response.payload()));
          }
        }
      }
    }
  }

  @Test
  void whatIsOpenStaysWhenAllElseIsClosed() throws Exception {
    PendingResponse pending = ask(7);
    ActiveRequest request = taken();
    client.close();
    server.close();
    service.close();
    assertEquals(7, valueOf(request.payload()));
    assertTrue(answer(request, 8));
    Response response = pending.receive(Nodes.LONG).orElseThrow();
    pending.close();
    request.close();
    node.close();
    assertEquals(8, valueOf(response.payload()));
    response.close();
  }

  @Test
  void whatIsClosedIsNotRead() throws Exception {
    PendingResponse pending = ask(1);
    ActiveRequest request = taken();
    MemorySegment asked = request.payload().segments().getFirst();
    Loan late = request.loan(SIZE);
    assertThrows(PoolExhaustedException.class, () -> request.loan(1));
    request.close();
    request.close();
    assertThrows(IllegalStateException.class, () -> asked.get(JAVA_LONG, 0));
    assertThrows(IllegalStateException.class, () -> request.send(late));
    assertThrows(IllegalStateException.class, () -> request.loan(1));
    assertThrows(IllegalStateException.class, request::isConnected);
    late.close();
    pending.close();
    pending.close();
    assertThrows(IllegalStateException.class, pending::tryReceive);
    assertThrows(IllegalStateException.class, pending::isConnected);
    assertThrows(IllegalStateException.class, () -> pending.receive(Duration.ZERO));
    client.close();
    assertThrows(IllegalStateException.class, () -> client.loan(1));
    server.close();
    assertThrows(IllegalStateException.class, () -> server.tryReceive());
    service.close();
    assertThrows(IllegalStateException.class, () -> service.newClient(ClientOptions.of(1)));
  }

  @Test
  void aResponseThatIsClosedIsNotRead() throws Exception {
    try (PendingResponse pending = ask(1);
        ActiveRequest request = taken()) {
      assertTrue(answer(request, 2));
      Response response = pending.receive(Nodes.LONG).orElseThrow();
      MemorySegment memory = response.payload().segments().getFirst();
      response.close();
      response.close();
      assertThrows(IllegalStateException.class, () -> memory.get(JAVA_LONG, 0));
    }
  }

  @Test
  void aLoanIsSentByWhomItIsOf() throws Exception {
    try (PendingResponse first = ask(1);
        PendingResponse second = ask(2);
        ActiveRequest one = taken();
        ActiveRequest other = taken()) {
      Loan loan = one.loan(SIZE);
      loan.segment().fill((byte) 5);
      assertThrows(IllegalArgumentException.class, () -> other.send(loan));
      assertThrows(IllegalArgumentException.class, () -> one.loan(SIZE + 1));
      assertTrue(one.send(loan));
      assertThrows(IllegalStateException.class, () -> one.send(loan));
      try (Response response = first.receive(Nodes.LONG).orElseThrow()) {
        assertEquals(5, valueOf(response.payload()));
      }
      assertEquals(Optional.empty(), second.tryReceive());
    }
  }

  @Test
  void moreRequestsThanTheServiceAllowsAreRefusedAndTheLoanStaysOpen() throws Exception {
    try (PendingResponse _ = ask(1)) {
      PendingResponse second = ask(2);
      Loan loan = client.loan(SIZE);
      loan.segment().fill((byte) 3);
      IllegalStateException refused =
          assertThrows(IllegalStateException.class, () -> client.send(loan));
      assertTrue(String.valueOf(refused.getMessage()).contains("pendingCount=2"));
      second.close();
      try (PendingResponse third = client.send(loan)) {
        // The server's buffer has the first two until it looks: this one may be missed.
        assertEquals(1, third.delivery().recipientCount() + third.delivery().missedCount());
      }
    }
  }

  @Test
  void moreOpenResponsesThanTheServiceAllowsAreRefusedAndNotLost() throws Exception {
    reopen(QOS.withResponses(2, 1));
    try (PendingResponse pending = ask(1);
        ActiveRequest request = taken()) {
      assertTrue(answer(request, 1));
      assertTrue(answer(request, 2));
      try (Response first = pending.receive(Nodes.LONG).orElseThrow()) {
        assertThrows(IllegalStateException.class, pending::tryReceive);
        assertEquals(1, valueOf(first.payload()));
      }
      try (Response second = pending.receive(Nodes.LONG).orElseThrow()) {
        assertEquals(2, valueOf(second.payload()));
      }
    }
  }

  @Test
  void aWaitSetNamesServersAndPendingResponses() throws Exception {
    try (WaitSet waitSet = node.newWaitSet();
        PendingResponse pending = ask(1)) {
      waitSet.attach(pending);
      waitSet.attach(server);
      assertEquals(List.of(server), waitSet.await(Nodes.LONG));
      ActiveRequest request = taken();
      assertEquals(List.of(), waitSet.await(Duration.ofMillis(30)));
      CompletableFuture<List<Attachable>> woken = started(() -> waitSet.await(Nodes.LONG));
      assertTrue(answer(request, 3));
      assertEquals(List.of(pending), result(woken));
      pending.receive(Nodes.LONG).orElseThrow().close();
      request.close();
      assertEquals(List.of(pending), waitSet.await(Nodes.LONG), "nothing comes any more");
    }
  }

  @Test
  void closingEndsWhatWaits() throws Exception {
    CompletableFuture<?> serving = started(() -> server.receive(Nodes.LONG));
    server.close();
    assertFails(IllegalStateException.class, serving);
    server = service.newServer(ServerOptions.of(SIZE));
    PendingResponse pending = ask(1);
    ActiveRequest request = taken();
    CompletableFuture<?> waiting = started(() -> pending.receive(Nodes.LONG));
    pending.close();
    assertFails(IllegalStateException.class, waiting);
    PendingResponse other = ask(1);
    CompletableFuture<?> second = started(() -> other.receive(Nodes.LONG));
    node.close();
    assertFails(IllegalStateException.class, second);
    request.close();
  }

  @Test
  void theSettingsAreThoseOfWhoMadeTheService() throws IceoryxException {
    assertEquals(QOS, service.qos());
    assertEquals(1, service.clientCount());
    assertEquals(1, service.serverCount());
    assertEquals(IceoryxException.Kind.PORT, refusal(() -> service.newServer(ServerOptions.of(1))));
    for (RequestQos different :
        List.of(
            QOS.withPorts(9, 1),
            QOS.withRequests(9, 1),
            QOS.withResponses(9, 1),
            QOS.withSafeOverflow(true, false),
            QOS.withFireAndForget(true))) {
      assertEquals(
          IceoryxException.Kind.SERVICE, refusal(() -> node.requestResponse("a/b", different)));
    }
    assertThrows(IllegalArgumentException.class, () -> node.requestResponse("x".repeat(250), QOS));
    assertThrows(IllegalArgumentException.class, () -> QOS.withPorts(0, 1));
    assertThrows(IllegalArgumentException.class, () -> ServerOptions.of(0));
  }

  private interface Step {
    void run() throws IceoryxException;
  }

  private static IceoryxException.Kind refusal(Step step) {
    return assertThrows(IceoryxException.class, step::run).kind();
  }

  @Test
  void memoryThatIsNotThereIsAnErrorBeforeItIsTaken() throws IceoryxException {
    long most = 1L << 42;
    assertTrue(service.memoryByteSize(ClientOptions.of(most)) > 4 * most);
    assertTrue(service.memoryByteSize(ServerOptions.of(most)) > 12 * most);
    assertEquals(
        IceoryxException.Kind.SHARED_MEMORY,
        refusal(() -> service.newClient(ClientOptions.of(most))));
    assertThrows(
        IllegalArgumentException.class,
        () -> service.memoryByteSize(ServerOptions.of(Long.MAX_VALUE)));
  }

  @Test
  void requestsWithoutAWaitingClientComeWhereTheServiceSaysSo() throws Exception {
    reopen(QOS.withFireAndForget(true));
    ask(5).close();
    try (ActiveRequest request = taken()) {
      assertEquals(5, valueOf(request.payload()));
      assertFalse(request.isConnected());
    }
  }
}
