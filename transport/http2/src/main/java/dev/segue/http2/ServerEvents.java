package dev.segue.http2;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.AsciiString;

/** Makes exchanges of requests and hands them to the application. */
final class ServerEvents extends StreamEvents {
  private static final AsciiString PROTOCOL = Http2Headers.PseudoHeaderName.PROTOCOL.value();

  private final ExchangeStarter starter;
  private final ExchangeRoom room;

  /** With {@code room} for all that is open on the server. */
  ServerEvents(ExchangeStarter starter, ExchangeRoom room) {
    this.starter = starter;
    this.room = room;
  }

  @Override
  boolean hasHeader(OpenStream stream) {
    return stream.exchange != null;
  }

  @Override
  void onHeader(ChannelHandlerContext ctx, int streamId, Http2Headers headers, boolean endStream)
      throws Http2Exception {
    Request request = requestOf(streamId, headers);
    Http2Stream stream = connection().connection().stream(streamId);
    if (stream == null) {
      return;
    }
    OpenStream opened = connection().open(stream);
    Http2Exchange exchange =
        new Http2Exchange(
            opened,
            request,
            opened.reader,
            ctx.channel().remoteAddress(),
            starter.clientCertificate(),
            starter.isTls());
    opened.exchange = exchange;
    if (!room.admit(exchange)) {
      throw Http2Exception.streamError(
          streamId,
          io.netty.handler.codec.http2.Http2Error.REFUSED_STREAM,
          "the open exchanges take as much of the heap as they may");
    }
    CharSequence protocol = headers.get(PROTOCOL);
    exchange.protocol = protocol == null ? "" : protocol.toString();
    if (endStream) {
      opened.end();
    }
    boolean tooLarge = isTooLarge(request);
    if (tooLarge || request.method().equals("GET") || request.method().equals("HEAD")) {
      opened.reader.discard();
    }
    if (tooLarge) {
      exchange.respond(413);
      return;
    }
    starter.start(exchange);
  }

  private boolean isTooLarge(Request request) {
    try {
      return request.headers().first("content-length").map(Long::parseLong).orElse(0L)
          > connection().limits().bodyByteSize();
    } catch (NumberFormatException e) {
      return true;
    }
  }

  private static Request requestOf(int streamId, Http2Headers headers) throws Http2Exception {
    if (headers.method() == null || !HeaderText.isToken(headers.method())) {
      throw malformed(streamId, "no :method, or one that HTTP forbids");
    }
    String method = headers.method().toString();
    boolean connect = method.equals("CONNECT");
    boolean extended = headers.get(PROTOCOL) != null;
    if (extended && !connect) {
      throw malformed(streamId, ":protocol without CONNECT");
    }
    if (!connect || extended) {
      checkTarget(streamId, method, headers);
    }
    Headers fields = headersOf(streamId, headers);
    String authority =
        headers.authority() != null
            ? headers.authority().toString()
            : fields.first("host").orElse("");
    if (!HeaderText.isAuthority(authority) || countOf(fields, "host") > 1) {
      throw malformed(streamId, "an :authority or host that HTTP forbids");
    }
    return new Request(
        method, connect && !extended ? "" : headers.path().toString(), authority, fields);
  }

  private static void checkTarget(int streamId, String method, Http2Headers headers)
      throws Http2Exception {
    CharSequence scheme = headers.scheme();
    CharSequence path = headers.path();
    if (scheme == null || path == null) {
      throw malformed(streamId, "no :scheme or no :path");
    }
    if (!HeaderText.isToken(scheme) || !HeaderText.isPath(method, path)) {
      throw malformed(streamId, "a :scheme or :path that HTTP forbids");
    }
  }

  private static int countOf(Headers fields, String name) {
    int[] count = {0};
    fields.forEach((each, _) -> count[0] += each.equals(name) ? 1 : 0);
    return count[0];
  }
}
