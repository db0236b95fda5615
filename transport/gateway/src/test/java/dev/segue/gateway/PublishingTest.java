package dev.segue.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Qos;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class PublishingTest {
  /** A client's messages waited for ever, and their memory with them. */
  @Test
  void putsGoOnThoughThereWasNoThreadForOneOfThem() throws Exception {
    AtomicBoolean none = new AtomicBoolean(true);
    try (Session session = Session.open(Config.isolated());
        Publishing publishing =
            new Publishing(
                session,
                task -> {
                  if (none.get()) {
                    throw new OutOfMemoryError("no thread, as a test wants it");
                  }
                  return Thread.ofPlatform().daemon().unstarted(task);
                },
                Duration.ofSeconds(6))) {
      Publishing.Lane lane = publishing.lane();
      assertEquals(503, assertThrows(HttpException.class, () -> lane.execute(() -> {})).status());
      assertEquals(
          503, assertThrows(HttpException.class, () -> publishing.execute(() -> {})).status());
      none.set(false);
      CompletableFuture<String> done = new CompletableFuture<>();
      lane.execute(() -> done.complete("done"));
      assertEquals("done", Fixture.await(done));
    }
  }

  @Test
  void putsGoOnThoughOneOfThemThrew() throws Exception {
    try (Session session = Session.open(Config.isolated());
        Publishing publishing = new Publishing(session)) {
      Publishing.Lane lane = publishing.lane();
      CompletableFuture<String> done = new CompletableFuture<>();
      lane.execute(
          () -> {
            throw new OutOfMemoryError("as a test wants it");
          });
      lane.execute(() -> done.complete("done"));
      assertEquals("done", Fixture.await(done));
    }
  }

  /** Neither they nor their memory ever ended, and nobody was told. */
  @Test
  void whatIsStillWaitingWhenTheTimeToCloseIsOverFailsAndIsCounted() throws Exception {
    CountDownLatch blocked = new CountDownLatch(1);
    List<CompletableFuture<String>> outcomes = new ArrayList<>();
    try (Session session = Session.open(Config.isolated())) {
      Publishing publishing =
          new Publishing(
              session,
              task -> Thread.ofPlatform().daemon().unstarted(task),
              Duration.ofMillis(200));
      for (int i = 0; i < 8; i++) {
        publishing.execute(() -> awaitQuietly(blocked)); // As in the core, for a congested link.
      }
      Publishing.Lane lane = publishing.lane();
      for (int i = 0; i < 3; i++) {
        CompletableFuture<String> outcome = new CompletableFuture<>();
        outcomes.add(outcome);
        Runnable put = () -> put(publishing, outcome);
        if (i == 0) {
          publishing.execute(put);
        } else {
          lane.execute(put);
        }
      }
      publishing.close();
      blocked.countDown();
      for (CompletableFuture<String> each : outcomes) {
        assertEquals("failed", Fixture.await(each));
      }
      assertEquals(3, publishing.givenUpCount());
    }
  }

  private static void put(Publishing publishing, CompletableFuture<String> outcome) {
    try {
      publishing.put(
          KeyExpr.of("a"), SegmentedBytes.copyOfUtf8("x"), Encoding.TEXT_PLAIN, Qos.defaults());
      outcome.complete("put");
    } catch (IllegalStateException | ZenohException e) {
      outcome.complete("failed");
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    while (true) {
      try {
        latch.await();
        return;
      } catch (InterruptedException e) {
        // The core isn't interrupted either.
      }
    }
  }
}
