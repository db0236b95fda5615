package dev.segue.objectstore.checksum;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import java.util.zip.Checksum;

/**
 * The checksums of an object's pieces, each computed by the thread that read it from its socket,
 * while the bytes were still in the processor's cache. Ranges arrive in any order.
 */
public final class Pieces {
  /** Pieces end at its multiples, so that the ends of most parts are ends of pieces. */
  public static final long GRAIN = 1L << 20;

  private record Piece(long byteSize, long crc) {}

  private final Crc crc;
  private final ConcurrentNavigableMap<Long, Piece> byOffset = new ConcurrentSkipListMap<>();

  public Pieces(Crc crc) {
    this.crc = crc;
  }

  public Crc crc() {
    return crc;
  }

  /** Takes the bytes from an offset on, as they arrive; one per attempt to read a range. */
  public Recorder from(long byteOffset) {
    return new Recorder(byteOffset);
  }

  /** The checksum of a run of bytes, if it begins and ends where pieces do. */
  public OptionalLong over(long byteOffset, long endByteOffset) {
    long value = 0;
    long at = byteOffset;
    for (Map.Entry<Long, Piece> each : byOffset.subMap(byteOffset, endByteOffset).entrySet()) {
      if (each.getKey() != at) {
        return OptionalLong.empty();
      }
      Piece piece = each.getValue();
      value = at == byteOffset ? piece.crc() : crc.combined(value, piece.crc(), piece.byteSize());
      at += piece.byteSize();
    }
    return at == endByteOffset ? OptionalLong.of(value) : OptionalLong.empty();
  }

  public void forget(long byteOffset, long endByteOffset) {
    byOffset.subMap(byteOffset, endByteOffset).clear();
  }

  public void clear() {
    byOffset.clear();
  }

  /** Computes the pieces of one range. Threads: one at a time. */
  public final class Recorder implements Consumer<ByteBuffer> {
    private final Checksum checksum = crc.begin();
    private long from;
    private long at;

    private Recorder(long byteOffset) {
      from = byteOffset;
      at = byteOffset;
    }

    @Override
    public void accept(ByteBuffer bytes) {
      ByteBuffer left = bytes.duplicate();
      int end = left.limit();
      while (left.position() < end) {
        long room = GRAIN - at % GRAIN;
        int count = (int) Math.min(room, end - left.position());
        left.limit(left.position() + count);
        checksum.update(left);
        at += count;
        if (count == room) {
          seal();
        }
      }
    }

    /** The range has arrived as a whole. */
    public void end() {
      if (at > from) {
        seal();
      }
    }

    private void seal() {
      byOffset.put(from, new Piece(at - from, checksum.getValue()));
      checksum.reset();
      from = at;
    }
  }
}
