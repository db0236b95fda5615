package dev.segue.objectstore.s3;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.segue.bytes.OffHeapPool;
import dev.segue.objectstore.Data;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.internal.RemoteStore;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class RetryTest {
  private static HttpServer server(int port, AtomicInteger count) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 50);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(
        "/",
        exchange -> {
          try (exchange;
              InputStream body = exchange.getRequestBody()) {
            count.incrementAndGet();
            body.readAllBytes();
            exchange.getResponseHeaders().set("ETag", "\"a\"");
            exchange.getResponseHeaders().set("Content-Length", "0");
            exchange.sendResponseHeaders(200, -1);
          }
        });
    server.start();
    return server;
  }

  @Test
  void aPutOutlastsAServerThatRestartsForSeconds() throws Exception {
    AtomicInteger count = new AtomicInteger();
    HttpServer first = server(0, count);
    int port = first.getAddress().getPort();
    try (Arena arena = Arena.ofShared();
        ObjectStore store = S3Server.open("http://127.0.0.1:" + port, Map.of())) {
      var bytes = Data.regions(Data.random(arena, 1 << 20), 1 << 20);
      store.put("k", bytes);
      first.stop(0);
      CompletableFuture<HttpServer> second =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  TimeUnit.SECONDS.sleep(5);
                  return server(port, count);
                } catch (IOException | InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              });
      assertEquals(1 << 20, store.put("k", bytes).byteSize());
      assertEquals(2, count.get());
      second.get().stop(0);
    }
  }

  @Test
  void aServerThatNeverAnsweredIsGivenUpSooner() throws Exception {
    try (RemoteStore store = S3Server.open("http://127.0.0.1:1", Map.of())) {
      ObjectStoreException failure =
          assertThrows(ObjectStoreException.class, () -> store.head("k"));
      assertEquals(Reason.UNAVAILABLE, failure.reason());
      assertEquals(5, store.retriedCount());
    }
  }

  @Test
  void ofAMillionKeysNoMoreAreAskedForThanAreInFlight() throws Exception {
    AtomicInteger count = new AtomicInteger();
    HttpServer server = server(0, count);
    try (OffHeapPool pool = new OffHeapPool(1 << 20);
        ObjectStore store =
            S3Server.open(
                "http://127.0.0.1:" + server.getAddress().getPort(),
                Map.of("SEGUE_GET_INFLIGHT", "4"))) {
      AtomicInteger asked = new AtomicInteger();
      var keys =
          new java.util.AbstractList<String>() {
            @Override
            public String get(int index) {
              asked.set(Math.max(asked.get(), index + 1));
              return "k" + index;
            }

            @Override
            public int size() {
              return 1_000_000;
            }
          };
      assertThrows(
          IllegalStateException.class,
          () ->
              store.getMany(
                  keys,
                  pool,
                  object -> {
                    object.close();
                    if (count.get() >= 20) {
                      throw new IllegalStateException("enough");
                    }
                  }));
      assertTrue(asked.get() <= 40, () -> "asked for " + asked);
      assertTrue(IntStream.range(0, 4).allMatch(i -> asked.get() > i));
    } finally {
      server.stop(0);
    }
  }

  @Test
  void aStoreThatIsClosedEndsWhatIsInFlight() throws Exception {
    java.util.concurrent.CountDownLatch asked = new java.util.concurrent.CountDownLatch(1);
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(
        "/",
        exchange -> {
          asked.countDown();
          try {
            TimeUnit.MINUTES.sleep(1);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    server.start();
    try (Arena arena = Arena.ofShared()) {
      ObjectStore store =
          S3Server.open("http://127.0.0.1:" + server.getAddress().getPort(), Map.of());
      CompletableFuture<ObjectStoreException> failed =
          CompletableFuture.supplyAsync(
              () ->
                  assertThrows(
                      ObjectStoreException.class, () -> store.get("k", arena.allocate(100))));
      asked.await();
      store.close();
      assertEquals(Reason.CANCELLED, failed.get().reason());
    } finally {
      server.stop(0);
    }
  }
}
