package dev.segue.objectstore.internal;

import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.checksum.Crc;
import dev.segue.objectstore.checksum.StoredChecksum;
import java.util.List;
import java.util.zip.Checksum;
import org.jspecify.annotations.Nullable;

/**
 * The parts that an upload ends with, and what proves that it made an object though its answer
 * never came.
 *
 * @param crc of the parts, null where they have none
 * @param mark of the upload, empty where it has none
 */
public record UploadEnd(List<PartSink.Part> parts, long byteSize, @Nullable Crc crc, String mark) {
  /** The end of an upload by its parts. */
  public static UploadEnd of(List<PartSink.Part> parts, @Nullable Crc crc, String mark) {
    return new UploadEnd(List.copyOf(parts), byteSizeOf(parts), crc, mark);
  }

  static long byteSizeOf(List<PartSink.Part> parts) {
    return parts.stream().mapToLong(PartSink.Part::byteSize).sum();
  }

  /** The checksum of all parts' bytes; 0 where they have none. */
  public long crcOfAll() {
    long value = 0;
    for (PartSink.Part part : parts) {
      value = crc == null ? 0 : crc.combined(value, part.crc(), part.byteSize());
    }
    return value;
  }

  /**
   * Returns whether this upload made what is there, by the mark: no other one has it, while another
   * one may have written the same bytes. Stores may keep the metadata of what is replaced, so that
   * the size and the checksum must not say otherwise.
   */
  public boolean hasMade(PartSink.There there) {
    StoredChecksum stored = there.stored();
    return !mark.isEmpty()
        && mark.equals(there.mark())
        && there.info().byteSize() == byteSize
        && (stored == null || stored.crc() != crc || hasChecksum(stored));
  }

  /** Looks at what has the object's name. */
  public interface Look {
    /** Returns what is there. */
    PartSink.There there() throws ObjectStoreException;
  }

  /**
   * Looks whether the object was made all the same, where the end failed: the answer to an earlier
   * attempt may have been lost. The mark alone proves that. What is there without one may be
   * another's, whatever its bytes.
   *
   * @param wasAsked whether an earlier attempt may have made it
   * @return null where that is not proved
   */
  public PartSink.@Nullable There madeBefore(
      ObjectStoreException failure, boolean wasAsked, Look look) {
    Reason reason = failure.reason();
    boolean isRefused = reason == Reason.NOT_FOUND || reason == Reason.CHANGED;
    if (mark.isEmpty() || (reason != Reason.UNTRUSTWORTHY && !(isRefused && wasAsked))) {
      return null;
    }
    try {
      PartSink.There there = look.there();
      return hasMade(there) ? there : null;
    } catch (ObjectStoreException e) {
      failure.addSuppressed(e);
      return null;
    }
  }

  private boolean hasChecksum(StoredChecksum stored) {
    Crc known = crc;
    if (known == null || stored.crc() != known) {
      return false;
    }
    return stored.isComposite()
        ? stored.partCount() == parts.size() && stored.base64().equals(crcOfParts(known))
        : stored.base64().equals(known.base64(crcOfAll()));
  }

  private String crcOfParts(Crc known) {
    Checksum all = known.begin();
    parts.forEach(part -> all.update(known.bytes(part.crc())));
    return known.base64(all.getValue());
  }
}
