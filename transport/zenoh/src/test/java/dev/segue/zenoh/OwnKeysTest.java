package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.testkit.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which of the many subscribers and queryables of a session get what it puts and asks itself. */
@Timeout(120)
@SuppressWarnings("try") // closes by hand
class OwnKeysTest {
  private static final List<String> CHUNKS = List.of("a", "b", "c", "aa", "*", "**", "a$*", "$*a");
  private static final int STEPS = 2_000;
  private static final int MOST = 60;

  private final Random random = Seeds.random("own keys");
  private Session session;

  @BeforeEach
  void open() throws ZenohException {
    session = Session.open(Config.isolated().sharedMemory(false));
  }

  @AfterEach
  void close() {
    session.close();
  }

  private KeyExpr randomKey() {
    int chunks = random.nextBoolean() ? 3 : CHUNKS.size();
    StringBuilder key = new StringBuilder("own");
    for (int i = random.nextInt(3); i >= 0; i--) {
      key.append('/').append(CHUNKS.get(random.nextInt(chunks)));
    }
    return KeyExpr.autocanonize(key.toString());
  }

  private <T extends AutoCloseable> void declareOrClose(List<T> all, T fresh) throws Exception {
    all.add(fresh);
    while (all.size() > MOST || (all.size() > 1 && random.nextInt(3) == 0)) {
      all.remove(random.nextInt(all.size())).close();
    }
  }

  private static List<Integer> receivers(List<Subscriber> subscribers) {
    List<Integer> found = new ArrayList<>();
    for (int i = 0; i < subscribers.size(); i++) {
      Subscriber subscriber = subscribers.get(i);
      for (Optional<Sample> sample = subscriber.tryReceive();
          sample.isPresent();
          sample = subscriber.tryReceive()) {
        sample.get().close();
        found.add(i);
      }
    }
    return found;
  }

  private static List<Integer> matching(List<Subscriber> subscribers, KeyExpr key) {
    List<Integer> expected = new ArrayList<>();
    for (int i = 0; i < subscribers.size(); i++) {
      if (subscribers.get(i).keyExpr().intersects(key)) {
        expected.add(i);
      }
    }
    return expected;
  }

  @Test
  void subscribersGetWhatMatchesTheirKeys() throws Exception {
    List<Subscriber> subscribers = new ArrayList<>();
    List<Publisher> publishers = new ArrayList<>();
    SegmentedBytes payload = SegmentedBytes.copyOfUtf8("own");
    for (int step = 0; step < STEPS; step++) {
      declareOrClose(subscribers, session.declareSubscriber(randomKey()));
      declareOrClose(publishers, session.declarePublisher(randomKey()));
      KeyExpr key = randomKey();
      session.put(key, payload);
      assertEquals(matching(subscribers, key), receivers(subscribers), key::toString);
      Publisher publisher = publishers.get(random.nextInt(publishers.size()));
      publisher.put(payload);
      List<Integer> expected = matching(subscribers, publisher.keyExpr());
      assertEquals(expected, receivers(subscribers), publisher::toString);
      assertEquals(!expected.isEmpty(), publisher.hasMatchingSubscribers());
    }
  }

  @Test
  void queryablesAreAskedForWhatMatchesTheirKeys() throws Exception {
    record Answering(KeyExpr key, String name, Queryable queryable) implements AutoCloseable {
      @Override
      public void close() {
        queryable.close();
      }
    }
    List<Answering> all = new ArrayList<>();
    GetOptions options =
        GetOptions.defaults().consolidation(ConsolidationMode.NONE).accepted(ReplyKeyExpr.ANY);
    for (int step = 0; step < STEPS / 5; step++) {
      KeyExpr own = randomKey();
      String name = Integer.toString(step);
      SegmentedBytes answer = SegmentedBytes.copyOfUtf8(name);
      QueryHandler handler = query -> query.reply(KeyExpr.of("own/answer"), answer);
      declareOrClose(
          all,
          new Answering(
              own, name, session.declareQueryable(own, QueryableOptions.defaults(), handler)));
      KeyExpr key = randomKey();
      TreeSet<String> expected = new TreeSet<>();
      all.stream()
          .filter(one -> one.key().intersects(key))
          .forEach(one -> expected.add(one.name()));
      TreeSet<String> answers = new TreeSet<>();
      try (Replies replies = session.get(Selector.of(key), options)) {
        for (Reply reply : replies) {
          answers.add(((Reply.Success) reply).sample().payload().copyToUtf8String());
        }
      }
      assertEquals(expected, answers, key::toString);
    }
  }
}
