package dev.segue.mcap;

import dev.segue.bytes.BytesSource;
import dev.segue.bytes.SegmentedBytes;

/**
 * One message, its data where it was read.
 *
 * <p>Owner: the caller. Lifetime: its data ends when it is closed and nothing holds what was lent,
 * whichever comes last; open messages hold memory of the reader's source. Threads: any.
 */
public final class McapMessage implements BytesSource.Piece {
  private final McapChannel channel;
  private final long sequence;
  private final long logTimeNanos;
  private final long publishTimeNanos;
  private final BytesSource.Piece data;
  private final long unpackedByteSize;

  McapMessage(
      McapChannel channel,
      long sequence,
      long logTimeNanos,
      long publishTimeNanos,
      BytesSource.Piece data,
      long unpackedByteSize) {
    this.channel = channel;
    this.sequence = sequence;
    this.logTimeNanos = logTimeNanos;
    this.publishTimeNanos = publishTimeNanos;
    this.data = data;
    this.unpackedByteSize = unpackedByteSize;
  }

  /** Returns the message's channel. */
  public McapChannel channel() {
    return channel;
  }

  /** Its number within the channel, unsigned 32 bits; 0 if nobody counted. */
  public long sequence() {
    return sequence;
  }

  /** Returns when it was recorded, since the Unix epoch. */
  public long logTimeNanos() {
    return logTimeNanos;
  }

  /** Returns when it was published, since the Unix epoch. */
  public long publishTimeNanos() {
    return publishTimeNanos;
  }

  /** The message itself. */
  public SegmentedBytes data() {
    return data.bytes();
  }

  /**
   * Returns the size of the chunk that was unpacked for this message, or copied because its source
   * can't lend that much at once; this message and those that follow hold it together. 0 if an
   * earlier message has reported it, or the chunk is a view.
   */
  public long unpackedByteSize() {
    return unpackedByteSize;
  }

  @Override
  public SegmentedBytes bytes() {
    return data.bytes();
  }

  @Override
  public void close() {
    data.close();
  }

  @Override
  public String toString() {
    return "McapMessage["
        + channel.topic()
        + ", sequence="
        + sequence
        + ", byteSize="
        + data().byteSize()
        + "]";
  }
}
