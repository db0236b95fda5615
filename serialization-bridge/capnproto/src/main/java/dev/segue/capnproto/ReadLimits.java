package dev.segue.capnproto;

/**
 * Limits on reading a message from elsewhere: beyond them, reading ends in a {@link
 * CapnProtoException}.
 *
 * <p>The traversal limit counts each word as often as it is read, as <a
 * href="https://capnproto.org/encoding.html#amplification-attack">Cap'n Proto</a> does, and starts
 * again with each {@link MessageView#read}. Whatever its value, one such call may read {@value
 * #TRAVERSAL_FACTOR} times the message's own size, though at least {@value
 * #SMALLEST_TRAVERSAL_WORD_COUNT} words: so a message of a few bytes can't claim a large blob.
 *
 * <p>Lifetime: a value. Threads: any.
 *
 * @param maxSegmentCount segments in a message
 * @param maxSegmentByteSize bytes in one segment; at most {@value #LARGEST_SEGMENT_BYTE_SIZE}, what
 *     a {@link java.nio.ByteBuffer} holds
 * @param maxMessageByteSize bytes in a message, its segment table included
 * @param traversalLimitWordCount words of eight bytes read, repeats included
 * @param nestingLimit pointers from the root to the deepest object
 */
public record ReadLimits(
    int maxSegmentCount,
    long maxSegmentByteSize,
    long maxMessageByteSize,
    long traversalLimitWordCount,
    int nestingLimit) {

  /** The most that one segment can hold: 2^28 - 1 words. */
  public static final long LARGEST_SEGMENT_BYTE_SIZE = 2_147_483_640L;

  static final int TRAVERSAL_FACTOR = 64;
  static final long SMALLEST_TRAVERSAL_WORD_COUNT = 1_048_576L;

  private static final ReadLimits DEFAULTS =
      new ReadLimits(512, 1L << 30, 1L << 30, (1L << 30) / Long.BYTES, 64);

  /**
   * Checks the limits.
   *
   * @throws IllegalArgumentException if one is not positive, or a segment could be larger than
   *     {@link #LARGEST_SEGMENT_BYTE_SIZE}
   */
  public ReadLimits {
    check("maxSegmentCount", maxSegmentCount, Integer.MAX_VALUE);
    check("maxSegmentByteSize", maxSegmentByteSize, LARGEST_SEGMENT_BYTE_SIZE);
    check("maxMessageByteSize", maxMessageByteSize, Long.MAX_VALUE);
    check("traversalLimitWordCount", traversalLimitWordCount, Long.MAX_VALUE);
    check("nestingLimit", nestingLimit, Integer.MAX_VALUE);
  }

  private static void check(String name, long value, long most) {
    if (value <= 0 || value > most) {
      throw new IllegalArgumentException(
          "read limit " + name + "=" + value + ": positive, at most " + most);
    }
  }

  /** 512 segments, 1 GiB in one segment and in all, 1 GiB traversed, 64 levels. */
  public static ReadLimits defaults() {
    return DEFAULTS;
  }

  /** The same with another {@link #maxSegmentCount()}. */
  public ReadLimits withMaxSegmentCount(int count) {
    return new ReadLimits(
        count, maxSegmentByteSize, maxMessageByteSize, traversalLimitWordCount, nestingLimit);
  }

  /** The same with another {@link #maxSegmentByteSize()}. */
  public ReadLimits withMaxSegmentByteSize(long byteSize) {
    return new ReadLimits(
        maxSegmentCount, byteSize, maxMessageByteSize, traversalLimitWordCount, nestingLimit);
  }

  /** The same with another {@link #maxMessageByteSize()}. */
  public ReadLimits withMaxMessageByteSize(long byteSize) {
    return new ReadLimits(
        maxSegmentCount, maxSegmentByteSize, byteSize, traversalLimitWordCount, nestingLimit);
  }

  /** The same with another {@link #traversalLimitWordCount()}. */
  public ReadLimits withTraversalLimitWordCount(long wordCount) {
    return new ReadLimits(
        maxSegmentCount, maxSegmentByteSize, maxMessageByteSize, wordCount, nestingLimit);
  }

  /** The same with another {@link #nestingLimit()}. */
  public ReadLimits withNestingLimit(int levels) {
    return new ReadLimits(
        maxSegmentCount, maxSegmentByteSize, maxMessageByteSize, traversalLimitWordCount, levels);
  }

  long traversalLimitWordCountFor(long messageByteSize) {
    long ofMessage = messageByteSize / Long.BYTES;
    long most =
        ofMessage > Long.MAX_VALUE / TRAVERSAL_FACTOR
            ? Long.MAX_VALUE
            : Math.max(SMALLEST_TRAVERSAL_WORD_COUNT, ofMessage * TRAVERSAL_FACTOR);
    return Math.min(traversalLimitWordCount, most);
  }
}
