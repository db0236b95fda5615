package dev.segue.capnproto;

import dev.segue.bytes.SegmentedBytes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** The ways in which the same bytes can lie. */
enum Layout {
  WHOLE {
    @Override
    int pieceByteSize(Random random, int left) {
      return left;
    }
  },
  UNALIGNED {
    @Override
    int pieceByteSize(Random random, int left) {
      return left;
    }

    @Override
    int shift(Random random) {
      return 1 + random.nextInt(7);
    }
  },
  ONE_BYTE_EACH {
    @Override
    int pieceByteSize(Random random, int left) {
      return 1;
    }
  },
  WORDS {
    @Override
    int pieceByteSize(Random random, int left) {
      return Math.min(left, Long.BYTES);
    }
  },
  RANDOM {
    @Override
    int pieceByteSize(Random random, int left) {
      return 1 + random.nextInt(Math.min(left, 100));
    }

    @Override
    int shift(Random random) {
      return random.nextInt(8);
    }
  };

  abstract int pieceByteSize(Random random, int left);

  int shift(Random random) {
    return 0;
  }

  SegmentedBytes of(byte[] bytes, Arena arena, Random random) {
    List<MemorySegment> pieces = new ArrayList<>();
    for (int at = 0; at < bytes.length; ) {
      int byteSize = pieceByteSize(random, bytes.length - at);
      int shift = shift(random);
      MemorySegment piece = arena.allocate(shift + byteSize, 8).asSlice(shift);
      MemorySegment.copy(MemorySegment.ofArray(bytes), at, piece, 0, byteSize);
      pieces.add(piece.asReadOnly());
      at += byteSize;
    }
    return SegmentedBytes.fromSegments(pieces, false);
  }
}
