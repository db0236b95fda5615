package dev.segue.objectstore.s3;

import dev.segue.objectstore.checksum.Crc;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;

/** Puts checksums into the requests of an upload, each of which has a field per algorithm. */
final class UploadChecksums {
  private UploadChecksums() {}

  static ChecksumAlgorithm algorithm(Crc crc) {
    return switch (crc) {
      case CRC32 -> ChecksumAlgorithm.CRC32;
      case CRC32C -> ChecksumAlgorithm.CRC32_C;
      case CRC64NVME -> ChecksumAlgorithm.CRC64_NVME;
    };
  }

  static void put(PutObjectRequest.Builder request, Crc crc, long value) {
    String text = crc.base64(value);
    switch (crc) {
      case CRC32 -> request.checksumCRC32(text);
      case CRC32C -> request.checksumCRC32C(text);
      case CRC64NVME -> request.checksumCRC64NVME(text);
    }
  }

  static void put(UploadPartRequest.Builder request, Crc crc, long value) {
    String text = crc.base64(value);
    switch (crc) {
      case CRC32 -> request.checksumCRC32(text);
      case CRC32C -> request.checksumCRC32C(text);
      case CRC64NVME -> request.checksumCRC64NVME(text);
    }
  }

  static void put(CompletedPart.Builder part, Crc crc, long value) {
    String text = crc.base64(value);
    switch (crc) {
      case CRC32 -> part.checksumCRC32(text);
      case CRC32C -> part.checksumCRC32C(text);
      case CRC64NVME -> part.checksumCRC64NVME(text);
    }
  }

  static void put(CompleteMultipartUploadRequest.Builder request, Crc crc, String text) {
    switch (crc) {
      case CRC32 -> request.checksumCRC32(text);
      case CRC32C -> request.checksumCRC32C(text);
      case CRC64NVME -> request.checksumCRC64NVME(text);
    }
  }
}
