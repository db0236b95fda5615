package dev.segue.recording;

/**
 * Limits of a spool, and its behavior when they are reached.
 *
 * @param byteSizeLimit the maximum size of all its files together
 * @param diskReserveByteSize how much it leaves free on the disk
 * @param overflow what is lost when there is no room
 * @param largestFileByteSize the size at which a file ends and the next one starts, at the latest:
 *     the largest object that the store takes
 */
public record SpoolOptions(
    long byteSizeLimit, long diskReserveByteSize, Overflow overflow, long largestFileByteSize) {
  private static final long RESERVE = 256L << 20;

  /** 9,900 parts of the smallest size that S3 takes. */
  private static final long LARGEST_FILE = 9_900 * (5L << 20);

  /** The number of files that fit where the oldest are dropped. */
  private static final int FILE_COUNT = 8;

  /** A disk that is full now may not always be. */
  private static final long SMALLEST_DISK = 64L << 20;

  /** Decides what is lost when there is no room. */
  public enum Overflow {
    /** The new samples: the recording has a gap. */
    DROP_NEWEST,
    /**
     * Whole files that wait to be stored, the oldest first. Files have at most an eighth of the
     * room then, of the limit's or of the disk's.
     */
    DROP_OLDEST
  }

  /** Checks the sizes. */
  public SpoolOptions {
    if (byteSizeLimit <= 0 || diskReserveByteSize < 0 || largestFileByteSize <= 0) {
      throw new IllegalArgumentException(
          "spool of byteSizeLimit="
              + byteSizeLimit
              + " diskReserveByteSize="
              + diskReserveByteSize
              + " largestFileByteSize="
              + largestFileByteSize
              + ": positive");
    }
  }

  /** Takes all of the disk except 256 MiB; after that, new messages are lost. */
  public static SpoolOptions defaults() {
    return new SpoolOptions(Long.MAX_VALUE, RESERVE, Overflow.DROP_NEWEST, LARGEST_FILE);
  }

  /** With another limit. */
  public SpoolOptions byteSizeLimit(long value) {
    return new SpoolOptions(value, diskReserveByteSize, overflow, largestFileByteSize);
  }

  /** With another reserve. */
  public SpoolOptions diskReserveByteSize(long value) {
    return new SpoolOptions(byteSizeLimit, value, overflow, largestFileByteSize);
  }

  /** With another loss. */
  public SpoolOptions overflow(Overflow value) {
    return new SpoolOptions(byteSizeLimit, diskReserveByteSize, value, largestFileByteSize);
  }

  /** With another largest file. */
  public SpoolOptions largestFileByteSize(long value) {
    return new SpoolOptions(byteSizeLimit, diskReserveByteSize, overflow, value);
  }

  /**
   * Returns how large a file becomes: where the oldest are dropped, so small that some can be.
   *
   * @param diskByteSize what the disk has for all files of the spool together
   */
  long fileByteSize(long diskByteSize) {
    long room = Math.min(byteSizeLimit, Math.max(SMALLEST_DISK, diskByteSize));
    return overflow == Overflow.DROP_OLDEST
        ? Math.min(largestFileByteSize, Math.max(1, room / FILE_COUNT))
        : largestFileByteSize;
  }
}
