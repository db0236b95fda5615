package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Samples and replies in loops, in streams, and for reactive streams. */
@Timeout(120)
@SuppressWarnings("try") // closes by hand
class FlowTest {
  private static final KeyExpr KEY = KeyExpr.of("test/flow");
  private static final SubscriberOptions HELD =
      SubscriberOptions.defaults().backlog(Backlog.hold(1000));

  private static void put(Session session, int from, int to) throws ZenohException {
    for (int i = from; i <= to; i++) {
      session.put(KEY, Payloads.number(i));
    }
  }

  /** Notes what comes; asks for nothing by itself. */
  private static final class Collector<T> implements Flow.Subscriber<T> {
    private final ToLongFunction<T> number;
    final Queue<Long> numbers = new ConcurrentLinkedQueue<>();
    final Queue<T> items = new ConcurrentLinkedQueue<>();
    final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();
    final CompletableFuture<String> end = new CompletableFuture<>();

    Collector(ToLongFunction<T> number) {
      this.number = number;
    }

    @Override
    public void onSubscribe(Flow.Subscription value) {
      assertTrue(subscription.complete(value));
    }

    @Override
    public void onNext(T item) {
      items.add(item);
      numbers.add(number.applyAsLong(item));
    }

    @Override
    public void onError(Throwable error) {
      assertTrue(end.complete(error.toString()));
    }

    @Override
    public void onComplete() {
      assertTrue(end.complete("complete"));
    }

    void request(long count) throws Exception {
      subscription.get().request(count);
    }

    String end() throws Exception {
      return end.get(Await.LONG.toSeconds(), TimeUnit.SECONDS);
    }
  }

  @Test
  void asManySamplesComeAsAreRequestedAndEachIsValidUntilOnNextReturns() throws Exception {
    try (Session session = Session.open(Config.isolated());
        Subscriber subscriber = session.declareSubscriber(KEY, HELD)) {
      Collector<Sample> collector = new Collector<>(Payloads::numberOf);
      put(session, 1, 5);
      subscriber.asPublisher().subscribe(collector);
      collector.request(2);
      Await.until("two samples", () -> collector.numbers.size() == 2);
      // The third waits: what a pull takes comes out of the queue.
      assertEquals(3, subscriber.counts().waiting());
      collector.request(Long.MAX_VALUE);
      collector.request(Long.MAX_VALUE);
      Await.until("the rest", () -> collector.numbers.size() == 5);
      assertEquals(List.of(1L, 2L, 3L, 4L, 5L), List.copyOf(collector.numbers));
      Await.until(
          "the end of the last one",
          () -> collector.items.stream().allMatch(item -> item.toString().equals("Sample[ended]")));
      subscriber.close();
      assertEquals("complete", collector.end());
    }
  }

  @Test
  void whoCancelsGetsNoMoreAndTheSubscriberGoesOn() throws Exception {
    try (Session session = Session.open(Config.isolated());
        Subscriber subscriber = session.declareSubscriber(KEY, HELD)) {
      Collector<Sample> collector = new Collector<>(Payloads::numberOf);
      put(session, 1, 1);
      CountDownLatch ended = new CountDownLatch(1);
      Flow.Publisher<Sample> publisher = subscriber.asPublisher();
      publisher.subscribe(
          new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription value) {
              collector.onSubscribe(value);
              value.request(9);
            }

            @Override
            public void onNext(Sample item) {
              collector.subscription.join().cancel();
              ended.countDown();
            }

            @Override
            public void onError(Throwable error) {
              collector.onError(error);
            }

            @Override
            public void onComplete() {
              collector.onComplete();
            }
          });
      assertTrue(ended.await(Await.LONG.toSeconds(), TimeUnit.SECONDS));
      put(session, 2, 2);
      try (Sample sample = subscriber.receive(Await.LONG).orElseThrow()) {
        assertEquals(2, Payloads.numberOf(sample));
      }
      assertFalse(collector.end.isDone());
    }
  }

  @Test
  void aRequestOfNothingIsAnError() throws Exception {
    try (Session session = Session.open(Config.isolated());
        Subscriber subscriber = session.declareSubscriber(KEY, HELD)) {
      Collector<Sample> collector = new Collector<>(Payloads::numberOf);
      subscriber.asPublisher().subscribe(collector);
      collector.request(0);
      assertTrue(collector.end().startsWith(IllegalArgumentException.class.getName()));
      assertFalse(subscriber.isClosed());
    }
  }

  @Test
  void repliesComeUntilTheEndOfTheQuery() throws Exception {
    try (Session session = Session.open(Config.isolated());
        Queryable _ =
            session.declareQueryable(
                KEY,
                QueryableOptions.defaults(),
                query -> {
                  for (int i = 1; i <= 3; i++) {
                    query.reply(KEY, Payloads.number(i));
                  }
                })) {
      GetOptions all = GetOptions.defaults().consolidation(ConsolidationMode.NONE);
      Replies replies = session.get(Selector.of(KEY), all);
      Collector<Reply> collector =
          new Collector<>(
              reply -> Payloads.numberOf(assertInstanceOf(Reply.Success.class, reply).sample()));
      replies.asPublisher().subscribe(collector);
      collector.request(10);
      assertEquals("complete", collector.end());
      assertEquals(List.of(1L, 2L, 3L), List.copyOf(collector.numbers));
      assertEquals(Replies.State.FINISHED, replies.state());
    }
  }

  @Test
  void repliesCompleteWhenAsManyCameAsWereRequested() throws Exception {
    try (Session session = Session.open(Config.isolated());
        Queryable _ =
            session.declareQueryable(
                KEY, QueryableOptions.defaults(), query -> query.reply(KEY, Payloads.number(1)))) {
      Replies replies = session.get(Selector.of(KEY));
      Collector<Reply> collector =
          new Collector<>(
              reply -> Payloads.numberOf(assertInstanceOf(Reply.Success.class, reply).sample()));
      replies.asPublisher().subscribe(collector);
      collector.request(1);
      assertEquals("complete", collector.end());
      assertEquals(List.of(1L), List.copyOf(collector.numbers));
      assertEquals(Replies.State.FINISHED, replies.state());
      Await.until("the close of the replies", replies::isClosed);
    }
  }

  @Test
  void asManyQueriesComeAsAreRequestedAndEachIsOpenUntilOnNextReturns() throws Exception {
    QueryableOptions held = QueryableOptions.defaults().backlog(Backlog.hold(100));
    try (Session session = Session.open(Config.isolated());
        Queryable queryable = session.declareQueryable(KEY, held)) {
      Collector<Query> collector =
          new Collector<>(
              query -> {
                long number = Long.parseLong(query.parameters().toString());
                try {
                  query.reply(KEY, Payloads.number(number));
                } catch (ZenohException e) {
                  throw new IllegalStateException(e);
                }
                return number;
              });
      queryable.asPublisher().subscribe(collector);
      Replies first = session.get(Selector.of(KEY + "?1"));
      Replies second = session.get(Selector.of(KEY + "?2"));
      Await.until("the queries to wait", () -> queryable.counts().waiting() == 2);
      collector.request(1);
      assertEquals(1, answer(first)); // the end of the query comes as well
      assertEquals(1, queryable.counts().waiting());
      assertEquals(Replies.State.OPEN, second.state());
      collector.request(Long.MAX_VALUE);
      assertEquals(2, answer(second));
      assertEquals(List.of(1L, 2L), List.copyOf(collector.numbers));
      Await.until("the end of both", () -> collector.items.stream().allMatch(Query::isClosed));
      queryable.close();
      assertEquals("complete", collector.end());
    }
  }

  private static long answer(Replies replies) {
    List<Long> all =
        replies.stream()
            .map(reply -> assertInstanceOf(Reply.Success.class, reply).sample())
            .map(Payloads::numberOf)
            .toList();
    assertEquals(1, all.size());
    assertEquals(Replies.State.FINISHED, replies.state());
    return all.getFirst();
  }

  @Test
  void whatALoopStoppedAtEndsWithTheNextLoop() throws Exception {
    try (Session session = Session.open(Config.isolated());
        Subscriber subscriber = session.declareSubscriber(KEY, HELD)) {
      put(session, 1, 6);
      List<Sample> samples = new ArrayList<>();
      for (long i = 1; i <= 3; i++) {
        assertEquals(
            List.of(i),
            subscriber.stream().peek(samples::add).map(Payloads::numberOf).limit(1).toList());
        assertEquals(i - 1, ended(samples));
      }
      for (Sample sample : subscriber) {
        samples.add(sample);
        assertEquals(4, Payloads.numberOf(sample));
        break;
      }
      assertEquals(3, ended(samples));
      Iterator<Sample> looked = subscriber.iterator();
      assertTrue(looked.hasNext());
      assertEquals(6, Payloads.numberOf(subscriber.iterator().next()));
      assertEquals(5, Payloads.numberOf(looked.next()));
      assertEquals(4, ended(samples));
    }
  }

  /** A virtual thread for each task: nobody else could end what it stopped at. */
  @Test
  void whatAThreadThatHasEndedStoppedAtEndsWithTheNextLoopOrTheSubscriber() throws Exception {
    try (Session session = Session.open(Config.isolated());
        OffHeapPool pool = new OffHeapPool(1 << 20)) {
      Subscriber subscriber = session.declareSubscriber(KEY, HELD);
      List<Sample> samples = new ArrayList<>();
      List<MemorySegment> views = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        session.put(KEY, pool.loan(4096));
        boolean asStream = i % 2 == 0;
        Thread.ofVirtual()
            .start(
                () -> {
                  if (asStream) {
                    subscriber.stream().limit(1).forEach(samples::add);
                  } else {
                    samples.add(subscriber.iterator().next());
                  }
                  views.add(samples.getLast().payload().segment(0));
                })
            .join();
        assertEquals(i, ended(samples));
      }
      subscriber.close();
      assertEquals(4, ended(samples));
      Await.until("all memory", () -> pool.availableByteSize() == 1 << 20);
      SegmentedBytes again = SegmentedBytes.borrow(views.getLast());
      assertThrows(WrongThreadException.class, () -> again.byteAt(0));
      assertThrows(WrongThreadException.class, () -> session.put(KEY, again));
    }
  }

  @Test
  void whoeverIsLeftEndsAReceivedSampleAndRepliesOfAThreadThatHasEnded() throws Exception {
    try (Session session = Session.open(Config.isolated());
        OffHeapPool pool = new OffHeapPool(1 << 20);
        Subscriber subscriber = session.declareSubscriber(KEY, HELD);
        Queryable _ =
            session.declareQueryable(
                KEY, QueryableOptions.defaults(), query -> query.reply(KEY, pool.loan(4096)))) {
      session.put(KEY, pool.loan(4096));
      List<Sample> samples = new ArrayList<>();
      List<Replies> asked = new ArrayList<>();
      Thread.ofVirtual()
          .start(
              () -> {
                try {
                  Sample sample = subscriber.tryReceive().orElseThrow();
                  assertEquals(4096, sample.payload().byteSize());
                  samples.add(sample);
                  Replies replies = session.get(Selector.of(KEY));
                  asked.add(replies);
                  assertInstanceOf(Reply.Success.class, replies.iterator().next());
                } catch (ZenohException e) {
                  throw new IllegalStateException(e);
                }
              })
          .join();
      assertThrows(WrongThreadException.class, samples.getFirst()::payload);
      samples.getFirst().close();
      samples.getFirst().close();
      asked.getFirst().close();
      assertEquals(1, ended(samples));
      Await.until("all memory", () -> pool.availableByteSize() == 1 << 20);
    }
  }

  private static long ended(List<Sample> samples) {
    return samples.stream().filter(each -> each.toString().equals("Sample[ended]")).count();
  }

  @Test
  void aLoopEndsWithItsSubscriberAndEachSampleWithTheNext() throws Exception {
    try (Session session = Session.open(Config.isolated())) {
      Subscriber subscriber = session.declareSubscriber(KEY, HELD);
      put(session, 1, 3);
      List<Long> numbers = new ArrayList<>();
      List<Sample> samples = new ArrayList<>();
      for (Sample sample : subscriber) {
        samples.add(sample);
        numbers.add(Payloads.numberOf(sample));
        assertEquals(
            samples.size() - 1,
            samples.stream().filter(each -> each.toString().equals("Sample[ended]")).count());
        if (numbers.size() == 3) {
          subscriber.close();
        }
      }
      assertEquals(List.of(1L, 2L, 3L), numbers);
      assertEquals("Sample[ended]", samples.getLast().toString());
    }
  }

  @Test
  void aStreamGivesBackWhatItStoppedAtWhenItIsClosed() throws Exception {
    try (Session session = Session.open(Config.isolated());
        Subscriber subscriber = session.declareSubscriber(KEY, HELD)) {
      put(session, 1, 9);
      List<Sample> samples = new ArrayList<>();
      try (Stream<Sample> stream = subscriber.stream()) {
        assertEquals(
            List.of(1L, 2L), stream.peek(samples::add).map(Payloads::numberOf).limit(2).toList());
      }
      assertTrue(subscriber.isClosed());
      assertTrue(samples.stream().allMatch(sample -> sample.toString().equals("Sample[ended]")));
    }
  }

  @Test
  void anInterruptEndsTheWaitForTheNextSample() throws Exception {
    try (Session session = Session.open(Config.isolated());
        Subscriber subscriber = session.declareSubscriber(KEY)) {
      Thread.currentThread().interrupt();
      assertThrows(CancellationException.class, subscriber.iterator()::hasNext);
      assertTrue(Thread.interrupted());
    }
  }
}
