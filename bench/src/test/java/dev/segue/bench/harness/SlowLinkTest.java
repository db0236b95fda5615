package dev.segue.bench.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SlowLinkTest {
  private static final SlowLink.Quality QUICK = new SlowLink.Quality(0, 10_000_000_000L);

  private static long threadCount() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(each -> each.getName().startsWith("slow link,"))
        .count();
  }

  private static void awaitNoThreads() throws InterruptedException {
    while (threadCount() > 0) {
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  @Test
  void aDirectionThatNobodyReadsEndsWithItsConnection() throws Exception {
    try (ServerSocket target = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        SlowLink link = SlowLink.to(target.getLocalPort(), QUICK);
        Socket near = new Socket(InetAddress.getLoopbackAddress(), link.port())) {
      Socket far = target.accept();
      Thread.ofVirtual()
          .start(
              () -> {
                try {
                  TimeUnit.MILLISECONDS.sleep(500);
                  far.close();
                } catch (IOException | InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              });
      OutputStream out = near.getOutputStream();
      byte[] block = new byte[1 << 20];
      // Far more than the link and the sockets have room for.
      assertThrows(
          IOException.class,
          () -> {
            for (int i = 0; i < 1024; i++) {
              out.write(block);
            }
          });
      awaitNoThreads();
    }
  }

  @Test
  void whoConnectsWhileNobodyListensBehindTheLinkIsHungUpOn() throws Exception {
    try (SlowLink link = SlowLink.to(Endpoints.freePort(), QUICK);
        Socket near = new Socket(InetAddress.getLoopbackAddress(), link.port())) {
      near.setSoTimeout(20_000);
      int end;
      try {
        end = near.getInputStream().read();
      } catch (java.net.SocketException e) {
        end = -1;
      }
      assertEquals(-1, end);
    }
  }
}
