package dev.segue.bytes;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** The ways in which the same content can lie in memory. */
enum Layout {
  ONE_NATIVE_SEGMENT {
    @Override
    SegmentedBytes of(byte[] content) {
      return SegmentedBytes.fromSegments(List.of(Content.borrowable(content)), false);
    }
  },
  MAPPED_FILE {
    @Override
    SegmentedBytes of(byte[] content) {
      try {
        Path file = Files.createTempFile("segue", ".bytes");
        try {
          Files.write(file, content);
          try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            MemorySegment mapped =
                channel.map(FileChannel.MapMode.READ_ONLY, 0, content.length, Arena.ofAuto());
            return SegmentedBytes.fromSegments(List.of(mapped), false);
          }
        } finally {
          Files.delete(file);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  },
  MANY_SEGMENTS {
    @Override
    SegmentedBytes of(byte[] content) {
      return pieces(content, at -> 5);
    }
  },
  UNALIGNED {
    @Override
    SegmentedBytes of(byte[] content) {
      MemorySegment shifted = Content.writable(new byte[content.length + 3]).asSlice(3);
      MemorySegment.copy(MemorySegment.ofArray(content), 0, shifted, 0, content.length);
      MemorySegment whole = shifted.asReadOnly();
      long cut = Math.min(content.length, 7);
      return SegmentedBytes.fromSegments(List.of(whole.asSlice(0, cut), whole.asSlice(cut)), false);
    }
  },
  ONE_BYTE_PER_SEGMENT {
    @Override
    SegmentedBytes of(byte[] content) {
      return pieces(content, at -> 1);
    }
  },
  RANDOM {
    @Override
    SegmentedBytes of(byte[] content) {
      Random random = new Random(Content.SEED);
      return pieces(content, at -> random.nextInt(20));
    }
  },
  SLICE_OF_SLICES {
    @Override
    SegmentedBytes of(byte[] content) {
      byte[] padded = new byte[content.length + 14];
      Arrays.fill(padded, (byte) 0x55);
      System.arraycopy(content, 0, padded, 8, content.length);
      return pieces(padded, at -> 3)
          .slice(2, content.length + 10)
          .slice(3, content.length + 4)
          .slice(3)
          .slice(0, content.length);
    }
  },
  CONCAT {
    @Override
    SegmentedBytes of(byte[] content) {
      SegmentedBytes whole = pieces(content, at -> 11);
      long half = content.length / 2;
      return SegmentedBytes.concat(
          List.of(SegmentedBytes.empty(), whole.slice(0, half), whole.slice(half)));
    }
  },
  COPIED {
    @Override
    SegmentedBytes of(byte[] content) {
      return SegmentedBytes.copyOf(content);
    }
  };

  private interface Cut {
    int byteSizeAt(int byteOffset);
  }

  abstract SegmentedBytes of(byte[] content);

  /** Pieces with a gap after each, so that a read beyond one is seen. */
  private static SegmentedBytes pieces(byte[] content, Cut cut) {
    MemorySegment block = Content.writable(new byte[2 * content.length]).fill((byte) 0x33);
    List<MemorySegment> pieces = new ArrayList<>();
    for (int at = 0; at < content.length; ) {
      int byteSize = Math.min(cut.byteSizeAt(at), content.length - at);
      MemorySegment piece = block.asSlice(2L * at, byteSize);
      MemorySegment.copy(content, at, piece, ValueLayout.JAVA_BYTE, 0, byteSize);
      pieces.add(piece.asReadOnly());
      at += byteSize;
    }
    return SegmentedBytes.fromSegments(pieces, false);
  }
}
