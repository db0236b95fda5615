package dev.segue.http2;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;

/** Makes responses of headers and hands them to who waits. */
final class ClientEvents extends StreamEvents {
  private static final int SWITCHING_PROTOCOLS = 101;
  private static final int NO_CONTENT = 204;
  private static final int NOT_MODIFIED = 304;

  private final ClientConnection owner;

  ClientEvents(ClientConnection owner) {
    this.owner = owner;
  }

  @Override
  public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings)
      throws Http2Exception {
    super.onSettingsRead(ctx, settings);
    owner.settingsRead();
  }

  @Override
  public void onGoAwayReceived(int lastStreamId, long errorCode, ByteBuf debugData) {
    owner.goAway(errorCode);
  }

  @Override
  public void onStreamClosed(Http2Stream stream) {
    super.onStreamClosed(stream);
    owner.streamClosed();
  }

  @Override
  boolean hasHeader(OpenStream stream) {
    return stream.hasResponse;
  }

  @Override
  void onHeader(ChannelHandlerContext ctx, int streamId, Http2Headers headers, boolean endStream)
      throws Http2Exception {
    OpenStream stream = connection().find(streamId);
    if (stream == null || stream.request == null) {
      return;
    }
    int status = statusOf(streamId, headers);
    if (status < 200) {
      if (endStream || status == SWITCHING_PROTOCOLS) {
        throw malformed(streamId, "an interim response that ends the stream, or 101");
      }
      return; // The one that counts is still to come.
    }
    Headers fields = headersOf(streamId, headers);
    stream.declaredByteSize =
        stream.request.isHead() || status == NO_CONTENT || status == NOT_MODIFIED
            ? 0
            : declared(fields);
    if (endStream) {
      end(streamId, stream);
    }
    stream.hasResponse = true;
    stream.request.respond(new Response(status, fields, stream.reader));
  }

  /** The codec has checked that it is a number. */
  private static long declared(Headers fields) {
    try {
      return fields.first("content-length").map(Long::parseLong).orElse(0L);
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private static int statusOf(int streamId, Http2Headers headers) throws Http2Exception {
    CharSequence text = headers.status();
    int status = 0;
    boolean valid = text != null && text.length() == 3;
    for (int i = 0; valid && i < 3; i++) {
      int digit = text.charAt(i) - '0';
      valid = digit >= 0 && digit <= 9;
      status = 10 * status + digit;
    }
    if (!valid || status < 100) {
      throw malformed(streamId, "no :status of three digits");
    }
    return status;
  }
}
