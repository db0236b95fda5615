package dev.segue.http2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersEncoder;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A client, or a server, that knows frames alone, and sends whatever a test wants. */
final class RawPeer implements AutoCloseable {
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int PRIORITY = 2;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PING = 6;
  static final int GO_AWAY = 7;
  static final int WINDOW_UPDATE = 8;
  static final int CONTINUATION = 9;
  static final int END_STREAM = 1;
  static final int ACK = 1;
  static final int END_HEADERS = 4;
  static final int PADDED = 8;
  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final int MAX_CONCURRENT_STREAMS = 3;
  private static final int MAX_HEADER_LIST_SIZE = 6;
  private static final int INITIAL_WINDOW_SIZE = 4;
  private static final int MAX_FRAME_SIZE = 5;

  /** How many streams the other end resets before it answers a PING from here. */
  int resetCountUntilPing() throws IOException {
    send(PING, 0, 0, new byte[8]);
    int count = 0;
    Frame frame = next();
    while (frame != null && !(frame.type() == PING && (frame.flags() & ACK) != 0)) {
      count += frame.type() == RST_STREAM ? 1 : 0;
      frame = next();
    }
    return count;
  }

  /** A frame as it was seen. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Frame(int type, int flags, int streamId, byte[] payload) {
    boolean endStream() {
      return (flags & END_STREAM) != 0;
    }

    int code() {
      return ByteBuffer.wrap(payload).getInt(type == GO_AWAY ? 4 : 0);
    }

    /** The data without its padding; checks that the padding is zero. */
    byte[] data() {
      if ((flags & PADDED) == 0) {
        return payload;
      }
      int pad = payload[0] & 0xFF;
      for (int i = payload.length - pad; i < payload.length; i++) {
        if (payload[i] != 0) {
          throw new AssertionError("padding of " + payload[i] + " at " + i);
        }
      }
      return Arrays.copyOfRange(payload, 1, payload.length - pad);
    }
  }

  private final Socket socket;
  private final DataInputStream in;
  private final OutputStream out;
  private final Http2HeadersEncoder hpack = new DefaultHttp2HeadersEncoder();

  RawPeer(InetSocketAddress address) throws IOException {
    this(address, 0);
  }

  /** With a small receive buffer, so that what is not read stays in the server. */
  RawPeer(InetSocketAddress address, int receiveBuffer) throws IOException {
    this(connect(address, receiveBuffer));
  }

  private static Socket connect(InetSocketAddress address, int receiveBuffer) throws IOException {
    Socket socket = new Socket();
    if (receiveBuffer > 0) {
      socket.setReceiveBufferSize(receiveBuffer);
    }
    socket.connect(address, 10_000);
    return socket;
  }

  /** Speaks over a connection that is there, and may be TLS. */
  RawPeer(Socket socket) throws IOException {
    this.socket = socket;
    socket.setSoTimeout(20_000);
    socket.setTcpNoDelay(true);
    in = new DataInputStream(new java.io.BufferedInputStream(socket.getInputStream(), 1 << 16));
    out = socket.getOutputStream();
  }

  /** Says hello; the windows of new streams and of the connection are as given. */
  RawPeer start(int streamWindow, int connectionWindow, int maxFrameSize) throws IOException {
    out.write(PREFACE);
    return settings(streamWindow, connectionWindow, maxFrameSize);
  }

  /** {@link #start} of a server: reads what a client says first. */
  RawPeer startServer(int streamWindow, int connectionWindow, int maxFrameSize) throws IOException {
    byte[] preface = in.readNBytes(PREFACE.length);
    if (!Arrays.equals(PREFACE, preface)) {
      throw new AssertionError("preface " + Arrays.toString(preface));
    }
    return settings(streamWindow, connectionWindow, maxFrameSize);
  }

  /** {@link #startServer} that allows so many streams at a time, and headers of that size. */
  RawPeer startServerAllowing(int streamCount, int headerListSize) throws IOException {
    byte[] preface = in.readNBytes(PREFACE.length);
    if (!Arrays.equals(PREFACE, preface)) {
      throw new AssertionError("preface " + Arrays.toString(preface));
    }
    ByteBuffer settings = ByteBuffer.allocate(12);
    settings.putShort((short) MAX_CONCURRENT_STREAMS).putInt(streamCount);
    settings.putShort((short) MAX_HEADER_LIST_SIZE).putInt(headerListSize);
    send(SETTINGS, 0, 0, settings.array());
    return this;
  }

  private RawPeer settings(int streamWindow, int connectionWindow, int maxFrameSize)
      throws IOException {
    ByteBuffer settings = ByteBuffer.allocate(12);
    settings.putShort((short) INITIAL_WINDOW_SIZE).putInt(streamWindow);
    settings.putShort((short) MAX_FRAME_SIZE).putInt(maxFrameSize);
    send(SETTINGS, 0, 0, settings.array());
    if (connectionWindow > 65_535) {
      windowUpdate(0, connectionWindow - 65_535);
    }
    return this;
  }

  void send(int type, int flags, int streamId, byte[] payload) throws IOException {
    out.write(frame(type, flags, streamId, payload));
  }

  void sendRaw(byte[] bytes) throws IOException {
    out.write(bytes);
  }

  static byte[] frame(int type, int flags, int streamId, byte[] payload) {
    ByteBuffer frame = ByteBuffer.allocate(9 + payload.length);
    frame.put((byte) (payload.length >> 16)).putShort((short) payload.length);
    frame.put((byte) type).put((byte) flags).putInt(streamId).put(payload);
    return frame.array();
  }

  /** GOAWAY: streams after {@code lastStreamId} will not be processed. */
  void goAway(int lastStreamId, int code) throws IOException {
    send(GO_AWAY, 0, 0, ByteBuffer.allocate(8).putInt(lastStreamId).putInt(code).array());
  }

  /** A header block of a response that the static table has whole: 200. */
  void respond(int streamId, boolean endStream) throws IOException {
    send(HEADERS, END_HEADERS | (endStream ? END_STREAM : 0), streamId, new byte[] {(byte) 0x88});
  }

  void windowUpdate(int streamId, int increment) throws IOException {
    send(WINDOW_UPDATE, 0, streamId, ByteBuffer.allocate(4).putInt(increment).array());
  }

  void reset(int streamId, int code) throws IOException {
    send(RST_STREAM, 0, streamId, ByteBuffer.allocate(4).putInt(code).array());
  }

  void get(int streamId, String path) throws IOException {
    send(HEADERS, END_HEADERS | END_STREAM, streamId, headers("GET", path));
  }

  byte[] headers(String method, String path, String... more) {
    Http2Headers headers = new DefaultHttp2Headers();
    headers.method(method).scheme("http").path(path).authority("localhost");
    for (int i = 0; i < more.length; i += 2) {
      headers.add(more[i], more[i + 1]);
    }
    ByteBuf block = Unpooled.buffer();
    try {
      hpack.encodeHeaders(1, headers, block);
      byte[] bytes = new byte[block.readableBytes()];
      block.readBytes(bytes);
      return bytes;
    } catch (Exception e) {
      throw new AssertionError(e);
    } finally {
      block.release();
    }
  }

  /** The next frame, or null when the server has closed the connection. */
  @org.jspecify.annotations.Nullable
  Frame next() throws IOException {
    try {
      int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
      int type = in.readUnsignedByte();
      int flags = in.readUnsignedByte();
      int streamId = in.readInt();
      byte[] payload = new byte[length];
      in.readFully(payload);
      Frame frame = new Frame(type, flags, streamId, payload);
      if (type == SETTINGS && (flags & ACK) == 0) {
        send(SETTINGS, ACK, 0, new byte[0]);
      }
      return frame;
    } catch (EOFException | SocketException e) {
      return null;
    }
  }

  /** The next frame of that type; others are passed over. */
  Frame await(int type) throws IOException {
    for (Frame frame = next(); frame != null; frame = next()) {
      if (frame.type() == type) {
        return frame;
      }
    }
    throw new EOFException("the server closed the connection before a frame of type=" + type);
  }

  /** The DATA frames of a stream to its end. */
  List<Frame> dataToEnd(int streamId) throws IOException {
    List<Frame> frames = new ArrayList<>();
    Frame frame;
    do {
      frame = await(DATA);
      if (frame.streamId() == streamId) {
        frames.add(frame);
      }
    } while (frame.streamId() != streamId || !frame.endStream());
    return frames;
  }

  static byte[] join(List<Frame> frames) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    frames.forEach(frame -> all.writeBytes(frame.data()));
    return all.toByteArray();
  }

  /** Whether the server closes the connection, saying GOAWAY with that code before. */
  boolean awaitGoAway(int code) throws IOException {
    boolean said = false;
    for (Frame frame = next(); frame != null; frame = next()) {
      said |= frame.type() == GO_AWAY && frame.code() == code;
    }
    return said;
  }

  /** Ends the connection with a TCP reset. */
  void abort() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  void shutdownOutput() throws IOException {
    socket.shutdownOutput();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
