package dev.segue.http2;

import dev.segue.bytes.spi.PeerClock;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.http2.AbstractHttp2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.UniformStreamByteDistributor;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Puts one connection together from Netty's codec and our handler. */
final class ConnectionBuilder
    extends AbstractHttp2ConnectionHandlerBuilder<ConnectionHandler, ConnectionBuilder> {
  /**
   * The bytes that a stream may write in its turn: so many full frames make one buffer of
   * ciphertext, one call of the engine and one write to the socket.
   */
  static final int BATCH_BYTE_SIZE = 14 * 16_384;

  /** Below that much in the channel a stream has its next turn. */
  private static final int LOW_WATER_BYTE_SIZE = 4 * 16_384;

  /** The same when there are many connections, since slow readers keep that much in memory each. */
  private static final int SMALL_BATCH_BYTE_SIZE = 3 * 16_384;

  static final int MANY_CONNECTIONS = 100;

  /** A larger frame costs a peer of ours less; others stay at the 16 KiB they announce. */
  private static final int CLIENT_FRAME_BYTE_SIZE = 256 * 1024;

  private final Http2Limits limits;
  private final Http2Connection connection;
  private final PeerClock clock;
  private final WriteTurns turns;
  private final @Nullable Http2Deadlines deadlines;
  private final @Nullable Http2ClientTimeouts timeouts;

  private ConnectionBuilder(
      Http2Limits limits,
      @Nullable Http2Deadlines deadlines,
      @Nullable Http2ClientTimeouts timeouts,
      PeerClock clock,
      Http2Connection connection) {
    this.clock = clock;
    this.deadlines = deadlines;
    this.timeouts = timeouts;
    this.limits = limits;
    this.connection = connection;
    UniformStreamByteDistributor order = new UniformStreamByteDistributor(connection);
    order.minAllocationChunk(BATCH_BYTE_SIZE);
    this.turns = new WriteTurns(order);
  }

  static WriteBufferWaterMark waterMark(boolean isSmall) {
    return isSmall
        ? new WriteBufferWaterMark(32 * 1024, SMALL_BATCH_BYTE_SIZE)
        : new WriteBufferWaterMark(LOW_WATER_BYTE_SIZE, BATCH_BYTE_SIZE);
  }

  static ConnectionHandler server(
      Http2Limits limits,
      Http2Deadlines deadlines,
      PeerClock clock,
      StreamEvents events,
      Duration grace) {
    Http2Settings settings =
        Http2Settings.defaultSettings()
            .maxConcurrentStreams(limits.streamCount())
            .initialWindowSize(limits.windowByteSize())
            .maxHeaderListSize(limits.headerByteSize())
            .connectProtocolEnabled(true);
    Http2Connection connection = new DefaultHttp2Connection(true);
    // Not when the client acknowledges our SETTINGS: one that never does would have no limit.
    connection.remote().maxActiveStreams(limits.streamCount());
    return new ConnectionBuilder(limits, deadlines, null, clock, connection)
        .finish(settings, events, grace);
  }

  static ConnectionHandler client(
      Http2Limits limits,
      Http2ClientTimeouts timeouts,
      PeerClock clock,
      StreamEvents events,
      Duration grace) {
    Http2Settings settings =
        Http2Settings.defaultSettings()
            .pushEnabled(false)
            .initialWindowSize(limits.windowByteSize())
            .maxFrameSize(CLIENT_FRAME_BYTE_SIZE)
            .maxHeaderListSize(limits.headerByteSize());
    return new ConnectionBuilder(limits, null, timeouts, clock, new DefaultHttp2Connection(false))
        .finish(settings, events, grace);
  }

  private ConnectionHandler finish(Http2Settings settings, StreamEvents events, Duration grace) {
    connection.remote().flowController(new DefaultHttp2RemoteFlowController(connection, turns));
    initialSettings(settings);
    frameListener(events);
    connection(connection);
    validateHeaders(true);
    gracefulShutdownTimeoutMillis(grace.toMillis());
    ConnectionHandler handler = build();
    events.attach(handler);
    return handler;
  }

  @Override
  protected ConnectionHandler build(
      Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {
    return new ConnectionHandler(
        decoder, encoder, settings, limits, turns, clock, deadlines, timeouts);
  }
}
