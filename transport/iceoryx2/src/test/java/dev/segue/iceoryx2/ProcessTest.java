package dev.segue.iceoryx2;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.Loan;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Two processes, of which one is killed. */
@EnabledOnOs(OS.LINUX)
class ProcessTest {
  private static final int LAST = ChildMain.FRAME_COUNT - 1;

  private String prefix = "";
  private Node node;

  @BeforeEach
  void open() throws IceoryxException {
    prefix = Nodes.newPrefix();
    node = Nodes.create(prefix);
  }

  @AfterEach
  void close() throws IOException {
    node.close();
    Nodes.assertNothingLeft(prefix);
  }

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
}
