package dev.segue.lanes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.iceoryx2.Node;
import dev.segue.zenoh.Session;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Two processes, of which one is killed. */
@EnabledOnOs(OS.LINUX)
@Timeout(300)
@SuppressWarnings("try") // closes by hand
class LaneProcessTest {
  private String prefix = "";
  private Node node;
  private Session session;
  private Lanes lanes;

  @BeforeEach
  void open() throws Exception {
    prefix = Wire.newPrefix();
    node = Wire.node(prefix);
    session = Wire.listening();
    lanes = Lanes.of(session, node);
  }

  @AfterEach
  void close() throws Exception {
    session.close();
    node.close();
    Wire.assertNothingLeft(prefix);
  }

  @Test
  void aReaderThatIsKilledLosesNobodyElseAMessage() throws Exception {
    String locator = session.locators().getFirst();
    try (LanePublisher publisher = lanes.declarePublisher(Wire.KEY, Wire.FRAMES);
        LaneSubscriber here = lanes.declareSubscriber(Wire.KEY)) {
      int number = 0;
      for (int round = 0; round < 2; round++) {
        try (ChildJvm reader = ChildJvm.start("read", prefix, locator)) {
          assertEquals("open", reader.line());
          int before = number;
          while (readersOf(publisher, here, number++) < 2 || number - before < 50) {
            assertTrue(number < 1_000_000);
          }
          assertEquals("near", reader.line());
          reader.kill();
        }
        Wire.await("no dead node", () -> node.cleanUpDeadNodes().failedCount() == 0);
        for (int i = 0; i < 20; i++) {
          assertEquals(1, readersOf(publisher, here, number++));
        }
      }
      Wire.await(
          "all loans",
          () -> {
            // Zenoh's copies hold them until this subscriber, of the same session, drops these.
            assertEquals(Optional.empty(), here.tryReceive());
            return publisher.availableByteSize() == publisher.capacityByteSize();
          });
    }
  }

  /** Puts a frame, which the reader of this process has next; how many readers got it. */
  private static int readersOf(LanePublisher publisher, LaneSubscriber here, int number)
      throws Exception {
    LaneDelivery delivery = Wire.put(publisher, number);
    try (LaneSample sample = here.receive(Wire.LONG).orElseThrow()) {
      assertEquals(number, Wire.number(sample));
    }
    return delivery.nearCount();
  }

  @Test
  void aPublisherThatIsKilledIsForgottenAndTheNextOneIsRead() throws Exception {
    String locator = session.locators().getFirst();
    try (LaneSubscriber here = lanes.declareSubscriber(Wire.KEY)) {
      for (int round = 0; round < 2; round++) {
        try (ChildJvm publisher = ChildJvm.start("publish", prefix, locator)) {
          assertEquals("open", publisher.line());
          int number = 0;
          int putCount = 0;
          boolean near = false;
          while (!near || number < putCount) {
            publisher.tell("put");
            String put = publisher.line();
            assertTrue(put.startsWith("put "), put);
            putCount++;
            // What is published before the subscriber is known is not heard.
            Optional<LaneSample> received =
                number == 0 ? here.tryReceive() : here.receive(Wire.LONG);
            while (received.isPresent()) {
              try (LaneSample sample = received.get()) {
                int got = Wire.number(sample);
                assertTrue(number == 0 || got == number, "expected " + number + " got " + got);
                number = got + 1;
                near = sample.lane() == Lane.ICEORYX2;
              }
              received = number < putCount ? here.receive(Wire.LONG) : Optional.empty();
            }
          }
          publisher.tell("put");
          assertEquals("put 1", publisher.line());
          publisher.kill();
          try (LaneSample last = here.receive(Wire.LONG).orElseThrow()) {
            assertEquals(number, Wire.number(last));
            assertEquals(Lane.ICEORYX2, last.lane());
          }
        }
        Wire.await(
            "its end",
            () -> {
              assertEquals(Optional.empty(), here.tryReceive());
              return here.isOnZenoh();
            });
      }
    }
  }
}
