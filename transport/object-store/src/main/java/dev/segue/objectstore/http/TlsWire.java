package dev.segue.objectstore.http;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;

/**
 * TLS over a plain wire. A record is decrypted straight into the target; what does not fit any more
 * goes into a spill of one record, which the next read empties first.
 */
final class TlsWire implements Wire {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final PlainWire plain;
  private final SSLEngine engine;
  private final ByteBuffer[] out = new ByteBuffer[1];
  private final ByteBuffer[] targets = new ByteBuffer[2];
  private ByteBuffer received;
  private ByteBuffer sealed;
  private final ByteBuffer spill;
  private boolean closeNotified;

  /** Whether a new handshake has begun that the server asked for. */
  private boolean handshaking;

  /** Does the handshake; on failure the plain wire is closed. */
  TlsWire(PlainWire plain, SSLEngine engine) throws IOException {
    this.plain = plain;
    this.engine = engine;
    int packet = engine.getSession().getPacketBufferSize();
    this.received = received(engine, Math.max(packet, 64 << 10)).limit(0);
    this.sealed = ByteBuffer.allocateDirect(Math.max(2 * packet, 64 << 10));
    this.spill =
        ByteBuffer.allocateDirect(engine.getSession().getApplicationBufferSize() + 1024).limit(0);
    try {
      engine.beginHandshake();
      handshake(engine.getHandshakeStatus());
    } catch (IOException | RuntimeException e) {
      plain.close();
      throw e;
    }
  }

  /** The JDK's ciphers take arrays as they are, but move native memory into arrays first. */
  private static ByteBuffer received(SSLEngine engine, int byteSize) {
    return engine.getClass().getName().startsWith("sun.security.")
        ? ByteBuffer.allocate(byteSize)
        : ByteBuffer.allocateDirect(byteSize);
  }

  /**
   * Says what the engine has to say to the server, for a new key or a new handshake as well, and
   * reads nothing: what comes next may be the response's.
   *
   * @return what the engine waits for
   */
  private HandshakeStatus answer(HandshakeStatus first) throws IOException {
    HandshakeStatus status = first;
    while (true) {
      switch (status) {
        case NEED_TASK -> {
          for (Runnable task = engine.getDelegatedTask();
              task != null;
              task = engine.getDelegatedTask()) {
            task.run();
          }
          status = engine.getHandshakeStatus();
        }
        case NEED_WRAP -> {
          SSLEngineResult result = engine.wrap(NOTHING, sealed.clear());
          if (result.getStatus() == Status.CLOSED && result.bytesProduced() == 0) {
            throw new SSLException("TLS handshake: the engine is closed");
          }
          flush();
          status = result.getHandshakeStatus();
        }
        default -> {
          return status;
        }
      }
    }
  }

  private void handshake(HandshakeStatus first) throws IOException {
    HandshakeStatus status = first;
    while (true) {
      status = answer(status);
      switch (status) {
        case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
          if (spill.hasRemaining()) {
            throw new SSLException("TLS handshake: the server sends data within it");
          }
          spill.clear();
          SSLEngineResult result = engine.unwrap(received, spill);
          spill.flip();
          status = result.getHandshakeStatus();
          if (result.getStatus() == Status.BUFFER_UNDERFLOW) {
            if (fill() < 0) {
              throw new EOFException("TLS handshake: the server closed the connection");
            }
          } else if (result.getStatus() != Status.OK) {
            throw new SSLException("TLS handshake: the engine says " + result.getStatus());
          }
        }
        default -> {
          return;
        }
      }
    }
  }

  private int fill() throws IOException {
    received.compact();
    if (!received.hasRemaining()) {
      ByteBuffer larger = received(engine, received.capacity() * 2);
      received = larger.put(received.flip());
    }
    int count = plain.read(received);
    received.flip();
    return count;
  }

  private void flush() throws IOException {
    sealed.flip();
    out[0] = sealed;
    while (sealed.hasRemaining()) {
      plain.write(out, 0, 1);
    }
    sealed.clear();
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    if (spill.hasRemaining()) {
      int count = Math.min(spill.remaining(), target.remaining());
      target.put(spill.slice(spill.position(), count));
      spill.position(spill.position() + count);
      return count;
    }
    int before = target.position();
    while (true) {
      spill.clear();
      targets[0] = target;
      targets[1] = spill;
      SSLEngineResult result;
      try {
        result = engine.unwrap(received, targets);
      } finally {
        spill.flip();
      }
      switch (result.getStatus()) {
        case BUFFER_UNDERFLOW -> {
          if (target.position() > before) {
            return target.position() - before;
          }
          if (fill() < 0) {
            return -1;
          }
        }
        case CLOSED -> {
          closeNotified = true;
          return target.position() > before ? target.position() - before : -1;
        }
        case BUFFER_OVERFLOW ->
            throw new SSLException("TLS record larger than the session's own limit");
        case OK -> {
          handshaking = answer(result.getHandshakeStatus()) == HandshakeStatus.NEED_UNWRAP;
          if (!target.hasRemaining() || spill.hasRemaining()) {
            return target.position() - before;
          }
        }
      }
    }
  }

  @Override
  public void write(ByteBuffer[] sources, int offset, int count) throws IOException {
    if (handshaking) {
      // Servers refuse data within it.
      handshake(engine.getHandshakeStatus());
      handshaking = false;
    }
    sealed.clear();
    boolean more = true;
    while (more) {
      SSLEngineResult result = engine.wrap(sources, offset, count, sealed);
      if (result.getStatus() == Status.CLOSED) {
        throw new SSLException("TLS write: the connection is closed");
      }
      if (result.getStatus() == Status.BUFFER_OVERFLOW) {
        if (sealed.position() > 0) {
          break;
        }
        sealed = ByteBuffer.allocateDirect(sealed.capacity() * 2);
      }
      more = sources[offset + count - 1].hasRemaining();
    }
    flush();
  }

  @Override
  public long sendBufferByteSize() {
    return plain.sendBufferByteSize();
  }

  /**
   * Late session tickets make it not quiet too: that costs a connection, a desync would cost more.
   */
  @Override
  public boolean isQuiet() {
    return !spill.hasRemaining() && !received.hasRemaining() && plain.isQuiet();
  }

  @Override
  public boolean isEndAuthentic() {
    return closeNotified;
  }

  @Override
  public void close() {
    plain.close();
  }
}
