package dev.segue.objectstore.checksum;

import dev.segue.objectstore.ObjectStoreException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The checksum that an object was stored with.
 *
 * @param base64 of the object's bytes ({@code FULL_OBJECT}) or, with parts, of the checksums of its
 *     parts one behind the other ({@code COMPOSITE})
 * @param partCount 0 for one of the bytes themselves
 * @param partByteSizes of an object with parts, in their order; empty where they are not known
 */
public record StoredChecksum(Crc crc, String base64, int partCount, List<Long> partByteSizes) {
  /** S3 takes no more parts; their sizes are asked for, and kept. */
  private static final int LARGEST_PART_COUNT = 10_000;

  /** From a header's text, such as {@code 4waSgw==} or {@code 4waSgw==-12}. */
  public static @Nullable StoredChecksum of(Crc crc, String text) {
    int dash = text.indexOf('-');
    if (dash < 0) {
      return new StoredChecksum(crc, text, 0, List.of());
    }
    try {
      int partCount = Integer.parseInt(text, dash + 1, text.length(), 10);
      return partCount < 1 || partCount > LARGEST_PART_COUNT
          ? null
          : new StoredChecksum(crc, text.substring(0, dash), partCount, List.of());
    } catch (NumberFormatException e) {
      // Nothing that this version of the protocol knows; the bytes stay unchecked.
      return null;
    }
  }

  /** Returns whether it is of the checksums of parts, whose sizes have to be asked for. */
  public boolean isComposite() {
    return partCount > 0;
  }

  public StoredChecksum withParts(List<Long> byteSizes) {
    return new StoredChecksum(crc, base64, partCount, List.copyOf(byteSizes));
  }

  /**
   * Returns whether all parts are known and make up an object of {@code byteSize}: otherwise
   * nothing can be checked.
   */
  public boolean fits(long byteSize) {
    return !isComposite()
        || (partByteSizes.size() == partCount
            && partByteSizes.stream().allMatch(size -> size > 0)
            && partByteSizes.stream().mapToLong(Long::longValue).sum() == byteSize);
  }

  /** The error about bytes that come to another checksum. */
  public ObjectStoreException mismatch(String computed, long byteSize) {
    return mismatch(
        crc + (isComposite() ? " of partCount=" + partCount : ""), computed, base64, byteSize);
  }

  public static ObjectStoreException mismatch(
      String kind, String computed, String stored, long byteSize) {
    return new ObjectStoreException(
        ObjectStoreException.Reason.CORRUPT,
        "the bytes that arrived are not those that were stored: byteSize="
            + byteSize
            + ", their checksum "
            + kind
            + "="
            + computed
            + ", stored with "
            + stored);
  }
}
