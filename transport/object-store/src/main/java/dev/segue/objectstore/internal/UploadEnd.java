package dev.segue.objectstore.internal;

import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.checksum.Crc;
import dev.segue.objectstore.checksum.StoredChecksum;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.Checksum;
import org.jspecify.annotations.Nullable;

/**
 * The parts that an upload ends with, and what proves that an object is made of them.
 *
 * @param crc of the parts, null where they have none
 */
public record UploadEnd(List<PartSink.Part> parts, long byteSize, @Nullable Crc crc) {
  /** The checksum of all parts' bytes. */
  public long crcOfAll() {
    long value = 0;
    for (PartSink.Part part : parts) {
      value = crc == null ? 0 : crc.combined(value, part.crc(), part.byteSize());
    }
    return value;
  }

  /**
   * Returns whether an object that is there is certainly of these parts: by the checksum that the
   * store has of it, or by its ETag, where that is the MD5 of the parts' MD5s.
   *
   * @param stored null where the store has no checksum of it
   */
  public boolean isOf(ObjectInfo there, @Nullable StoredChecksum stored) {
    if (there.byteSize() != byteSize) {
      return false;
    }
    if (there.etag().equals(etag())) {
      return true;
    }
    Crc known = crc;
    return known != null
        && stored != null
        && stored.crc() == known
        && stored
            .base64()
            .equals(stored.isComposite() ? crcOfParts(known) : known.base64(crcOfAll()));
  }

  private String crcOfParts(Crc known) {
    Checksum all = known.begin();
    parts.forEach(part -> all.update(known.bytes(part.crc())));
    return known.base64(all.getValue());
  }

  /** As S3 makes it of parts whose own ETags are MD5s; null where they are something else. */
  private @Nullable String etag() {
    try {
      MessageDigest all = MessageDigest.getInstance("MD5");
      for (PartSink.Part part : parts) {
        byte[] md5 = HexFormat.of().parseHex(part.etag().replace("\"", ""));
        if (md5.length != all.getDigestLength()) {
          return null;
        }
        all.update(md5);
      }
      return "\"" + HexFormat.of().formatHex(all.digest()) + "-" + parts.size() + "\"";
    } catch (IllegalArgumentException e) {
      return null;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has MD5", e);
    }
  }
}
