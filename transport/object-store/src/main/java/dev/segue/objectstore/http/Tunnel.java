package dev.segue.objectstore.http;

import java.io.IOException;
import java.net.ConnectException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Asks a proxy for a tunnel to a server (RFC 9110, section 9.3.6). */
final class Tunnel {
  private Tunnel() {}

  /** On failure the wire is closed. */
  static void open(PlainWire wire, HttpProxy proxy, HttpEndpoint to, int headByteSizeLimit)
      throws IOException {
    String authority = to.host() + ":" + to.port();
    String attempted = "proxy " + proxy + ": CONNECT " + authority;
    try {
      String authorization =
          proxy.authorization() == null
              ? ""
              : "Proxy-Authorization: " + proxy.authorization() + "\r\n";
      String head =
          "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n" + authorization;
      ByteBuffer[] out = {ByteBuffer.wrap((head + "\r\n").getBytes(StandardCharsets.ISO_8859_1))};
      while (out[0].hasRemaining()) {
        wire.write(out, 0, 1);
      }
      Connection asking = new Connection(to, wire, headByteSizeLimit, proxy);
      ResponseHead answer = asking.readHead();
      if (answer.status() != 200 || !asking.isReusable()) {
        throw new ConnectException(
            attempted + ": status=" + answer.status() + " " + answer.reason());
      }
    } catch (IOException e) {
      wire.close();
      throw e instanceof ConnectException
          ? e
          : new IOException(attempted + ": " + e.getMessage(), e);
    }
  }
}
