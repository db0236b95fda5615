package dev.segue.bytes;

import dev.segue.bytes.spi.MemoryOwner;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.Checksum;
import org.jspecify.annotations.Nullable;

/**
 * Reads the memory of {@link SegmentedBytes}, holding it meanwhile where its scope alone does not
 * protect it. An access to memory that has gone back is an {@link IllegalStateException}.
 */
final class Access {
  // Below what the JDK takes, which is not a power of two, so that the parts stay aligned.
  private static final long LARGEST_BUFFER = 1L << 30;

  private Access() {}

  private static @Nullable MemoryOwner hold(SegmentedBytes bytes, int index) {
    MemoryOwner owner = bytes.ownerAt(index);
    if (owner == null || owner.isGuarded()) {
      return null;
    }
    owner.acquire();
    return owner;
  }

  private static void letGo(@Nullable MemoryOwner held) {
    if (held != null) {
      held.release();
    }
  }

  static byte byteAt(SegmentedBytes bytes, int index, long within) {
    MemoryOwner held = hold(bytes, index);
    try {
      return bytes.segmentAt(index).get(ValueLayout.JAVA_BYTE, within);
    } finally {
      letGo(held);
    }
  }

  static short shortAt(SegmentedBytes bytes, int index, long within, ValueLayout.OfShort layout) {
    MemoryOwner held = hold(bytes, index);
    try {
      return bytes.segmentAt(index).get(layout, within);
    } finally {
      letGo(held);
    }
  }

  static int intAt(SegmentedBytes bytes, int index, long within, ValueLayout.OfInt layout) {
    MemoryOwner held = hold(bytes, index);
    try {
      return bytes.segmentAt(index).get(layout, within);
    } finally {
      letGo(held);
    }
  }

  static long longAt(SegmentedBytes bytes, int index, long within, ValueLayout.OfLong layout) {
    MemoryOwner held = hold(bytes, index);
    try {
      return bytes.segmentAt(index).get(layout, within);
    } finally {
      letGo(held);
    }
  }

  /** Copies a range that is within the bytes and the target. */
  static void copy(
      SegmentedBytes bytes,
      long byteOffset,
      MemorySegment target,
      long targetByteOffset,
      long byteSize) {
    if (byteSize == 0) {
      return;
    }
    int index = bytes.indexOf(byteOffset);
    long within = byteOffset - bytes.startOf(index);
    long at = targetByteOffset;
    long left = byteSize;
    while (left > 0) {
      MemorySegment segment = bytes.segmentAt(index);
      long run = Math.min(left, segment.byteSize() - within);
      MemoryOwner held = hold(bytes, index);
      try {
        MemorySegment.copy(segment, within, target, at, run);
      } finally {
        letGo(held);
      }
      at += run;
      left -= run;
      within = 0;
      index++;
    }
  }

  /** Returns whether two of the same size have the same content. */
  static boolean sameContent(SegmentedBytes one, SegmentedBytes other) {
    if (one.isEmpty()) {
      return true;
    }
    int mine = 0;
    int theirs = 0;
    long mineAt = 0;
    long theirsAt = 0;
    while (mine < one.segmentCount()) {
      MemorySegment a = one.segmentAt(mine);
      MemorySegment b = other.segmentAt(theirs);
      long run = Math.min(a.byteSize() - mineAt, b.byteSize() - theirsAt);
      MemoryOwner held = hold(one, mine);
      try {
        MemoryOwner alsoHeld = hold(other, theirs);
        try {
          if (MemorySegment.mismatch(a, mineAt, mineAt + run, b, theirsAt, theirsAt + run) >= 0) {
            return false;
          }
        } finally {
          letGo(alsoHeld);
        }
      } finally {
        letGo(held);
      }
      mineAt += run;
      theirsAt += run;
      if (mineAt == a.byteSize()) {
        mine++;
        mineAt = 0;
      }
      if (theirsAt == b.byteSize()) {
        theirs++;
        theirsAt = 0;
      }
    }
    return true;
  }

  /** Adds all bytes to a checksum. */
  static void update(Checksum checksum, SegmentedBytes bytes) {
    for (int i = 0; i < bytes.segmentCount(); i++) {
      MemoryOwner held = hold(bytes, i);
      try {
        List<ByteBuffer> raw = new ArrayList<>(1);
        addBuffers(bytes.segmentAt(i), raw);
        raw.forEach(checksum::update);
      } finally {
        letGo(held);
      }
    }
  }

  /** The raw memory as NIO buffers, for who holds it. */
  static List<ByteBuffer> rawByteBuffers(SegmentedBytes bytes) {
    List<ByteBuffer> raw = new ArrayList<>(bytes.segmentCount());
    for (int i = 0; i < bytes.segmentCount(); i++) {
      addBuffers(bytes.segmentAt(i), raw);
    }
    return raw;
  }

  static void addBuffers(MemorySegment segment, List<ByteBuffer> buffers) {
    for (long at = 0; at < segment.byteSize(); at += LARGEST_BUFFER) {
      long run = Math.min(LARGEST_BUFFER, segment.byteSize() - at);
      buffers.add(segment.asSlice(at, run).asByteBuffer());
    }
  }
}
