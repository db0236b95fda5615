package dev.segue.http2;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2EventAdapter;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Passes the codec's events of streams on to the application. */
abstract class StreamEvents extends Http2EventAdapter {
  private static final String COOKIE = "cookie";

  private @Nullable ConnectionHandler connection;

  void attach(ConnectionHandler connection) {
    this.connection = connection;
    connection.connection().addListener(this);
  }

  ConnectionHandler connection() {
    ConnectionHandler known = connection;
    if (known == null) {
      throw new IllegalStateException("events before the connection was attached");
    }
    return known;
  }

  /** A header of a message, not a trailer. */
  abstract void onHeader(
      ChannelHandlerContext ctx, int streamId, Http2Headers headers, boolean endStream)
      throws Http2Exception;

  /** Returns whether the message's header has come. */
  abstract boolean hasHeader(OpenStream stream);

  @Override
  public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings)
      throws Http2Exception {
    connection().boundHeaderTable();
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext ctx,
      int streamId,
      Http2Headers headers,
      int streamDependency,
      short weight,
      boolean exclusive,
      int padding,
      boolean endStream)
      throws Http2Exception {
    onHeadersRead(ctx, streamId, headers, padding, endStream);
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext ctx, int streamId, Http2Headers headers, int padding, boolean endStream)
      throws Http2Exception {
    OpenStream stream = connection().find(streamId);
    if (stream == null || !hasHeader(stream)) {
      onHeader(ctx, streamId, headers, endStream);
      return;
    }
    if (!endStream) {
      throw malformed(streamId, "a second header without END_STREAM");
    }
    for (Map.Entry<CharSequence, CharSequence> field : headers) {
      if (field.getKey().length() == 0 || field.getKey().charAt(0) == ':') {
        throw malformed(streamId, "a pseudo-header in a trailer");
      }
    }
    headersOf(streamId, headers);
    end(streamId, stream);
  }

  @Override
  public int onDataRead(
      ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean endOfStream)
      throws Http2Exception {
    OpenStream stream = connection().find(streamId);
    int byteSize = data.readableBytes();
    if (stream == null) {
      return byteSize + padding;
    }
    if (!hasHeader(stream)) {
      // On a client, where nobody has a response to read it from.
      throw malformed(streamId, "a body before the header of its message");
    }
    if (stream.isBeyond(connection().limits().bodyByteSize(), byteSize)) {
      // Not thrown: the codec would take what is given back of earlier frames off this one, and the
      // connection would end with the stream.
      stream.end(
          new Http2StreamException(
              "body of "
                  + stream.describe()
                  + ": larger than bodyByteSize="
                  + connection().limits().bodyByteSize(),
              dev.segue.http2.Http2Error.CANCEL));
      return byteSize + padding;
    }
    stream.reader.received(data);
    if (endOfStream) {
      end(streamId, stream);
    }
    return padding;
  }

  /** RFC 9113 section 8.1.1; the codec lets a body of no bytes pass, as that of a HEAD. */
  static void end(int streamId, OpenStream stream) throws Http2Exception {
    if (stream.isShort()) {
      throw malformed(streamId, "a body shorter than its content-length");
    }
    stream.end();
  }

  @Override
  public void onRstStreamRead(ChannelHandlerContext ctx, int streamId, long errorCode) {
    OpenStream stream = connection().find(streamId);
    if (stream != null) {
      stream.closed(
          () ->
              new Http2StreamException(
                  stream.describe() + ": reset by the peer with errorCode=" + errorCode,
                  errorCode));
    }
  }

  @Override
  public void onStreamClosed(Http2Stream stream) {
    OpenStream ours = connection().of(stream);
    if (ours != null) {
      ours.closed(() -> connection().faultOf(stream, null));
    }
  }

  /**
   * The fields that are no pseudo-headers, each checked, RFC 9113 section 8.2.1. Cookies that came
   * one by one are one field again, section 8.2.3.
   */
  static Headers headersOf(int streamId, Http2Headers headers) throws Http2Exception {
    List<String> fields = new ArrayList<>(2 * headers.size());
    int cookie = -1;
    for (Map.Entry<CharSequence, CharSequence> field : headers) {
      CharSequence name = field.getKey();
      if (name.length() == 0 || name.charAt(0) != ':') {
        if (!HeaderText.isLowerCaseName(name) || !HeaderText.isValue(field.getValue())) {
          throw malformed(streamId, "a field name or value that HTTP forbids");
        }
        if (COOKIE.contentEquals(name)) {
          if (cookie >= 0) {
            fields.set(cookie, fields.get(cookie) + "; " + field.getValue());
            continue;
          }
          cookie = fields.size() + 1;
        }
        fields.add(name.toString());
        fields.add(field.getValue().toString());
      }
    }
    return Headers.owning(fields);
  }

  static Http2Exception malformed(int streamId, String what) {
    return Http2Exception.streamError(streamId, Http2Error.PROTOCOL_ERROR, "malformed: %s", what);
  }
}
