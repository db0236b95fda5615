package dev.segue.gateway;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A client that speaks WebSocket by hand, so that it can leave off reading. */
final class RawSocket implements AutoCloseable {
  private final Socket socket = new Socket();
  private final DataInputStream in;
  private final OutputStream out;

  /** A client of {@code segue.v1} on that port of this machine. */
  RawSocket(int port) throws IOException {
    socket.setReceiveBufferSize(8192);
    socket.setSoTimeout(30_000);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 10_000);
    in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
    out = socket.getOutputStream();
    out.write(
        String.join(
                "\r\n",
                "GET / HTTP/1.1",
                "Host: localhost",
                "Upgrade: websocket",
                "Connection: Upgrade",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Protocol: segue.v1",
                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
                "",
                "")
            .getBytes(StandardCharsets.US_ASCII));
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      head.append((char) in.readUnsignedByte());
    }
    assertTrue(head.toString().startsWith("HTTP/1.1 101 "), head.toString());
  }

  void send(String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    byte[] frame = new byte[6 + bytes.length];
    frame[0] = (byte) 0x81;
    frame[1] = (byte) (0x80 | bytes.length);
    System.arraycopy(bytes, 0, frame, 6, bytes.length); // the mask is zeros
    out.write(frame);
  }

  /** The next message: its opcode and its beginning, which has the metadata. */
  String next() throws IOException {
    int opcode = in.readUnsignedByte() & 0xF;
    long byteSize = in.readUnsignedByte();
    byteSize =
        byteSize == 126 ? in.readUnsignedShort() : byteSize == 127 ? in.readLong() : byteSize;
    byte[] start = in.readNBytes((int) Math.min(byteSize, 1000));
    in.skipNBytes(byteSize - start.length);
    return opcode + " " + new String(start, StandardCharsets.ISO_8859_1);
  }

  /** Waits until the next message has begun to come. */
  void awaitMore() throws IOException {
    in.mark(1);
    in.readUnsignedByte();
    in.reset();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
