package dev.segue.http2;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.bytes.spi.MemoryOwner;
import io.netty.buffer.ByteBuf;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Bytes of a body as they were received, not joined.
 *
 * <p>Owner: its reader, until it is closed. Lifetime: {@link #bytes()} are valid until {@link
 * #close()}, or as long as they are lent. Closing also informs the peer that it may send as many
 * more, so keeping a piece is the price of back pressure. Threads: any.
 */
public final class BodyPiece implements AutoCloseable {
  private final SegmentedBytes bytes;
  private final Giver giver;
  private final Received owner;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final AtomicBoolean acknowledged = new AtomicBoolean();

  /** The source of a piece, which is told what becomes of it. Any thread. */
  interface Giver {
    /**
     * Something has changed.
     *
     * @param isAcknowledged whether the peer may send as many more from now on
     * @param isClosed whether the piece is held no longer
     */
    void changed(boolean isAcknowledged, boolean isClosed);
  }

  private static final class Received extends MemoryOwner {
    private final ByteBuf buffer;

    Received(ByteBuf buffer) {
      this.buffer = buffer;
    }

    @Override
    protected void free() {
      buffer.release();
    }

    @Override
    public String toString() {
      return "received data of byteSize=" + buffer.capacity();
    }
  }

  /** Takes over {@code buffer}, which is direct and not empty. */
  BodyPiece(ByteBuf buffer, Giver giver) {
    this.owner = new Received(buffer);
    this.giver = giver;
    this.bytes = view(buffer, owner);
  }

  private static SegmentedBytes view(ByteBuf buffer, Received owner) {
    if (buffer.nioBufferCount() == 1) {
      return Lend.ofOwned(MemorySegment.ofBuffer(buffer.nioBuffer()).asReadOnly(), owner);
    }
    List<SegmentedBytes> parts = new ArrayList<>();
    for (ByteBuffer part : buffer.nioBuffers()) {
      parts.add(Lend.ofOwned(MemorySegment.ofBuffer(part).asReadOnly(), owner));
    }
    return SegmentedBytes.concat(parts);
  }

  /** The bytes. */
  public SegmentedBytes bytes() {
    return bytes;
  }

  /** Lets the peer send as many more, though the bytes are kept. Idempotent. */
  public void acknowledge() {
    if (acknowledged.compareAndSet(false, true)) {
      giver.changed(true, false);
    }
  }

  /** Gives the bytes back and lets the peer send as many more. Idempotent. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      owner.close();
      giver.changed(acknowledged.compareAndSet(false, true), true);
    }
  }
}
