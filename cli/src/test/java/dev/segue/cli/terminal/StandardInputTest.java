package dev.segue.cli.terminal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class StandardInputTest {
  @Test
  void allOfItIsRead() throws IOException {
    byte[] bytes = new byte[1_000_001];
    new Random(1).nextBytes(bytes);
    InputStream in = StandardInput.of(new ByteArrayInputStream(bytes));
    assertEquals(bytes[0] & 0xff, in.read());
    byte[] rest = in.readAllBytes();
    assertEquals(bytes.length - 1, rest.length);
    assertArrayEquals(bytes, concat(bytes[0], rest));
    assertEquals(-1, in.read());
    assertEquals(-1, in.read());
  }

  private static byte[] concat(byte first, byte[] rest) {
    byte[] all = new byte[rest.length + 1];
    all[0] = first;
    System.arraycopy(rest, 0, all, 1, rest.length);
    return all;
  }

  @Test
  void whoeverWaitsForItCanBeInterrupted() throws IOException {
    try (PipedOutputStream silent = new PipedOutputStream();
        InputStream in = StandardInput.of(new PipedInputStream(silent))) {
      Thread.currentThread().interrupt();
      assertThrows(InterruptedIOException.class, in::read);
      // What clears away behind it may wait again.
      assertFalse(Thread.interrupted());
    }
  }

  @Test
  void aFaultIsToldBehindWhatCameBeforeIt() throws IOException {
    InputStream faulty =
        new InputStream() {
          private boolean isRead;

          @Override
          public int read() throws IOException {
            if (isRead) {
              throw new IOException("it is broken");
            }
            isRead = true;
            return 7;
          }

          @Override
          public int read(byte[] target, int offset, int length) throws IOException {
            target[offset] = (byte) read();
            return 1;
          }
        };
    InputStream in = StandardInput.of(faulty);
    assertEquals(7, in.read());
    IOException e = assertThrows(IOException.class, in::read);
    assertEquals("standard input: it is broken", e.getMessage());
  }
}
