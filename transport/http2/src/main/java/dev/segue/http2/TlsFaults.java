package dev.segue.http2;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * Finds out at once that a peer has broken TLS; stands behind the {@code SslHandler}.
 *
 * <p>BoringSSL's engine tells of a bad record only when it is used again, so that its alert leaves
 * first. A peer that sends no more would keep its connection for the idle time.
 *
 * <p>Owner: one connection. Threads: its loop.
 */
final class TlsFaults extends ChannelInboundHandlerAdapter {
  private boolean hasBrought;

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) {
    hasBrought = true;
    ctx.fireChannelRead(msg);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    boolean isSuspect = !hasBrought; // Also a record that isn't whole yet, which is rare.
    hasBrought = false;
    ctx.fireChannelReadComplete();
    if (isSuspect) {
      ctx.flush(); // The engine is asked for what it has to send, and throws what it knows.
    }
  }
}
