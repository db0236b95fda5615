package dev.segue.interop.router;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.zenoh.GetOptions;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.Replies;
import dev.segue.zenoh.ReplyKeyExpr;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Selector;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.Subscriber;
import dev.segue.zenoh.ZenohException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** Waits for what other processes do, with an end; numbers as payloads. */
final class Waits {
  static final Duration LONG = Duration.ofSeconds(60);

  private Waits() {}

  interface Condition {
    boolean holds() throws ZenohException;
  }

  static void until(String what, Condition condition) throws ZenohException {
    until(what, LONG, condition);
  }

  static void until(String what, Duration patience, Condition condition) throws ZenohException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!condition.holds()) {
      assertTrue(System.nanoTime() - deadline < 0, () -> "waited in vain for " + what);
      LockSupport.parkNanos(2_000_000);
    }
  }

  static Publisher matched(Publisher publisher) throws ZenohException, InterruptedException {
    assertTrue(publisher.awaitMatchingSubscribers(LONG), () -> "no subscriber of " + publisher);
    return publisher;
  }

  /** Whether the cache of an advanced publisher can be asked from there. */
  static boolean isAnswered(Session session, KeyExpr key) throws ZenohException {
    GetOptions options = GetOptions.defaults().accepted(ReplyKeyExpr.ANY);
    try (Replies replies = session.get(Selector.of(key + "/@adv/pub/**"), options)) {
      return replies.stream().findAny().isPresent();
    }
  }

  static SegmentedBytes number(long value) {
    return SegmentedBytes.copyOfUtf8(Long.toString(value));
  }

  static long numberOf(Sample sample) {
    return Long.parseLong(sample.payload().copyToUtf8String());
  }

  static void put(Publisher publisher, long from, long to) throws ZenohException {
    for (long i = from; i < to; i++) {
      publisher.put(number(i));
    }
  }

  static List<Long> next(Subscriber subscriber, int count) throws InterruptedException {
    List<Long> numbers = new ArrayList<>();
    while (numbers.size() < count) {
      try (Sample sample = subscriber.receive(LONG).orElseThrow()) {
        numbers.add(numberOf(sample));
      }
    }
    return numbers;
  }

  static List<Long> range(long from, long to) {
    List<Long> numbers = new ArrayList<>();
    for (long i = from; i < to; i++) {
      numbers.add(i);
    }
    return numbers;
  }
}
