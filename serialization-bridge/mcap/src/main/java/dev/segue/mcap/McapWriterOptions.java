package dev.segue.mcap;

/**
 * The layout of a recording.
 *
 * @param compression of chunks of small messages; large ones are never compressed
 * @param chunkByteSize how large a chunk of small messages becomes; 0 for a file without chunks and
 *     so without an index by time
 */
public record McapWriterOptions(McapCompression compression, int chunkByteSize) {
  /** The size from which a message gets a chunk of its own, where it is borrowed. */
  public static final int LARGE_MESSAGE_BYTE_SIZE = 64 << 10;

  private static final int CHUNK_BYTE_SIZE = 1 << 20;
  static final int LARGEST_CHUNK_BYTE_SIZE = 64 << 20;

  /** Checks the size. */
  public McapWriterOptions {
    if (chunkByteSize < 0 || chunkByteSize > LARGEST_CHUNK_BYTE_SIZE) {
      throw new IllegalArgumentException(
          "chunks of chunkByteSize=" + chunkByteSize + ": from 0 to " + LARGEST_CHUNK_BYTE_SIZE);
    }
    if (chunkByteSize == 0 && compression != McapCompression.NONE) {
      throw new IllegalArgumentException(
          "compression=" + compression + " without chunks: only chunks are compressed");
    }
  }

  /** Without chunks, in the order in which things are written. */
  public static McapWriterOptions plain() {
    return new McapWriterOptions(McapCompression.NONE, 0);
  }

  /** In chunks with an index, so that players seek; small messages gather up to 1 MiB. */
  public static McapWriterOptions indexed() {
    return new McapWriterOptions(McapCompression.NONE, CHUNK_BYTE_SIZE);
  }

  /** With another compression. */
  public McapWriterOptions compression(McapCompression value) {
    return new McapWriterOptions(value, chunkByteSize);
  }

  /** With chunks of another size. */
  public McapWriterOptions chunkByteSize(int value) {
    return new McapWriterOptions(compression, value);
  }

  boolean hasChunks() {
    return chunkByteSize > 0;
  }
}
