package dev.segue.gateway;

import dev.segue.bytes.LoanPool;
import dev.segue.http2.WebSocket;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;

/** WebSockets: a client that offers one of Foxglove's protocols gets it, on any path. */
final class LiveRoutes {
  private final Topics topics;
  private final SocketPuts puts;
  private final GatewayOptions options;
  private final ClientSlots slots;
  private final Timers timers;
  private final Executor blocking;
  private final PictureMaker maker;
  private final LoanPool texts;

  LiveRoutes(
      Topics topics,
      SocketPuts puts,
      GatewayOptions options,
      ClientSlots slots,
      Timers timers,
      Executor blocking,
      PictureMaker maker,
      LoanPool texts) {
    this.topics = topics;
    this.puts = puts;
    this.options = options;
    this.slots = slots;
    this.timers = timers;
    this.blocking = blocking;
    this.maker = maker;
    this.texts = texts;
  }

  void handle(Call call) throws HttpException {
    List<String> offered = call.exchange().webSocketProtocols();
    Optional<String> protocol =
        FoxgloveConnection.PROTOCOLS.stream().filter(offered::contains).findFirst();
    if (protocol.isEmpty()) {
      throw HttpException.badRequest(
          "WebSocket: one of the subprotocols "
              + FoxgloveConnection.PROTOCOLS
              + " must be offered");
    }
    call.holds(slots.take(call.client(), 1));
    FoxgloveConnection connection = new FoxgloveConnection(call, topics, puts, maker, texts);
    int largest = (int) Math.min(options.maxPutByteSize + 1024, Integer.MAX_VALUE);
    WebSocket socket = call.exchange().acceptWebSocket(protocol.get(), largest, connection);
    SocketStreams streams =
        new SocketStreams(call, socket, topics, timers, blocking, maker.threads(), options);
    blocking.execute(() -> connection.open(socket, streams, timers, blocking));
  }
}
