package dev.segue.http2;

import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;

/** A connection that can keep what is written, to send it together with what comes after. */
final class HeldBackSocket extends Socket {
  private final ByteArrayOutputStream held = new ByteArrayOutputStream();
  private boolean isHeldBack;

  HeldBackSocket(InetSocketAddress address) throws IOException {
    super(address.getAddress(), address.getPort());
    setTcpNoDelay(true);
  }

  /** What is written from now on waits for {@link #sendWith}. */
  void holdBack() {
    isHeldBack = true;
  }

  /** Sends what waits and {@code bytes} at once, so that its peer reads both at once. */
  void sendWith(byte[] bytes) throws IOException {
    held.writeBytes(bytes);
    isHeldBack = false;
    super.getOutputStream().write(held.toByteArray());
    held.reset();
  }

  @Override
  public OutputStream getOutputStream() throws IOException {
    return new FilterOutputStream(super.getOutputStream()) {
      @Override
      public void write(byte[] bytes, int offset, int count) throws IOException {
        if (isHeldBack) {
          held.write(bytes, offset, count);
        } else {
          out.write(bytes, offset, count);
        }
      }
    };
  }
}
