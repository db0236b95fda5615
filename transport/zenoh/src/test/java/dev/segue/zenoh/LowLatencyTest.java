package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Links of Unix sockets that carry each message by itself. */
@Timeout(60)
class LowLatencyTest {
  private static final KeyExpr KEY = KeyExpr.of("test/low-latency");
  private static final int FRAME = 11 << 20;

  @Test
  void aFrameInSharedMemoryCrossesAndWhatWouldEndTheLinkIsRefused(@TempDir Path folder)
      throws Exception {
    String endpoint = "unixsock-stream/" + folder.resolve("socket");
    Config config = Config.isolated().sharedMemory(true).lowLatency(true);
    try (Session far = Session.open(config.listen(endpoint));
        Session near = Session.open(config.connect(endpoint));
        Subscriber subscriber = far.declareSubscriber(KEY);
        ShmPool pool = ShmPool.create(FRAME)) {
      Await.until("the sessions to meet", () -> near.peers().contains(far.zid()));
      try (Publisher publisher =
          Await.matched(near.declarePublisher(KEY, PublisherOptions.blocking()))) {
        IllegalArgumentException refused =
            assertThrows(
                IllegalArgumentException.class,
                () -> publisher.put(SegmentedBytes.copyOf(new byte[65_600])));
        String message = String.valueOf(refused.getMessage());
        assertTrue(message.contains("byteSize=65600"), message);
        Loan loan = pool.loan(FRAME);
        loan.segment().fill((byte) 5);
        publisher.put(loan);
        try (Sample sample = subscriber.receive(Duration.ofSeconds(20)).orElseThrow()) {
          assertTrue(sample.isSharedMemory());
          assertEquals(FRAME, sample.payload().byteSize());
          assertEquals(5, sample.payload().byteAt(FRAME - 1));
        }
        // The core lists no links of it, but they are counted.
        LinkTraffic link = near.linkTraffic().getFirst();
        assertEquals(far.zid(), link.zid().orElseThrow());
        assertTrue(link.traffic().sentByteSize() > 0, link::toString);
      }
      PublisherOptions urgent =
          PublisherOptions.defaults().qos(Qos.defaults().priority(Priority.REAL_TIME));
      assertThrows(IllegalArgumentException.class, () -> near.declarePublisher(KEY, urgent));
    }
  }

  @Test
  void aGetThatWouldEndTheLinkIsRefusedAndSoIsAReply(@TempDir Path folder) throws Exception {
    String endpoint = "unixsock-stream/" + folder.resolve("socket");
    Config config = Config.isolated().lowLatency(true);
    try (Session far = Session.open(config.listen(endpoint));
        Session near = Session.open(config.connect(endpoint));
        Queryable queryable = far.declareQueryable(KEY);
        Querier querier = near.declareQuerier(KEY, GetOptions.defaults())) {
      assertTrue(querier.awaitMatchingQueryables(Await.LONG));
      Parameters half = Parameters.of("x=" + "y".repeat(40_000));
      GetOptions both = GetOptions.defaults().payload(SegmentedBytes.copyOf(new byte[40_000]));
      assertThrows(IllegalArgumentException.class, () -> near.get(new Selector(KEY, half), both));
      assertThrows(IllegalArgumentException.class, () -> querier.get(half, both));
      try (Replies replies = querier.get(half)) {
        try (Query query = queryable.receive(Await.LONG).orElseThrow()) {
          assertEquals(half, query.parameters());
          SegmentedBytes large = SegmentedBytes.copyOf(new byte[65_600]);
          assertThrows(IllegalArgumentException.class, () -> query.reply(KEY, large));
          query.reply(KEY, SegmentedBytes.copyOfUtf8("small"));
        }
        try (Reply reply = replies.receive(Await.LONG).orElseThrow()) {
          assertTrue(reply instanceof Reply.Success);
        }
      }
    }
  }
}
