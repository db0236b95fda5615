package dev.segue.objectstore.s3;

import dev.segue.objectstore.Data;
import dev.segue.objectstore.checksum.Crc;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.ChecksumType;
import software.amazon.awssdk.services.s3.model.CompletedPart;

/** Uploads parts so that the object has the checksum of their CRC32C's. */
final class CompositeUpload implements AutoCloseable {
  private final S3Clients clients;
  private final String key;
  private final String id;
  private final List<CompletedPart> parts = new ArrayList<>();

  CompositeUpload(S3Clients clients, String key) throws Exception {
    this.clients = clients;
    this.key = key;
    this.id =
        clients
            .send(
                s3 ->
                    s3.createMultipartUpload(
                        request ->
                            request
                                .bucket(S3Server.BUCKET)
                                .key(key)
                                .checksumAlgorithm(ChecksumAlgorithm.CRC32_C)
                                .checksumType(ChecksumType.COMPOSITE)))
            .get()
            .uploadId();
  }

  void put(MemorySegment bytes) throws Exception {
    int number = parts.size() + 1;
    String crc = Crc.CRC32C.base64(Crc.CRC32C.of(bytes.asByteBuffer()));
    String etag =
        clients
            .send(
                s3 ->
                    s3.uploadPart(
                        request ->
                            request
                                .bucket(S3Server.BUCKET)
                                .key(key)
                                .uploadId(id)
                                .partNumber(number)
                                .checksumCRC32C(crc)
                                .contentLength(bytes.byteSize()),
                        AwsRegionBody.of(Data.regions(bytes, bytes.byteSize()))))
            .get()
            .eTag();
    parts.add(CompletedPart.builder().partNumber(number).eTag(etag).checksumCRC32C(crc).build());
  }

  void finish() throws Exception {
    clients
        .send(
            s3 ->
                s3.completeMultipartUpload(
                    request ->
                        request
                            .bucket(S3Server.BUCKET)
                            .key(key)
                            .uploadId(id)
                            .multipartUpload(all -> all.parts(parts))))
        .get();
  }

  @Override
  public void close() {
    clients.close();
  }
}
