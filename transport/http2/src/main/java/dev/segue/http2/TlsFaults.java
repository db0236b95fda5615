package dev.segue.http2;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;

/**
 * Finds out at once that a peer has broken TLS; stands behind the {@code SslHandler}.
 *
 * <p>BoringSSL's engine tells of a bad record only when it is used again, so that its alert leaves
 * first. A peer that sends no more would keep its connection for the idle time, also where the bad
 * record came together with good ones.
 *
 * <p>Owner: one connection. Threads: its loop.
 */
final class TlsFaults extends ChannelDuplexHandler {
  private boolean wasAsked;

  @Override
  public void flush(ChannelHandlerContext ctx) {
    wasAsked = true;
    ctx.flush();
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    wasAsked = false; // What was flushed before may have been between two records of this read.
    ctx.fireChannelReadComplete();
    if (!wasAsked) {
      ctx.flush(); // The engine is asked for what it has to send, and throws what it knows.
    }
  }
}
