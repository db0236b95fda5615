package dev.segue.objectstore.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** Answers each request with what a script says, byte by byte if need be. */
public final class ScriptedServer implements AutoCloseable {
  /** What happens after a request's head was read. */
  public interface Script {
    void answer(int number, String head, Socket socket) throws Exception;
  }

  private final ServerSocket listening;
  private final Script script;
  private final Collection<Socket> sockets = new ConcurrentLinkedQueue<>();
  public final AtomicInteger requestCount = new AtomicInteger();
  public final AtomicInteger connectionCount = new AtomicInteger();

  public ScriptedServer(Script script) throws IOException {
    this.listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    this.script = script;
    Thread.ofVirtual().start(this::accept);
  }

  /** Answers every request with the same bytes. */
  public static ScriptedServer of(String response) throws IOException {
    return new ScriptedServer((number, head, socket) -> send(socket, response));
  }

  public static void send(Socket socket, String text) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write(text.getBytes(StandardCharsets.ISO_8859_1));
    out.flush();
  }

  public URI uri() {
    return URI.create("http://127.0.0.1:" + listening.getLocalPort());
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = listening.accept();
        sockets.add(socket);
        connectionCount.incrementAndGet();
        Thread.ofVirtual().start(() -> serve(socket));
      }
    } catch (IOException e) {
      return;
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      InputStream in = socket.getInputStream();
      for (String head = head(in); !head.isEmpty(); head = head(in)) {
        script.answer(requestCount.incrementAndGet(), head, socket);
      }
    } catch (Exception e) {
      return;
    }
  }

  private static String head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int b = in.read();
      if (b < 0) {
        return "";
      }
      head.append((char) b);
    }
    return head.toString();
  }

  @Override
  public void close() throws IOException {
    listening.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
