package dev.segue.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.http2.Http2Client;
import dev.segue.http2.Http2Server;
import dev.segue.http2.Request;
import dev.segue.http2.WebSocket;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a WebSocket leaves behind, which may take a while to let go of. */
@Timeout(60)
class EndsOffLoopTest {
  private static final int MESSAGE_BYTE_SIZE = 1000;

  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch mayEnd = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);

  /** Waits for {@link #mayEnd} as it lets go. */
  private final class Slow implements WebSocket.Listener {
    @Override
    public void onClosed(WebSocket socket) {
      begun.countDown();
      try {
        mayEnd.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      ended.countDown();
    }
  }

  private Http2Server serve(ExecutorService blocking) throws Exception {
    return Http2Server.builder(
            exchange -> {
              if (exchange.isWebSocket()) {
                exchange.acceptWebSocket(
                    SampleSocket.PROTOCOL,
                    MESSAGE_BYTE_SIZE,
                    new EndsOffLoop(new Slow(), blocking));
              } else {
                exchange.respond(204);
              }
            })
        .threadCount(1)
        .grace(Duration.ofMillis(100))
        .start();
  }

  @Test
  void aSocketThatIsSlowToLetGoHoldsNoOtherConnection() throws Exception {
    try (ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
        Http2Server server = serve(blocking)) {
      int port = server.address().getPort();
      new RawSocket(port).close();
      try (Http2Client client = Http2Client.builder("localhost", port).connect()) {
        assertTrue(begun.await(30, TimeUnit.SECONDS));
        assertEquals(204, Fixture.await(client.send(Request.get("/"))).status());
        assertEquals(1, ended.getCount());
      } finally {
        mayEnd.countDown();
      }
      assertTrue(ended.await(30, TimeUnit.SECONDS));
    }
  }

  @Test
  void aSocketThatEndsAfterItsGatewayLetsGoAllTheSame() throws Exception {
    ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
    try (Http2Server server = serve(blocking)) {
      try (RawSocket _ = new RawSocket(server.address().getPort())) {
        blocking.shutdown();
        assertTrue(blocking.awaitTermination(30, TimeUnit.SECONDS));
        mayEnd.countDown();
      }
      assertTrue(ended.await(30, TimeUnit.SECONDS));
    }
  }
}
