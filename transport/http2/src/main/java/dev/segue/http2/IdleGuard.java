package dev.segue.http2;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Closes a connection that has neither read nor written for a time: idle ones, half-open ones, and
 * readers that keep their window shut.
 */
final class IdleGuard extends ChannelInboundHandlerAdapter {
  private final long periodNanos;
  private @Nullable Future<?> timer;
  private boolean read;
  private long pendingBefore;
  private long progressBefore;

  IdleGuard(Duration idle) {
    this.periodNanos = Math.max(1, idle.toNanos());
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    timer =
        ctx.executor()
            .scheduleAtFixedRate(() -> look(ctx), periodNanos, periodNanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    if (timer != null) {
      timer.cancel(false);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) {
    read = true;
    ctx.fireChannelRead(msg);
  }

  private void look(ChannelHandlerContext ctx) {
    ChannelOutboundBuffer out = ctx.channel().unsafe().outboundBuffer();
    long pending = out == null ? 0 : out.totalPendingWriteBytes();
    long progress = out == null ? 0 : out.currentProgress();
    boolean wrote = pending != pendingBefore || progress != progressBefore;
    if (!read && !wrote) {
      var _ = ctx.close();
    }
    read = false;
    pendingBefore = pending;
    progressBefore = progress;
  }
}
