package dev.segue.objectstore.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.reactivestreams.Publisher;

/** Exchanges have a thread, and who watches them can get none. */
@Timeout(60)
class WatchdogThreadTest {
  static final class Settings extends EngineSettings<Settings> {
    @Override
    protected Settings self() {
      return this;
    }
  }

  /** A GET; what its body has is of no interest. */
  record Get(URI uri, AtomicReference<@Nullable Throwable> failure) implements HttpCall {
    @Override
    public HttpEndpoint endpoint() {
      return new HttpEndpoint(false, uri.getHost(), uri.getPort());
    }

    @Override
    public String method() {
      return "GET";
    }

    @Override
    public String target() {
      return "/";
    }

    @Override
    public void forEachField(BiConsumer<String, String> to) {}

    @Override
    public @Nullable Publisher<ByteBuffer> body() {
      return null;
    }

    @Override
    public long bodyByteSize() {
      return 0;
    }

    @Override
    public void onResponse(ResponseHead head, ResponseBody body) {
      body.subscribe(new BodyGatherer(5, bytes -> {}));
    }

    @Override
    public void onFailure(Throwable why) {
      failure.set(why);
    }
  }

  @Test
  void whereTheWatchdogGetsNoThreadARequestFailsAndTheNextOneTriesAgain() throws Exception {
    AtomicBoolean starved = new AtomicBoolean(true);
    Settings settings = new Settings().maxConnections(1);
    settings.watchdogThreads =
        task ->
            new Thread(task) {
              @Override
              public void start() {
                if (starved.get()) {
                  throw new OutOfMemoryError("unable to create native thread");
                }
                setDaemon(true);
                super.start();
              }
            };
    try (ScriptedServer server =
            ScriptedServer.of("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
        HttpEngine engine = new HttpEngine(settings)) {
      for (int i = 0; i < 3; i++) {
        Get get = new Get(server.uri(), new AtomicReference<>());
        CompletableFuture<Void> done = engine.execute(get).done();
        Throwable failure =
            assertThrows(ExecutionException.class, () -> done.get(30, TimeUnit.SECONDS)).getCause();
        String message = Objects.requireNonNull(Objects.requireNonNull(failure).getMessage());
        assertTrue(message.contains("no thread"), message);
        assertEquals(failure, get.failure.get());
      }
      assertEquals(0, server.connectionCount.get());
      starved.set(false);
      engine
          .execute(new Get(server.uri(), new AtomicReference<>()))
          .done()
          .get(30, TimeUnit.SECONDS);
      assertEquals(1, server.requestCount.get());
    }
  }
}
