package dev.segue.gateway;

import dev.segue.http2.Http2Limits;
import dev.segue.http2.Http2Server;
import dev.segue.http2.WebSocket;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.SynchronousQueue;

/** A WebSocket of a server, the call that began it, and a client that reads when a test does. */
final class LiveSocket implements AutoCloseable {
  final GatewayExchange call;
  final WebSocket socket;
  final RawSocket client;
  private final Http2Server server;
  private final Silent listener;

  private record Opened(GatewayExchange call, WebSocket socket, Silent listener) {}

  private LiveSocket(Opened opened, RawSocket client, Http2Server server) {
    this.call = opened.call();
    this.socket = opened.socket();
    this.listener = opened.listener();
    this.client = client;
    this.server = server;
  }

  /** One whose call has so many bytes for what is made for it. */
  static LiveSocket open(long answersByteSize) throws Exception {
    CompletableFuture<Opened> opened = new CompletableFuture<>();
    Http2Server server =
        Http2Server.builder(
                exchange -> {
                  GatewayExchange call = Fixture.callOf(exchange, answersByteSize, new Timers());
                  Silent listener = new Silent();
                  WebSocket socket = call.acceptWebSocket(SampleSocket.PROTOCOL, 1000, listener);
                  opened.complete(new Opened(call, socket, listener));
                })
            .limits(Http2Limits.defaults().withIdle(Duration.ofHours(1))) // No heartbeat in a test.
            .threadCount(1)
            .grace(Duration.ofMillis(100))
            .start();
    RawSocket client;
    try {
      client = new RawSocket(server.address().getPort());
    } catch (IOException e) {
      server.close();
      throw e;
    }
    return new LiveSocket(Fixture.await(opened), client, server);
  }

  /** Runs what the test has left, in a call on the event loop. */
  private static final class Silent implements WebSocket.Listener {
    private final SynchronousQueue<Runnable> next = new SynchronousQueue<>();
    private final SynchronousQueue<Boolean> done = new SynchronousQueue<>();

    @Override
    public void onText(WebSocket socket, String text) {
      try {
        next.take().run();
        done.put(true);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Runs something as if a message had come, in the socket's event loop. */
  void onLoop(Runnable action) throws Exception {
    client.send("x");
    listener.next.put(action);
    listener.done.take();
  }

  @Override
  public void close() throws IOException {
    client.close();
    server.close();
  }
}
