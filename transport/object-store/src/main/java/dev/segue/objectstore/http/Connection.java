package dev.segue.objectstore.http;

import dev.segue.bytes.CopyLedger;
import java.io.EOFException;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** One connection: its wire, and the few bytes that were read together with a head. */
final class Connection {
  private static final CopyLedger.Site WITH_HEAD =
      CopyLedger.site("objectstore.http.head", "body bytes came in the same read as the head");
  // Small, so that next to nothing of a body is read with its head.
  private static final int HEAD_READ_BYTE_SIZE = 1024;

  final HttpEndpoint endpoint;
  final @Nullable HttpProxy proxy;
  private final Wire wire;
  private final WritePace pace = new WritePace();
  private final int headByteSizeLimit;
  private ByteBuffer in = ByteBuffer.allocateDirect(2 * HEAD_READ_BYTE_SIZE).limit(0);
  private ByteBuffer head = ByteBuffer.allocateDirect(4096);
  private boolean receivedSomething;
  long idleSinceNanos;

  /**
   * A connection to a server.
   *
   * @param proxy who takes plain requests to it, null for none or for one with a tunnel
   */
  Connection(HttpEndpoint endpoint, Wire wire, int headByteSizeLimit, @Nullable HttpProxy proxy) {
    this.proxy = proxy;
    this.endpoint = endpoint;
    this.wire = wire;
    this.headByteSizeLimit = headByteSizeLimit;
  }

  Wire wire() {
    return wire;
  }

  /** How much of a body is written at a time. */
  WritePace pace() {
    return pace;
  }

  /** The buffer that request heads are built in, empty. */
  ByteBuffer headBuffer(int byteSize) {
    if (head.capacity() < byteSize) {
      head = ByteBuffer.allocateDirect(Math.max(byteSize, head.capacity() * 2));
    }
    return head.clear();
  }

  void beginExchange() {
    receivedSomething = false;
  }

  /** Returns whether any byte came since {@link #beginExchange()}. */
  boolean hasReceived() {
    return receivedSomething;
  }

  boolean isReusable() {
    return !in.hasRemaining();
  }

  boolean isQuiet() {
    return !in.hasRemaining() && wire.isQuiet();
  }

  /** Reads the next head, interim ones (1xx) too. */
  ResponseHead readHead() throws IOException {
    int scanned = 0;
    int line = 0;
    while (true) {
      int available = in.remaining();
      for (; scanned < available; scanned++) {
        if (in.get(in.position() + scanned) != '\n') {
          continue;
        }
        if (scanned == line || in.get(in.position() + scanned - 1) != '\r') {
          throw new ProtocolException("response head: a line ends without CR LF");
        }
        if (scanned == line + 1) {
          byte[] bytes = new byte[scanned + 1];
          in.get(bytes);
          return ResponseHead.parse(bytes);
        }
        line = scanned + 1;
      }
      if (available >= headByteSizeLimit) {
        throw new ProtocolException("response head: longer than byteSize=" + headByteSizeLimit);
      }
      if (receive(HEAD_READ_BYTE_SIZE) < 0) {
        throw new EOFException(
            receivedSomething
                ? "response head: the connection ended within it"
                : "response: the connection was closed before the first byte");
      }
    }
  }

  private int receive(int byteSize) throws IOException {
    in.compact();
    if (in.remaining() < byteSize) {
      ByteBuffer larger = ByteBuffer.allocateDirect(in.capacity() * 2);
      in = larger.put(in.flip());
    }
    int limit = in.limit();
    in.limit(Math.min(limit, in.position() + byteSize));
    try {
      int count = wire.read(in);
      receivedSomething |= count > 0;
      return count;
    } finally {
      in.flip();
    }
  }

  /** A line of a chunked body, without its CR LF. */
  String readLine(int byteSizeLimit) throws IOException {
    StringBuilder line = new StringBuilder();
    while (true) {
      if (!in.hasRemaining() && receive(HEAD_READ_BYTE_SIZE) < 0) {
        throw new EOFException("chunked body: the connection ended within a line");
      }
      char c = (char) (in.get() & 0xFF);
      int length = line.length();
      if (c == '\n') {
        if (length == 0 || line.charAt(length - 1) != '\r') {
          throw new ProtocolException("chunked body: a line ends without CR LF");
        }
        return line.substring(0, length - 1);
      }
      if (length > 0 && line.charAt(length - 1) == '\r') {
        throw new ProtocolException("chunked body: CR within a line");
      }
      if (length >= byteSizeLimit) {
        throw new ProtocolException("chunked body: a line longer than byteSize=" + byteSizeLimit);
      }
      line.append(c);
    }
  }

  /** Reads body bytes: at least one, at most what the target has room for, or -1 at the end. */
  int readBody(ByteBuffer target) throws IOException {
    if (in.hasRemaining()) {
      int count = Math.min(in.remaining(), target.remaining());
      target.put(in.slice(in.position(), count));
      in.position(in.position() + count);
      WITH_HEAD.record(count);
      return count;
    }
    return wire.read(target);
  }

  void close() {
    wire.close();
  }
}
