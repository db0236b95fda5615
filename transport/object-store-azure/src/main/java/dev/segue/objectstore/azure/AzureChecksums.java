package dev.segue.objectstore.azure;

import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpHeaders;
import dev.segue.objectstore.checksum.Crc;
import dev.segue.objectstore.checksum.StoredChecksum;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * CRC-64 is the one checksum that Azure takes with a block and that costs little (MD5 is the
 * other). It checks each request and keeps none of them, so that of the whole is kept in the blob's
 * metadata.
 */
final class AzureChecksums {
  static final HttpHeaderName OF_REQUEST = HttpHeaderName.fromString("x-ms-content-crc64");
  static final String METADATA = "segue_crc64nvme";
  static final HttpHeaderName OF_BLOB = HttpHeaderName.fromString("x-ms-meta-" + METADATA);

  /** Of the base64 of 8 B. */
  static final int OF_BLOB_LENGTH = 12;

  private AzureChecksums() {}

  /** As the service wants it with a request: little-endian, base64. */
  static String ofRequest(long crc) {
    ByteBuffer eight =
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(0, crc);
    return Base64.getEncoder().encodeToString(eight.array());
  }

  /** As S3 writes it, for the metadata. */
  static String ofBlob(long crc) {
    return Crc.CRC64NVME.base64(crc);
  }

  /**
   * Returns what an answer tells of a blob. Names of fields have no case, which a proxy may change;
   * the SDK's own map of the metadata has only those in lower case.
   */
  static @Nullable StoredChecksum stored(HttpHeaders head) {
    return stored(head.getValue(OF_BLOB));
  }

  private static @Nullable StoredChecksum stored(@Nullable String text) {
    return text == null ? null : StoredChecksum.of(Crc.CRC64NVME, text);
  }
}
