package dev.segue.http2;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import java.security.cert.X509Certificate;
import org.jspecify.annotations.Nullable;

/** Makes exchanges of requests and hands them to the application. */
final class ServerEvents extends StreamEvents {
  private final Http2Handler handler;
  private final @Nullable X509Certificate clientCertificate;

  ServerEvents(Http2Handler handler, @Nullable X509Certificate clientCertificate) {
    this.handler = handler;
    this.clientCertificate = clientCertificate;
  }

  @Override
  boolean hasHeader(H2Stream stream) {
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
    H2Stream opened = connection().open(stream);
    Http2Exchange exchange =
        new Http2Exchange(
            opened, request, opened.reader, ctx.channel().remoteAddress(), clientCertificate);
    opened.exchange = exchange;
    if (endStream) {
      opened.reader.end();
    }
    if (isTooLarge(request)) {
      exchange.respond(413);
      return;
    }
    answer(handler, exchange);
  }

  private boolean isTooLarge(Request request) {
    try {
      return request.headers().first("content-length").map(Long::parseLong).orElse(0L)
          > connection().limits().bodyByteSize();
    } catch (NumberFormatException e) {
      return true;
    }
  }

  /** Runs the handler; what it throws is the peer's 500. */
  static void answer(Http2Handler handler, Http2Exchange exchange) {
    try {
      handler.handle(exchange);
    } catch (Exception e) {
      System.getLogger("dev.segue.http2")
          .log(
              System.Logger.Level.WARNING,
              "handler failed for " + exchange.request().method() + " " + exchange.request().path(),
              e);
      exchange.failed();
    }
  }

  private static Request requestOf(int streamId, Http2Headers headers) throws Http2Exception {
    if (headers.method() == null) {
      throw malformed(streamId, "no :method");
    }
    String method = headers.method().toString();
    boolean connect = method.equals("CONNECT");
    if (!connect
        && (headers.scheme() == null || headers.path() == null || headers.path().isEmpty())) {
      throw malformed(streamId, "no :scheme or no :path");
    }
    Headers fields = headersOf(headers);
    String authority =
        headers.authority() != null
            ? headers.authority().toString()
            : fields.first("host").orElse("");
    return new Request(method, connect ? "" : headers.path().toString(), authority, fields);
  }
}
