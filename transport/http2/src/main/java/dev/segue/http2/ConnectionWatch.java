package dev.segue.http2;

import dev.segue.bytes.spi.Nanos;
import dev.segue.bytes.spi.PeerClock;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Ends a connection that is of no use any more, and has its protocol end what takes too long.
 *
 * <p>A connection is idle when no byte came in and none went out for a time. One that only receives
 * from us (samples, heartbeats) isn't: it lives as long as the bytes go out, and where the protocol
 * can ask (PING), as long as the peer answers. Nearest to the socket, so that it sees each byte.
 */
final class ConnectionWatch extends ChannelDuplexHandler {
  private static final long MAX_TICK_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final long MIN_TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /**
   * The time that a peer that doesn't hang up has to read what the kernel holds, when the server
   * closes.
   */
  private static final long MAX_LINGER_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** The bytes that the channel adds to the size of each buffer that waits in it. */
  private static final int ENTRY_BYTE_SIZE =
      Integer.getInteger("io.netty.transport.outboundBufferEntrySizeOverhead", 96);

  private final long idleNanos;
  private final long headerNanos;
  private final long handlerNanos;
  private final long tickNanos;
  private final PeerClock clock;
  private final BooleanSupplier isCrowded;
  private final ProgressCheck leaving;
  private boolean wasCrowded;
  private final long opened;
  private @Nullable WatchedProtocol protocol;
  private @Nullable Future<?> timer;
  private long added;
  private long goneBefore;
  private long lastRead;
  private long lastGone;
  private long lastTaken;
  private boolean probed;
  private long waitsSince;
  private long lastWritten;

  /** Until when the peer may read what the kernel has for it, as the server closes; 0 for not. */
  private long lingersUntil;

  private boolean isDropping;

  /** With {@code isCrowded} whether there are many connections, each of which then keeps less. */
  ConnectionWatch(Duration idle, Http2Deadlines deadlines, BooleanSupplier isCrowded) {
    this.isCrowded = isCrowded;
    idleNanos = Nanos.of(idle);
    headerNanos = Nanos.of(deadlines.header());
    handlerNanos = Nanos.of(deadlines.handler());
    leaving = new ProgressCheck(deadlines.write(), deadlines);
    long shortest = Math.min(idleNanos, headerNanos);
    for (Duration each :
        new Duration[] {deadlines.body(), deadlines.write(), deadlines.handler()}) {
      shortest = Math.min(shortest, Nanos.of(each));
    }
    tickNanos = tickNanos(shortest);
    clock = new PeerClock(tickNanos);
    opened = clock.nanoTime();
    lastRead = opened;
    lastGone = opened;
    lastTaken = opened;
    lastWritten = opened;
  }

  /** Returns how often to look, for a time that is kept to within a quarter of its length. */
  static long tickNanos(long shortestNanos) {
    return Math.clamp(shortestNanos / 4, MIN_TICK_NANOS, MAX_TICK_NANOS);
  }

  /** The time that deadlines of this connection are kept by. */
  PeerClock clock() {
    return clock;
  }

  /** The peer speaks that protocol. */
  void speaks(WatchedProtocol known) {
    protocol = known;
  }

  /**
   * Returns when the socket, full of what the peer has not read yet, was last seen to take more: a
   * peer that is gone makes it take nothing.
   */
  static long lastTakenNanos(ChannelHandlerContext ctx) {
    ConnectionWatch watch = ctx.pipeline().get(ConnectionWatch.class);
    return watch == null ? System.nanoTime() : watch.lastTaken;
  }

  private void adapt(ChannelHandlerContext ctx) {
    boolean crowded = isCrowded.getAsBoolean();
    if (crowded != wasCrowded) {
      wasCrowded = crowded;
      ctx.channel().config().setWriteBufferWaterMark(ConnectionBuilder.waterMark(crowded));
    }
  }

  /**
   * This end closes. Answers that the kernel has may not be read yet, and a peer of HTTP/2 sends as
   * it reads (WINDOW_UPDATE): a socket that is closed answers that with a reset, and the rest is
   * lost. So where an answer is new, the next close shuts the output first, and waits for the peer
   * to hang up.
   *
   * @param isInUse whether something is still to be written
   * @param grace when all of that is over, from now on
   */
  static void closes(ChannelHandlerContext ctx, boolean isInUse, Duration grace) {
    ConnectionWatch watch = ctx.pipeline().get(ConnectionWatch.class);
    if (watch != null) {
      long now = watch.clock.nanoTime();
      if (isInUse || now - watch.lastWritten < MAX_LINGER_NANOS) {
        watch.lingersUntil = now + Nanos.of(grace);
      }
    }
  }

  @Override
  public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
    long left = lingersUntil == 0 ? 0 : lingersUntil - clock.nanoTime();
    lingersUntil = 0; // Who closes once more waits no more.
    if (left > 0
        && ctx.channel() instanceof DuplexChannel duplex
        && duplex.isActive()
        && !duplex.isOutputShutdown()) {
      linger(ctx, duplex, Math.min(left, MAX_LINGER_NANOS), promise);
    } else if (isDropping) {
      // It may be the promise that is kept as the channel closes: Netty would warn of the second.
      ctx.close().addListener(_ -> promise.trySuccess());
    } else {
      var _ = ctx.close(promise);
    }
  }

  private void linger(
      ChannelHandlerContext ctx, DuplexChannel channel, long nanos, ChannelPromise promise) {
    isDropping = true;
    channel.config().setAutoRead(true); // Else its end would not be seen.
    var _ = channel.shutdownOutput();
    Runnable close =
        () -> {
          var _ = ctx.close();
        };
    PeerTimer last = PeerTimer.start(ctx.executor(), clock, nanos, close);
    channel
        .closeFuture()
        .addListener(
            _ -> {
              last.cancel();
              promise.trySuccess();
            });
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    adapt(ctx);
    timer =
        ctx.executor()
            .scheduleAtFixedRate(() -> look(ctx), tickNanos, tickNanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    if (timer != null) {
      timer.cancel(false);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) {
    if (isDropping) {
      ReferenceCountUtil.release(msg);
      return;
    }
    lastRead = clock.nanoTime();
    probed = false;
    ctx.fireChannelRead(msg);
  }

  @Override
  public void write(ChannelHandlerContext ctx, Object msg, ChannelPromise promise) {
    lastWritten = clock.nanoTime();
    if (msg instanceof ByteBuf buffer) {
      added += buffer.readableBytes() + ENTRY_BYTE_SIZE;
    }
    var _ = ctx.write(msg, promise);
  }

  private void look(ChannelHandlerContext ctx) {
    adapt(ctx);
    long now = clock.nanoTime();
    ChannelOutboundBuffer out = ctx.channel().unsafe().outboundBuffer();
    if (out == null) {
      return; // It is closing, or its output is shut, for which there are timers.
    }
    // What was added and doesn't wait any more; the progress within the buffer that goes now.
    long gone = added - out.totalPendingWriteBytes() + out.currentProgress();
    if (gone != goneBefore) {
      goneBefore = gone;
      lastGone = now;
      if (out.size() > 0) {
        lastTaken = now; // The socket is full, so what went in made room by leaving for the peer.
      }
    }
    WatchedProtocol known = protocol;
    if (known == null) {
      if (now - opened >= headerNanos) {
        var _ = ctx.close();
      }
      return;
    }
    if (isKeptWaiting(known, now)) {
      lastGone = now;
    }
    known.check(now);
    // Also where no stream waits any more, since all of it has gone as far as the socket.
    if (leaving.isTooSlow(now, out.totalPendingWriteBytes() > 0, gone)) {
      known.leavesTooSlowly();
    }
    long quietIn = now - lastRead;
    if (Math.min(quietIn, now - lastGone) >= idleNanos || (probed && quietIn >= 2 * idleNanos)) {
      if (!known.leave()) {
        var _ = ctx.close();
      }
    } else if (quietIn >= idleNanos / 2 && !probed) {
      // Early enough for the answer to come before the connection counts as idle.
      probed = known.probe();
    }
  }

  /** As long as a handler may take: what it takes is not idle time of its peer. */
  private boolean isKeptWaiting(WatchedProtocol known, long now) {
    if (!known.keepsPeerWaiting()) {
      waitsSince = 0;
      return false;
    }
    waitsSince = waitsSince == 0 ? now : waitsSince;
    return now - waitsSince < handlerNanos + tickNanos;
  }
}
