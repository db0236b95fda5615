package dev.segue.http2;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import java.util.concurrent.CompletableFuture;

/** Makes responses of headers and hands them to who waits. */
final class ClientEvents extends StreamEvents {
  private final CompletableFuture<Void> ready;

  ClientEvents(CompletableFuture<Void> ready) {
    this.ready = ready;
  }

  @Override
  public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings) {
    ready.complete(null);
  }

  @Override
  public void onGoAwayReceived(int lastStreamId, long errorCode, ByteBuf debugData) {
    ready.completeExceptionally(
        new Http2StreamException(
            connection() + ": the server went away with errorCode=" + errorCode, errorCode));
  }

  @Override
  boolean hasHeader(H2Stream stream) {
    return stream.response == null || stream.response.isDone();
  }

  @Override
  void onHeader(ChannelHandlerContext ctx, int streamId, Http2Headers headers, boolean endStream)
      throws Http2Exception {
    H2Stream stream = connection().find(streamId);
    if (stream == null || stream.response == null) {
      return;
    }
    CharSequence status = headers.status();
    if (status == null || status.length() != 3) {
      throw malformed(streamId, "no :status");
    }
    if (status.charAt(0) == '1') {
      return; // An interim response; the one that counts is still to come.
    }
    if (endStream) {
      stream.end();
    }
    stream.response.complete(
        new Response(
            Integer.parseInt(status.toString()), headersOf(streamId, headers), stream.reader));
  }
}
