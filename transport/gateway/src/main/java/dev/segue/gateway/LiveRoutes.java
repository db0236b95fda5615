package dev.segue.gateway;

import dev.segue.bytes.LoanPool;
import dev.segue.http2.Http2Error;
import dev.segue.http2.WebSocket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * WebSockets: the first of the protocols that a client offers and that is known here, on any path.
 */
final class LiveRoutes {
  /** What a client sends that may not publish are texts. */
  private static final int READER_MESSAGE_BYTE_SIZE = 1 << 20;

  /** For each stream that there may be: a WebSocket has several. */
  private static final long SUBSCRIPTIONS_PER_STREAM = 10;

  /** The heap that a channel takes, for each Foxglove client. */
  private static final long CHANNEL_BYTE_SIZE = 512;

  private static final long HEAP_PART_OF_CHANNELS = 4;

  private static final Duration BEGIN_PERIOD = Duration.ofMillis(5);

  /** The room for a frame around its payload. */
  private static final long FRAME_BYTE_SIZE = 128 * 1024;

  private final Topics topics;
  private final MessageTypes types;
  private final TopicAccess access;
  private final Publishing publishing;
  private final ClientSlots bodies;
  private final GatewayOptions options;
  private final ClientSlots slots;
  private final Timers timers;
  private final Executor blocking;
  private final PictureMaker maker;
  private final LoanPool texts;
  private final FairThreads slow;
  private final ClientSlots subscriptions;
  private final ClientSlots channels;

  /** Each has all topics looked at, also by the threads that their samples come on. */
  private final AddressRate begins;

  LiveRoutes(
      Topics topics,
      MessageTypes types,
      TopicAccess access,
      Publishing publishing,
      ClientSlots bodies,
      GatewayOptions options,
      ClientSlots slots,
      Timers timers,
      Executor blocking,
      PictureMaker maker,
      LoanPool texts,
      FairThreads slow) {
    this.slow = slow;
    this.topics = topics;
    this.types = types;
    this.access = access;
    this.publishing = publishing;
    this.bodies = bodies;
    this.options = options;
    this.slots = slots;
    this.timers = timers;
    this.blocking = blocking;
    this.maker = maker;
    this.texts = texts;
    long count = SUBSCRIPTIONS_PER_STREAM * options.maxStreamCount;
    this.subscriptions = new ClientSlots("subscriptionCount", count, count / 2, 5);
    long channelCount =
        Runtime.getRuntime().maxMemory() / HEAP_PART_OF_CHANNELS / CHANNEL_BYTE_SIZE;
    this.channels = new ClientSlots("channelCount", channelCount, channelCount / 2, 1);
    this.begins = new AddressRate(Math.clamp(count / 2, 1000, 100_000), BEGIN_PERIOD);
  }

  private static boolean isKnown(String protocol) {
    return protocol.equals(SampleSocket.PROTOCOL)
        || FoxgloveConnection.PROTOCOLS.contains(protocol);
  }

  void handle(GatewayExchange call) throws HttpException {
    List<String> offered = call.exchange().webSocketProtocols();
    String protocol =
        offered.stream()
            .filter(LiveRoutes::isKnown)
            .findFirst()
            .orElseThrow(
                () ->
                    HttpException.badRequest(
                        "WebSocket: one of the subprotocols "
                            + SampleSocket.PROTOCOL
                            + ", "
                            + String.join(", ", FoxgloveConnection.PROTOCOLS)
                            + " must be offered"));
    call.holds(slots.take(call.client(), 1));
    endWithToken(call);
    SocketPuts puts = new SocketPuts(call, access, publishing, options.maxPutByteSize);
    SocketRoom room = new SocketRoom(call, bodies, timers);
    int largest =
        puts.isAllowed()
            ? (int) Math.min(options.maxPutByteSize + FRAME_BYTE_SIZE, Integer.MAX_VALUE)
            : READER_MESSAGE_BYTE_SIZE;
    if (protocol.equals(SampleSocket.PROTOCOL)) {
      SampleSocket client =
          new SampleSocket(
              call,
              access,
              puts,
              room,
              options,
              texts,
              slow.of(call.client()),
              socket -> streams(call, socket));
      call.acceptWebSocket(protocol, largest, new EndsOffLoop(client, blocking));
      return;
    }
    ClientSlots.Taken taken = channels.take(call.client(), 0);
    FoxgloveConnection connection =
        new FoxgloveConnection(
            call, topics, types, puts, room, maker, texts, taken, slow.of(call.client()));
    WebSocket socket =
        call.acceptWebSocket(protocol, largest, new EndsOffLoop(connection, blocking));
    SocketStreams streams = streams(call, socket);
    blocking.execute(() -> connection.open(socket, streams, timers, blocking));
  }

  /** Also a socket that has no stream, which would end it. */
  private void endWithToken(GatewayExchange call) {
    Timers.Task look =
        timers.every(
            options.beat(call.exchange().idle()),
            () -> {
              if (!call.isStillAllowed()) {
                call.exchange().reset(Http2Error.CANCEL);
              }
            });
    call.whenOver(look::cancel);
  }

  private SocketStreams streams(GatewayExchange call, WebSocket socket) {
    return new SocketStreams(
        call,
        socket,
        topics,
        timers,
        blocking,
        maker.threads(call.client()),
        options,
        subscriptions,
        begins);
  }
}
