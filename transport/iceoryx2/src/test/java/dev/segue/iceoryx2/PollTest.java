package dev.segue.iceoryx2;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** When the messages of a poll go back: a subscriber may have one open here, unless said. */
@EnabledOnOs(OS.LINUX)
class PollTest extends NodeFixture {
  private static final Qos ONE =
      Qos.defaults().withPorts(1, 1).withSafeOverflow(false).withBuffer(4, 1);

  private interface Body {
    void run(Publisher publisher, Subscriber subscriber) throws Exception;
  }

  private void with(Qos qos, Body body) throws Exception {
    try (PublishSubscribe service = node.publishSubscribe("polled", qos);
        Publisher publisher = service.newPublisher(PublisherOptions.of(Long.BYTES));
        Subscriber subscriber = service.newSubscriber()) {
      body.run(publisher, subscriber);
    }
  }

  private static void send(Publisher publisher, long... values) throws IceoryxException {
    for (long value : values) {
      Loan loan = publisher.loan(Long.BYTES);
      loan.segment().set(JAVA_LONG, 0, value);
      assertEquals(new Delivery(1, 0), publisher.send(loan));
    }
  }

  private static long value(Sample sample) {
    return sample.reader().readLong();
  }

  private static void assertNext(long expected, Subscriber subscriber) throws IceoryxException {
    try (Sample sample = subscriber.tryReceive().orElseThrow()) {
      assertEquals(expected, value(sample));
    }
  }

  @Test
  void eachHasGoneBackBeforeTheNextComesAndTheLastOneWhenThePollReturns() throws Exception {
    with(
        ONE,
        (publisher, subscriber) -> {
          List<Long> values = new ArrayList<>();
          for (long first = 0; first < 100; first += 4) {
            send(publisher, first, first + 1, first + 2, first + 3);
            assertEquals(3, subscriber.poll(sample -> values.add(value(sample)), 3));
            assertNext(first + 3, subscriber);
          }
          assertEquals(75, values.size());
          assertEquals(98, values.getLast());
          assertEquals(0, subscriber.poll(sample -> values.add(value(sample)), 3));
        });
  }

  @Test
  void aHandlerThatClosesItsMessageMayTakeAnother() throws Exception {
    with(
        ONE,
        (publisher, subscriber) -> {
          send(publisher, 1, 2, 3);
          int polled =
              subscriber.poll(
                  sample -> {
                    long value = value(sample);
                    sample.close();
                    if (value == 1) {
                      take(2, subscriber);
                    }
                  },
                  2);
          assertEquals(2, polled);
          assertEquals(0, subscriber.poll(_ -> {}, 2));
        });
  }

  private static void take(long expected, Subscriber subscriber) {
    try {
      assertNext(expected, subscriber);
    } catch (IceoryxException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aMessageWhoseHandlerThrowsHasGoneBack() throws Exception {
    with(
        ONE,
        (publisher, subscriber) -> {
          send(publisher, 1, 2, 3);
          SampleHandler throwing =
              sample -> {
                if (value(sample) == 2) {
                  throw new IllegalStateException("thrown");
                }
              };
          assertThrows(IllegalStateException.class, () -> subscriber.poll(throwing, 3));
          assertNext(3, subscriber);
        });
  }

  @Test
  void aMessageThatIsLentOnStaysWhileTheNextOnesAreTaken() throws Exception {
    with(
        ONE.withBuffer(4, 2),
        (publisher, subscriber) -> {
          List<SegmentedBytes> lent = new ArrayList<>();
          List<Long> values = new ArrayList<>();
          SampleHandler lending =
              sample -> {
                values.add(value(sample));
                if (lent.isEmpty()) {
                  Lend.begin(sample.payload());
                  lent.add(sample.payload());
                }
              };
          for (long first = 0; first < 40; first += 4) {
            send(publisher, first, first + 1, first + 2, first + 3);
            assertEquals(4, subscriber.poll(lending, 4));
          }
          assertEquals(40, values.size());
          SegmentedBytes kept = lent.getFirst();
          assertEquals(0, Lend.segment(kept, 0).get(JAVA_LONG, 0));
          Lend.end(kept);
          assertThrows(IllegalStateException.class, () -> kept.reader().readLong());
        });
  }

  @Test
  void aMessageThatAnotherThreadLetsGoOfAtThatMomentGoesBackOnce() throws Exception {
    with(
        ONE.withBuffer(4, 3),
        (publisher, subscriber) -> {
          try (ExecutorService others = Executors.newSingleThreadExecutor()) {
            List<Long> values = new ArrayList<>();
            SampleHandler lending =
                sample -> {
                  values.add(value(sample));
                  SegmentedBytes payload = sample.payload();
                  Lend.begin(payload);
                  others.execute(() -> Lend.end(payload));
                };
            for (long i = 0; i < 20_000; i++) {
              send(publisher, i);
              int before = values.size();
              while (values.size() == before) {
                pollOnce(subscriber, lending);
              }
              assertEquals(i, values.getLast());
            }
          }
          assertTrue(subscriber.tryReceive().isEmpty());
        });
  }

  /** As many may be open for a moment as the service allows. */
  private static void pollOnce(Subscriber subscriber, SampleHandler handler)
      throws IceoryxException {
    try {
      subscriber.poll(handler, 2);
    } catch (IllegalStateException _) {
      Thread.onSpinWait();
    }
  }
}
