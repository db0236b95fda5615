package dev.segue.objectstore.http;

import java.nio.ByteBuffer;

/** Writes a request line and its fields. */
final class RequestHead {
  private final StringBuilder text = new StringBuilder(1024);
  private boolean hasHost;
  private int fieldCount;
  private long contentLength = -1;

  private RequestHead() {}

  /** Encodes a head into a connection's buffer, ready to be written. */
  static ByteBuffer encode(Connection connection, HttpCall call, long bodyByteSize) {
    RequestHead head = new RequestHead();
    HttpProxy proxy = connection.proxy;
    head.text
        .append(call.method())
        .append(' ')
        .append(proxy == null ? "" : call.endpoint().toString())
        .append(call.target())
        .append(" HTTP/1.1\r\n");
    call.forEachField(head::given);
    if (proxy != null && proxy.authorization() != null) {
      head.field("Proxy-Authorization", proxy.authorization());
    }
    if (!head.hasHost) {
      head.field("Host", connection.endpoint.host() + ":" + connection.endpoint.port());
    }
    if (head.contentLength < 0 && bodyByteSize > 0) {
      head.field("Content-Length", Long.toString(bodyByteSize));
    }
    head.text.append("\r\n");
    return head.bytes(connection);
  }

  private void given(String name, String value) {
    // The body is sent at once: a server that never answers 100 would cost a wait per part, and
    // SigV4 leaves this field out of the signature.
    if (name.equalsIgnoreCase("Expect")) {
      return;
    }
    hasHost |= name.equalsIgnoreCase("Host");
    if (name.equalsIgnoreCase("Content-Length")) {
      contentLength = Long.parseLong(value);
    }
    field(name, value);
  }

  private void field(String name, String value) {
    text.append(name).append(": ").append(value).append("\r\n");
    fieldCount++;
  }

  private ByteBuffer bytes(Connection connection) {
    int length = text.length();
    ByteBuffer bytes = connection.headBuffer(length);
    int lineCount = 0;
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (c > 0xFF || (c < ' ' && c != '\t' && c != '\r' && c != '\n') || c == 0x7F) {
        throw new IllegalArgumentException(
            "request head: a character HTTP can't carry, code=" + (int) c);
      }
      if (c == '\n' || c == '\r') {
        lineCount++;
      }
      bytes.put((byte) c);
    }
    if (lineCount != 2 * (fieldCount + 2)) {
      throw new IllegalArgumentException("request head: a line break within a field");
    }
    return bytes.flip();
  }
}
