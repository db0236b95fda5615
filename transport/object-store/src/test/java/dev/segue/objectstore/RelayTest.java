package dev.segue.objectstore;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests of outages wait for failures: a relay that is away and passes something on hangs them. */
@Timeout(60)
class RelayTest {
  private static final long FAST = 1L << 30;
  private static final int READ_TIMEOUT_MILLIS = 20_000;

  private static Socket client(Relay relay) throws IOException {
    Socket client =
        new Socket(InetAddress.getLoopbackAddress(), URI.create(relay.endpoint()).getPort());
    client.setSoTimeout(READ_TIMEOUT_MILLIS);
    return client;
  }

  private static URI at(ServerSocket server) {
    return URI.create("http://127.0.0.1:" + server.getLocalPort());
  }

  private static String outcome(Socket client) throws IOException {
    try {
      client.getOutputStream().write(7);
      int read = client.getInputStream().read();
      return read < 0 ? "ended" : "answered " + read;
    } catch (SocketException e) {
      return "ended";
    }
  }

  /** Answers each byte with itself. */
  private static void echo(ServerSocket server) {
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                while (true) {
                  Socket socket = server.accept();
                  Thread.ofVirtual().start(() -> echo(socket));
                }
              } catch (IOException e) {
                return; // closed
              }
            });
  }

  private static void echo(Socket socket) {
    try (socket) {
      socket.getInputStream().transferTo(socket.getOutputStream());
    } catch (IOException e) {
      return; // gone
    }
  }

  @Test
  void aConnectionThatComesUpWhileItGoesAwayIsEnded() throws Exception {
    List<Socket> filling = new ArrayList<>();
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      // Its queue is full: the relay's connection to it comes up only when it accepts.
      for (int i = 0; i < 2; i++) {
        filling.add(new Socket(server.getInetAddress(), server.getLocalPort()));
      }
      try (Relay relay = new Relay(at(server), FAST);
          Socket client = client(relay)) {
        Thread.sleep(300);
        relay.away(true);
        echo(server);
        assertEquals("ended", outcome(client));
      }
    } finally {
      for (Socket each : filling) {
        each.close();
      }
    }
  }

  @Test
  void aServerThatIsNotThereEndsNothingButTheConnection() throws Exception {
    int port;
    try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      port = server.getLocalPort();
    }
    try (Relay relay = new Relay(URI.create("http://127.0.0.1:" + port), FAST)) {
      try (Socket early = client(relay)) {
        assertEquals("ended", outcome(early));
      }
      try (ServerSocket server = new ServerSocket(port, 50, InetAddress.getLoopbackAddress())) {
        echo(server);
        try (Socket late = client(relay)) {
          late.getOutputStream().write(7);
          assertEquals(7, late.getInputStream().read());
        }
      }
    }
  }
}
