package dev.segue.http2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpResponseStatus;

/** Writes heads of HTTP/1.1 responses and the frame of chunks. */
final class Http1Response {
  private Http1Response() {}

  /** The status line and the header, {@code more} lines at its end. */
  static ByteBuf head(ChannelHandlerContext ctx, int status, Headers headers, String... more) {
    StringBuilder head = new StringBuilder(256);
    head.append("HTTP/1.1 ").append(status).append(' ');
    head.append(HttpResponseStatus.valueOf(status).reasonPhrase()).append("\r\n");
    headers.forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    for (String line : more) {
      head.append(line).append("\r\n");
    }
    head.append("\r\n");
    ByteBuf buffer = ctx.alloc().directBuffer(head.length());
    for (int i = 0; i < head.length(); i++) {
      buffer.writeByte(head.charAt(i)); // Latin-1, as Headers checks.
    }
    return buffer;
  }

  static void refuse(ChannelHandlerContext ctx, int status) {
    var _ =
        ctx.writeAndFlush(
            head(ctx, status, Headers.empty(), "content-length: 0", "connection: close"));
  }

  static ByteBuf chunkHead(ChannelHandlerContext ctx, long byteSize) {
    return ByteBufUtil.writeAscii(ctx.alloc(), Long.toHexString(byteSize) + "\r\n");
  }

  static ByteBuf ascii(ChannelHandlerContext ctx, String text) {
    return ByteBufUtil.writeAscii(ctx.alloc(), text);
  }
}
