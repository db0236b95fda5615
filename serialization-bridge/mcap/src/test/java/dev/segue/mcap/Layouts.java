package dev.segue.mcap;

import dev.segue.bytes.BytesSink;
import dev.segue.bytes.BytesSource;
import dev.segue.bytes.SegmentedBytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/** Files in memory, written and read in pieces. */
final class Layouts {
  private Layouts() {}

  /** Copies what it gets at once. */
  static final class Memory implements BytesSink {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Override
    public void write(SegmentedBytes piece) {
      bytes.writeBytes(piece.copyToByteArray());
    }

    byte[] file() {
      return bytes.toByteArray();
    }
  }

  /** A file by hand: what the format asks for at its begin, then what a test adds. */
  static class Begun {
    final Memory memory = new Memory();
    final RecordBlock out = new RecordBlock(memory);
    final RecordBuffer buffer = new RecordBuffer();

    Begun() throws IOException {
      out.copyFrom(buffer.empty().uint64(Opcode.MAGIC).written());
      out.copyFrom(buffer.begin(Opcode.HEADER).string("").string("").end());
    }
  }

  /** Gives pieces, and counts those that are open. */
  static final class Pieces implements BytesSource {
    private final SegmentedBytes file;
    private final List<Long> sizes;
    private final long lendable;
    private int index;
    private long at;
    int openCount;
    boolean isClosed;

    /** Pieces of these sizes in turn. */
    Pieces(byte[] file, List<Long> sizes, long lendable) {
      this.file = SegmentedBytes.copyOf(file);
      this.sizes = sizes;
      this.lendable = lendable;
    }

    @Override
    public Optional<Piece> next() {
      long count = Math.min(sizes.get(index++ % sizes.size()), file.byteSize() - at);
      if (count == 0) {
        return Optional.empty();
      }
      SegmentedBytes part = file.slice(at, count);
      at += count;
      openCount++;
      return Optional.of(
          new Piece() {
            @Override
            public SegmentedBytes bytes() {
              return part;
            }

            @Override
            public void close() {
              openCount--;
            }
          });
    }

    @Override
    public long lendableByteSize() {
      return lendable;
    }

    @Override
    public void close() {
      isClosed = true;
    }
  }

  static Pieces whole(byte[] file) {
    return new Pieces(file, List.of(Math.max(1L, file.length)), Long.MAX_VALUE);
  }

  static List<Pieces> all(byte[] file, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Long> sizes = random.longs(50, 1, 2000).boxed().toList();
    return List.of(
        whole(file),
        new Pieces(file, List.of(1L), Long.MAX_VALUE),
        new Pieces(file, List.of(7L, 100L), 300),
        new Pieces(file, sizes, Long.MAX_VALUE));
  }
}
