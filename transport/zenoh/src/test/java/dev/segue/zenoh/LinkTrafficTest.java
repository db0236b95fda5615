package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What went over each link, and over all of a session, those that are gone as well. */
@Timeout(120)
@SuppressWarnings("try") // a subscriber that nobody reads
class LinkTrafficTest {
  private static final KeyExpr ONE = KeyExpr.of("test/traffic/one");
  private static final KeyExpr OTHER = KeyExpr.of("test/traffic/other");
  private static final SegmentedBytes PAYLOAD = Payloads.random(100_000, 3);
  private static final long COUNT = 20;

  private static Session open(Session near) throws ZenohException {
    return Session.open(Config.isolated().sharedMemory(false).connect(near.locators().getFirst()));
  }

  private static Traffic of(Session session, Session remote) throws ZenohException {
    Optional<ZenohId> zid = Optional.of(remote.zid());
    List<LinkTraffic> links =
        session.linkTraffic().stream().filter(link -> link.zid().equals(zid)).toList();
    assertEquals(1, links.size(), links::toString);
    return links.getFirst().traffic();
  }

  private static void put(Publisher publisher, Subscriber subscriber) throws Exception {
    Await.matched(publisher);
    for (int i = 0; i < COUNT; i++) {
      publisher.put(PAYLOAD);
      subscriber.receive(Await.LONG).orElseThrow().close();
    }
  }

  /** Fails if any count is smaller. */
  private static Traffic assertGrown(Traffic before, Traffic now) {
    assertTrue(
        now.sentCount() >= before.sentCount()
            && now.sentByteSize() >= before.sentByteSize()
            && now.receivedCount() >= before.receivedCount()
            && now.receivedByteSize() >= before.receivedByteSize()
            && now.droppedCount() >= before.droppedCount(),
        () -> "from " + before + " to " + now);
    return now;
  }

  @Test
  void eachLinkHasCountsOfItsOwnAndThoseOfOneThatIsGoneStayInTheSession() throws Exception {
    long byteSize = COUNT * PAYLOAD.byteSize();
    Session near = Session.open(Config.isolated().sharedMemory(false).listen("tcp/127.0.0.1:0"));
    try (near;
        Publisher publisher = near.declarePublisher(ONE, PublisherOptions.blocking());
        Session other = open(near)) {
      Await.until("the link", () -> near.peers().contains(other.zid()));
      Traffic last = near.traffic();
      for (int round = 1; round <= 3; round++) {
        try (Session one = open(near);
            Subscriber subscriber = one.declareSubscriber(ONE)) {
          put(publisher, subscriber);
          // The last bytes are counted when they have left, which may be after they came.
          Await.until("what left", () -> of(near, one).sentByteSize() >= byteSize);
          Traffic sent = of(near, one);
          Traffic received = of(one, near);
          assertTrue(sent.sentCount() >= COUNT && sent.sentByteSize() >= byteSize, sent::toString);
          assertTrue(
              received.receivedCount() >= COUNT && received.receivedByteSize() >= byteSize,
              received::toString);
          assertTrue(received.sentByteSize() < byteSize / 10, received::toString);
          Traffic idle = of(near, other);
          assertTrue(idle.sentByteSize() < byteSize / 10, idle::toString);
          assertEquals(2, near.linkTraffic().size());
          LinkTraffic link = one.linkTraffic().getFirst();
          assertEquals(one.links().getFirst().source(), link.source());
          assertEquals(one.links().getFirst().destination(), link.destination());
          last = assertGrown(last, near.traffic());
          assertTrue(last.sentByteSize() >= round * byteSize, last::toString);
          assertTrue(last.sentCount() >= round * COUNT, last::toString);
        }
        Await.until("the link to end", () -> near.linkTraffic().size() == 1);
        last = assertGrown(last, near.traffic());
      }
      assertEquals(0, last.droppedCount());
    }
  }

  @Test
  void aSocketPathOfTabsAndLineBreaksIsToldAsItIs(@TempDir Path folder) throws Exception {
    String locator = "unixsock-stream/" + folder.resolve("a\tb\nc\rd\\te\t");
    Session near = Session.open(Config.isolated().sharedMemory(false).listen(locator));
    try (near;
        Session far = open(near);
        ConnectivityListener listener = far.connectivity().declareListener()) {
      assertEquals(List.of(locator), near.locators());
      assertEquals(
          List.of(new Endpoint(locator, true, Optional.empty())), far.connectivity().endpoints());
      Link link = far.links().getFirst();
      assertEquals(locator, link.destination());
      LinkTraffic traffic = far.linkTraffic().getFirst();
      assertEquals(locator, traffic.destination());
      assertEquals(near.zid(), traffic.zid().orElseThrow());
      List<ConnectivityEvent> events = new ArrayList<>();
      while (events.size() < 3) {
        events.add(listener.receive(Await.LONG).orElseThrow());
      }
      assertTrue(events.contains(new ConnectivityEvent.LinkAdded(link)), events::toString);
    }
  }

  @Test
  void aDropIsCountedForTheLinkThatHadNoRoom() throws Exception {
    Session near = Session.open(Config.isolated().sharedMemory(false).listen("tcp/127.0.0.1:0"));
    try (near;
        Session stalled = open(near);
        Session quick = open(near);
        // Full after one sample and read by nobody: it stalls its link.
        Subscriber _ =
            stalled.declareSubscriber(
                OTHER, SubscriberOptions.defaults().backlog(Backlog.hold(1)));
        Publisher toStalled = near.declarePublisher(OTHER);
        Subscriber subscriber = quick.declareSubscriber(ONE);
        Publisher toQuick = near.declarePublisher(ONE, PublisherOptions.blocking())) {
      Await.matched(toStalled);
      Await.until(
          "a drop",
          () -> {
            toStalled.put(PAYLOAD);
            return of(near, stalled).droppedCount() > 0;
          });
      put(toQuick, subscriber);
      assertEquals(0, of(near, quick).droppedCount());
      assertEquals(near.droppedCount(), of(near, stalled).droppedCount());
      assertEquals(near.droppedCount(), near.traffic().droppedCount());
    }
  }
}
