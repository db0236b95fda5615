package dev.segue.objectstore;

import dev.segue.bytes.BytesSource;
import dev.segue.bytes.SegmentedBytes;

/**
 * Bytes of an object in memory of a pool.
 *
 * <p>Owner: the caller. Lifetime: until {@link #close()}, or the end of what the bytes were lent
 * to, whichever comes last. Threads: any.
 */
public final class ObjectBytes implements BytesSource.Piece {
  private final ObjectInfo info;
  private final long byteOffset;
  private final SegmentedBytes bytes;
  private final Runnable release;

  /**
   * Bytes that a store has read.
   *
   * @param release gives their memory back; may be called more than once
   */
  public ObjectBytes(ObjectInfo info, long byteOffset, SegmentedBytes bytes, Runnable release) {
    this.info = info;
    this.byteOffset = byteOffset;
    this.bytes = bytes;
    this.release = release;
  }

  /** The version of the object that the bytes are of. */
  public ObjectInfo info() {
    return info;
  }

  /** Returns the offset in the object of the first byte. */
  public long byteOffset() {
    return byteOffset;
  }

  /** The bytes, as they were read from the socket or the file. */
  @Override
  public SegmentedBytes bytes() {
    return bytes;
  }

  /** Gives the memory back. Idempotent. */
  @Override
  public void close() {
    release.run();
  }
}
