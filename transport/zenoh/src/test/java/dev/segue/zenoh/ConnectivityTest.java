package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a session tells of its connections. */
@Timeout(120)
@SuppressWarnings("try") // closes by hand
class ConnectivityTest {
  /** Takes events until one is as wanted. */
  private static <T extends ConnectivityEvent> T next(
      ConnectivityListener listener, Class<T> type, Predicate<T> wanted) throws Exception {
    while (true) {
      Optional<ConnectivityEvent> event = listener.receive(Await.LONG);
      assertTrue(event.isPresent(), () -> "waited in vain for " + type);
      if (type.isInstance(event.get()) && wanted.test(type.cast(event.get()))) {
        return type.cast(event.get());
      }
    }
  }

  @Test
  void nodesAndLinksThatComeAndGoAreTold() throws Exception {
    try (Session far = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
        ConnectivityListener listener = far.connectivity().declareListener()) {
      assertEquals(Optional.empty(), listener.tryReceive());
      Session near = Session.open(Config.isolated().connect(far.locators().getFirst()));
      ZenohId zid = near.zid();
      Transport opened =
          next(
                  listener,
                  ConnectivityEvent.TransportOpened.class,
                  event -> event.transport().zid().equals(zid))
              .transport();
      assertEquals(Mode.PEER, opened.mode());
      Link added =
          next(listener, ConnectivityEvent.LinkAdded.class, event -> event.link().zid().equals(zid))
              .link();
      assertTrue(added.source().startsWith("tcp/127.0.0.1:"), added::toString);
      near.close();
      assertEquals(
          added, next(listener, ConnectivityEvent.LinkRemoved.class, event -> true).link());
      assertEquals(
          opened,
          next(listener, ConnectivityEvent.TransportClosed.class, event -> true).transport());
    }
  }

  @Test
  void whatIsThereIsToldFirstAndToAHandlerAsWell() throws Exception {
    Queue<ConnectivityEvent> events = new ConcurrentLinkedQueue<>();
    try (Pair pair = Pair.overNetwork()) {
      Transport transport = pair.near().transports().getFirst();
      Link link = pair.near().links().getFirst();
      Endpoint endpoint = pair.near().connectivity().endpoints().getFirst();
      assertEquals(
          new Endpoint(pair.far().locators().getFirst(), true, Optional.empty()), endpoint);
      List<ConnectivityEvent> expected =
          List.of(
              new ConnectivityEvent.TransportOpened(transport),
              new ConnectivityEvent.LinkAdded(link),
              new ConnectivityEvent.EndpointReached(endpoint));
      try (ConnectivityListener _ = pair.near().connectivity().declareListener(events::add)) {
        Await.until("what is there", () -> events.containsAll(expected));
      }
    }
  }

  @Test
  void anEndpointIsToldWhenItIsReachedAndWhenNot() throws Exception {
    try (Session far = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
        CutLink line = new CutLink(far.locators().getFirst())) {
      line.cut();
      try (Session near = Session.open(Config.isolated().connect(line.endpoint()));
          ConnectivityListener listener = near.connectivity().declareListener()) {
        Endpoint unreached =
            next(
                    listener,
                    ConnectivityEvent.EndpointUnreached.class,
                    event -> event.endpoint().failure().isPresent())
                .endpoint();
        assertEquals(line.endpoint(), unreached.endpoint());
        assertFalse(near.connectivity().endpoints().getFirst().isReached());
        line.restore();
        Endpoint reached =
            next(listener, ConnectivityEvent.EndpointReached.class, event -> true).endpoint();
        assertEquals(new Endpoint(line.endpoint(), true, Optional.empty()), reached);
        assertEquals(List.of(reached), near.connectivity().endpoints());
        line.cut();
        Endpoint lost =
            next(listener, ConnectivityEvent.EndpointUnreached.class, event -> true).endpoint();
        assertTrue(lost.failure().isPresent(), lost::toString);
        line.restore();
        assertTrue(
            next(listener, ConnectivityEvent.EndpointReached.class, event -> true)
                .endpoint()
                .isReached());
      }
    }
  }

  /** It refuses a second link, as it doesn't know yet that the first has ended. */
  @Test
  void anEndpointWhoseNodeStillHasALinkThatEndedHereIsNotReached() throws Exception {
    try (Session far = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
        Session other = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
        HalfCutLink line = new HalfCutLink(far.locators().getFirst())) {
      Config config = Config.isolated().connect(line.endpoint());
      for (boolean withOther : new boolean[] {false, true}) {
        String also = other.locators().getFirst();
        Config with = withOther ? config.connect(line.endpoint(), also) : config;
        try (Session near = Session.open(with);
            ConnectivityListener listener = near.connectivity().declareListener()) {
          var reached = ConnectivityEvent.EndpointReached.class;
          var unreached = ConnectivityEvent.EndpointUnreached.class;
          next(listener, reached, event -> isOf(event.endpoint(), line));
          line.cutNearHalf();
          next(listener, unreached, event -> isOf(event.endpoint(), line));
          Await.until(
              "the refusal",
              () -> {
                Endpoint endpoint = near.connectivity().endpoints().getFirst();
                assertFalse(endpoint.isReached());
                return endpoint.failure().orElse("").contains("MAX_LINKS");
              });
          assertFalse(near.peers().contains(far.zid()));
          line.cutFarHalf();
          next(listener, reached, event -> isOf(event.endpoint(), line));
          assertTrue(near.peers().contains(far.zid()));
        }
      }
    }
  }

  private static boolean isOf(Endpoint endpoint, HalfCutLink line) {
    return endpoint.endpoint().equals(line.endpoint());
  }

  @Test
  void whatGoesWhileAListenerIsDeclaredDoesNotStayInWhatItTells() throws Exception {
    try (Session far = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"))) {
      List<Thread> comingAndGoing = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        comingAndGoing.add(
            Threads.start(
                () -> {
                  for (int round = 0; round < 20; round++) {
                    Session.open(Config.isolated().connect(far.locators().getFirst())).close();
                  }
                }));
      }
      List<ConnectivityListener> listeners = new ArrayList<>();
      while (comingAndGoing.stream().anyMatch(Thread::isAlive)) {
        ConnectivityListener listener = far.connectivity().declareListener();
        if (listeners.size() < 3_000) {
          listeners.add(listener);
        } else {
          listener.close();
        }
      }
      Await.until("that all are gone", () -> far.transports().isEmpty());
      var marker = ConnectivityEvent.TransportOpened.class;
      try (Session last = Session.open(Config.isolated().connect(far.locators().getFirst()))) {
        ZenohId zid = last.zid();
        for (ConnectivityListener listener : listeners) {
          Set<Object> there = new HashSet<>();
          next(
              listener,
              ConnectivityEvent.class,
              event -> {
                if (marker.isInstance(event) && marker.cast(event).transport().zid().equals(zid)) {
                  return true;
                }
                switch (event) {
                  case ConnectivityEvent.TransportOpened(Transport node) -> there.add(node);
                  case ConnectivityEvent.TransportClosed(Transport node) -> there.remove(node);
                  case ConnectivityEvent.LinkAdded(Link link) -> there.add(link);
                  case ConnectivityEvent.LinkRemoved(Link link) -> there.remove(link);
                  default -> {}
                }
                return false;
              });
          assertEquals(Set.of(), there);
        }
      }
    }
  }

  @Test
  void twoThatConnectToEachOtherHaveBothReachedTheOther(@TempDir Path folder) throws Exception {
    String one = "unixsock-stream/" + folder.resolve("one");
    String two = "unixsock-stream/" + folder.resolve("two");
    try (Session first = Session.open(Config.isolated().listen(one).connect(two));
        Session second = Session.open(Config.isolated().listen(two).connect(one))) {
      for (Session session : List.of(first, second)) {
        Await.until("the other", () -> session.connectivity().endpoints().getFirst().isReached());
      }
      assertEquals(List.of(second.zid()), first.peers());
    }
  }

  @Test
  void anEndpointThatIsNotReachedIsLoggedOnceUnlessSomebodyListens() throws Exception {
    Queue<LogRecord> records = new ConcurrentLinkedQueue<>();
    Handler handler = handlerOf(records::add);
    Logger logger = Logger.getLogger("dev.segue.zenoh");
    logger.addHandler(handler);
    try (Session far = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
        CutLink line = new CutLink(far.locators().getFirst());
        CutLink other = new CutLink(far.locators().getFirst())) {
      line.cut();
      other.cut();
      // Its time is up before that of the second one.
      try (Session listened = Session.open(Config.isolated().connect(other.endpoint()));
          ConnectivityListener _ = listened.connectivity().declareListener();
          Session _ = Session.open(Config.isolated().connect(line.endpoint()))) {
        Await.until("a warning", () -> isLogged(records, Level.WARNING, line.endpoint()));
        line.restore();
        String reached = "connected to " + line.endpoint();
        Await.until("that it is reached", () -> isLogged(records, Level.INFO, reached));
        assertEquals(1, count(records, Level.WARNING));
      }
    } finally {
      logger.removeHandler(handler);
    }
  }

  private static Handler handlerOf(Consumer<LogRecord> taker) {
    return new Handler() {
      @Override
      public void publish(LogRecord record) {
        taker.accept(record);
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
  }

  @Test
  void aLogThatThrowsEndsNoWatchAndAFullHeapLosesNoLine() throws Exception {
    Queue<LogRecord> records = new ConcurrentLinkedQueue<>();
    Handler handler =
        handlerOf(
            record -> {
              boolean isFirst = !isLogged(records, record.getLevel(), record.getMessage());
              records.add(record);
              if (record.getLevel().equals(Level.WARNING)) {
                throw new IllegalStateException("a log that is closed");
              }
              if (isFirst) {
                throw new OutOfMemoryError("the heap is full for a moment");
              }
            });
    Logger logger = Logger.getLogger("dev.segue.zenoh");
    logger.addHandler(handler);
    try (Session far = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
        CutLink line = new CutLink(far.locators().getFirst())) {
      line.cut();
      try (Session _ = Session.open(Config.isolated().connect(line.endpoint()))) {
        Await.until("a warning", () -> isLogged(records, Level.WARNING, line.endpoint()));
        line.restore();
        Await.until("that it is reached, again", () -> count(records, Level.INFO) == 2);
        assertEquals(1, count(records, Level.WARNING));
      }
    } finally {
      logger.removeHandler(handler);
    }
  }

  private static long count(Queue<LogRecord> records, Level level) {
    return records.stream().filter(record -> record.getLevel().equals(level)).count();
  }

  private static boolean isLogged(Queue<LogRecord> records, Level level, String text) {
    return records.stream()
        .anyMatch(record -> record.getLevel().equals(level) && record.getMessage().contains(text));
  }

  @Test
  void closingAListenerOrItsSessionWakesWhoWaits() throws Exception {
    Session session = Session.open(Config.isolated());
    ConnectivityListener first = session.connectivity().declareListener();
    ConnectivityListener second = session.connectivity().declareListener();
    for (ConnectivityListener listener : List.of(first, second)) {
      Thread waiting =
          Threads.start(
              () ->
                  assertThrows(
                      IllegalStateException.class, () -> listener.receive(Duration.ofDays(1))));
      Await.busy(waiting);
      if (listener == first) {
        assertTrue(first.close(Await.LONG));
        first.close();
      } else {
        session.close();
      }
      Await.ended(waiting);
      assertTrue(listener.isClosed());
      assertThrows(IllegalStateException.class, listener::tryReceive);
    }
    assertThrows(IllegalStateException.class, () -> session.connectivity().declareListener());
    assertThrows(IllegalStateException.class, () -> session.connectivity().endpoints());
    assertEquals(0, session.declaredCount());
  }

  @Test
  void anEndpointKeepsItsSecretsToItself() throws Exception {
    Config config =
        Config.isolated()
            .connect("tls/127.0.0.1:1#connect_private_key_base64=s3cr;root_ca_certificate=/none");
    try (Session session = Session.open(config)) {
      Endpoint endpoint = session.connectivity().endpoints().getFirst();
      assertFalse(endpoint.toString().contains("s3cr"), endpoint::toString);
      assertTrue(endpoint.endpoint().startsWith("tls/127.0.0.1:1#"), endpoint::toString);
    }
  }
}
