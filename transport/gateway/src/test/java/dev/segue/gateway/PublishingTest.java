package dev.segue.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.segue.zenoh.Config;
import dev.segue.zenoh.Session;
import java.util.concurrent.CompletableFuture;
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
                })) {
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
}
