package dev.segue.http2;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * A server that does on its connections what a test says: the first script on the first, and so on,
 * the last one on all that follow. Each runs on a thread of its own.
 */
final class RawServer implements AutoCloseable {
  /** What the server does on one connection; it is closed after that. */
  interface Script {
    void run(Socket socket) throws Exception;
  }

  /** The same with frames. */
  interface Frames {
    void run(RawPeer peer) throws Exception;
  }

  private final ServerSocket listener;
  private final List<Script> scripts;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private volatile @Nullable Throwable fault;

  private RawServer(Script... scripts) throws IOException {
    this.scripts = List.of(scripts);
    this.listener = new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"));
    Thread.ofVirtual().start(this::accept);
  }

  static RawServer of(Script... scripts) throws IOException {
    return new RawServer(scripts);
  }

  /** A script that begins as a server does, with large windows. */
  static Script http2(Frames frames) {
    return socket -> frames.run(new RawPeer(socket).startServer(1 << 20, 1 << 24, 16_384));
  }

  /** Answers every request with 200 and no body, until the client goes. */
  static void answerAll(RawPeer peer) throws IOException {
    for (RawPeer.Frame frame = peer.next(); frame != null; frame = peer.next()) {
      answer(peer, frame);
    }
  }

  /** What a server of this kind says to one frame. */
  static void answer(RawPeer peer, RawPeer.Frame frame) throws IOException {
    if (frame.type() == RawPeer.HEADERS) {
      peer.respond(frame.streamId(), true);
    } else if (frame.type() == RawPeer.PING && (frame.flags() & RawPeer.ACK) == 0) {
      peer.send(RawPeer.PING, RawPeer.ACK, 0, frame.payload());
    }
  }

  /** Reads until the client goes, and says nothing. */
  static void swallow(RawPeer peer) throws IOException {
    RawPeer.Frame frame;
    do {
      frame = peer.next();
    } while (frame != null);
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = listener.accept();
        Script script = scripts.get(Math.min(sockets.size(), scripts.size() - 1));
        sockets.add(socket);
        Thread.ofVirtual().start(() -> serve(socket, script));
      }
    } catch (IOException e) {
      // closed
    }
  }

  private void serve(Socket socket, Script script) {
    try (socket) {
      script.run(socket);
    } catch (Exception | Error e) {
      if (!listener.isClosed()) {
        fault = e;
      }
    }
  }

  int port() {
    return listener.getLocalPort();
  }

  int connectionCount() {
    return sockets.size();
  }

  Http2Client.Builder client() {
    return Http2Client.builder("127.0.0.1", port());
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : sockets) {
      socket.close();
    }
    if (fault != null) {
      throw new AssertionError("the script of a server failed", fault);
    }
  }
}
