package dev.segue.mcap;

import io.airlift.compress.v3.zstd.ZstdCompressor;
import io.airlift.compress.v3.zstd.ZstdDecompressor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The compression of a chunk's records. Zstandard, and writing LZ4, need {@code
 * io.airlift:aircompressor-v3} on the class path.
 */
public enum McapCompression {
  /** Not at all. */
  NONE(""),
  /** LZ4 frames: fast, and little smaller. */
  LZ4("lz4"),
  /** Zstandard: smaller. */
  ZSTD("zstd");

  private final String format;

  McapCompression(String format) {
    this.format = format;
  }

  /** The name that a chunk has for it. */
  String format() {
    return format;
  }

  static McapCompression of(String what, String format) throws McapFormatException {
    for (McapCompression compression : values()) {
      if (compression.format.equals(format)) {
        return compression;
      }
    }
    throw new McapFormatException(
        what + ": compression=" + format + " is not known, only lz4 and zstd are");
  }

  /**
   * Compresses into memory of an arena.
   *
   * @throws IllegalStateException if the library is missing
   */
  MemorySegment compress(MemorySegment from, Arena arena) {
    try {
      return switch (this) {
        case NONE -> from;
        case LZ4 -> {
          MemorySegment to = arena.allocate(Lz4Frame.largest(from.byteSize()), Long.BYTES);
          yield to.asSlice(0, Lz4Frame.compress(from, to));
        }
        case ZSTD -> {
          ZstdCompressor compressor = ZstdCompressor.create();
          int largest = compressor.maxCompressedLength((int) from.byteSize());
          MemorySegment to = arena.allocate(largest, Long.BYTES);
          yield to.asSlice(0, compressor.compress(from, to));
        }
      };
    } catch (NoClassDefFoundError e) {
      throw new IllegalStateException(missing(), e);
    }
  }

  /**
   * Looks whether chunks can be written with it.
   *
   * @throws IllegalStateException if the library is missing
   */
  void check() {
    try (Arena arena = Arena.ofConfined()) {
      compress(arena.allocate(1), arena);
    }
  }

  private String missing() {
    return "compression=" + format + " needs io.airlift:aircompressor-v3 on the class path";
  }

  /** Fills {@code to} exactly. */
  void decompress(String what, MemorySegment from, MemorySegment to) throws McapFormatException {
    switch (this) {
      case NONE -> throw new AssertionError("nothing to decompress");
      case LZ4 -> Lz4Frame.decompress(what, from, to);
      case ZSTD -> decompressZstd(what, from, to);
    }
  }

  private void decompressZstd(String what, MemorySegment from, MemorySegment to)
      throws McapFormatException {
    int count;
    try {
      count = ZstdDecompressor.create().decompress(from, to);
    } catch (NoClassDefFoundError e) {
      McapFormatException missing = new McapFormatException(what + ": " + missing());
      missing.initCause(e);
      throw missing;
    } catch (RuntimeException e) {
      McapFormatException damaged =
          new McapFormatException(what + ": its records are damaged: " + e.getMessage());
      damaged.initCause(e);
      throw damaged;
    }
    if (count != to.byteSize()) {
      throw new McapFormatException(
          what + ": its records have byteSize=" + count + ", the chunk says " + to.byteSize());
    }
  }
}
