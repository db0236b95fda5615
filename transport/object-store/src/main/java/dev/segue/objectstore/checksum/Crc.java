package dev.segue.objectstore.checksum;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.CrcRuns;
import dev.segue.bytes.spi.Lend;
import dev.segue.objectstore.StoreSettings;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;
import org.jspecify.annotations.Nullable;

/** The checksums of S3 that can be combined: that of the whole follows from those of the pieces. */
public enum Crc {
  /** RFC 1952. */
  CRC32(Integer.SIZE, CrcRuns.CRC32),
  /** RFC 3720, Castagnoli's. */
  CRC32C(Integer.SIZE, 0x82F63B78L),
  /** NVM Express, NVM Command Set Specification 1.0, section 5.2.1.3.4. */
  CRC64NVME(Long.SIZE, Crc64Nvme.POLYNOMIAL);

  private final int width;
  private final long polynomial;

  Crc(int width, long polynomial) {
    this.width = width;
    this.polynomial = polynomial;
  }

  /** Returns the one that the settings name, or null for none. */
  public static @Nullable Crc of(StoreSettings settings) {
    return switch (settings.checksums()) {
      case NONE -> null;
      case CRC32C -> CRC32C;
      case CRC64NVME -> CRC64NVME;
    };
  }

  /** Computes this checksum of bytes in their order. */
  public Checksum begin() {
    return switch (this) {
      case CRC32 -> new CRC32();
      case CRC32C -> new CRC32C();
      case CRC64NVME -> new Crc64Nvme();
    };
  }

  public long of(ByteBuffer bytes) {
    Checksum checksum = begin();
    checksum.update(bytes.duplicate());
    return checksum.getValue();
  }

  public long of(SegmentedBytes bytes) {
    Checksum checksum = begin();
    Lend.update(checksum, bytes);
    return checksum.getValue();
  }

  /** Returns the checksum of two consecutive runs of bytes. */
  public long combined(long first, long second, long secondByteSize) {
    return CrcRuns.combined(width, polynomial, first, second, secondByteSize);
  }

  /** Returns it as S3 writes it: big-endian, base64. */
  public String base64(long value) {
    return Base64.getEncoder().encodeToString(bytes(value));
  }

  /** Returns the bytes that go into the checksum of the checksums of an object's parts. */
  public byte[] bytes(long value) {
    byte[] eight = ByteBuffer.allocate(Long.BYTES).putLong(value << (Long.SIZE - width)).array();
    return java.util.Arrays.copyOf(eight, width / Byte.SIZE);
  }
}
