package dev.segue.bench.peer;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.util.VersionInfo;
import software.amazon.awssdk.crt.utils.PackageInfo;
import software.amazon.awssdk.http.SdkHttpConfigurationOption;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.transfer.s3.S3TransferManager;
import software.amazon.awssdk.transfer.s3.model.DownloadRequest;
import software.amazon.awssdk.utils.AttributeMap;

/**
 * {@code AwsSdkPeer netty|crt|tm ENDPOINT IN_FLIGHT}: ranges and parts by hand over Netty, the
 * SDK's CRT client, and its TransferManager over Netty.
 */
public final class AwsSdkPeer implements Worker.Works {
  private static final String BUCKET = "bench";
  private static final long GIB = 1L << 30;
  private static final long PART = 8L << 20;
  private static final long THRESHOLD = 32L << 20;
  private static final long OBJECT = 11_796_480;
  private static final int SMALL = 4096;
  private static final int SMALL_COUNT = 10_000;

  private final S3AsyncClient s3;
  private final @Nullable S3TransferManager manager;
  private final boolean byHand;
  private final int inFlight;
  private final MemorySegment memory = Arena.global().allocate(GIB, 4096);

  private AwsSdkPeer(String kind, URI endpoint, int inFlight) {
    this.inFlight = inFlight;
    this.s3 = kind.equals("crt") ? crt(endpoint, inFlight) : netty(kind, endpoint, inFlight);
    this.byHand = kind.equals("netty");
    this.manager = kind.equals("tm") ? S3TransferManager.builder().s3Client(s3).build() : null;
    memory.fill((byte) 7);
  }

  private static StaticCredentialsProvider credentials() {
    return StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "testtest"));
  }

  private static S3AsyncClient crt(URI endpoint, int inFlight) {
    return S3AsyncClient.crtBuilder()
        .credentialsProvider(credentials())
        .endpointOverride(endpoint)
        .region(Region.US_EAST_1)
        .forcePathStyle(true)
        .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
        .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
        .minimumPartSizeInBytes(PART)
        .thresholdInBytes(THRESHOLD)
        .targetThroughputInGbps(10.0)
        .maxConcurrency(inFlight)
        .httpConfiguration(http -> http.trustAllCertificatesEnabled(true))
        .build();
  }

  private static S3AsyncClient netty(String kind, URI endpoint, int inFlight) {
    var http =
        NettyNioAsyncHttpClient.builder()
            .maxConcurrency(inFlight)
            .maxPendingConnectionAcquires(SMALL_COUNT)
            .connectionAcquisitionTimeout(Duration.ofSeconds(60))
            .readTimeout(Duration.ofSeconds(60))
            .buildWithDefaults(
                AttributeMap.builder()
                    .put(SdkHttpConfigurationOption.TRUST_ALL_CERTIFICATES, true)
                    .build());
    var builder =
        S3AsyncClient.builder()
            .httpClient(http)
            .credentialsProvider(credentials())
            .endpointOverride(endpoint)
            .region(Region.US_EAST_1)
            .forcePathStyle(true)
            .serviceConfiguration(configuration -> configuration.expectContinueEnabled(false))
            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
            .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED);
    if (kind.equals("tm")) {
      builder
          .multipartEnabled(true)
          .multipartConfiguration(
              parts -> parts.minimumPartSizeInBytes(PART).thresholdInBytes(THRESHOLD));
    }
    return builder.build();
  }

  @Override
  public void run(String work) throws Exception {
    switch (work) {
      case "get1g" -> {
        if (byHand) {
          each((int) (GIB / PART), inFlight, this::getRange);
        } else {
          await(get("large", memory));
        }
      }
      case "get64" -> each(64, inFlight, i -> get("object-" + i, object(i)));
      case "put1g" -> putLarge(null);
      case "put1g-crc32c" -> putLarge(ChecksumAlgorithm.CRC32_C);
      case "put64" -> each(64, inFlight, i -> put("sdk-" + i, object(i), null));
      case "put64-crc32c" ->
          each(64, inFlight, i -> put("sdk-" + i, object(i), ChecksumAlgorithm.CRC32_C));
      case "getsmall" -> each(SMALL_COUNT, inFlight, i -> get("small-" + i, small(i)));
      case "putsmall" -> each(SMALL_COUNT, inFlight, i -> put("little-" + i, small(i), null));
      default -> throw new UnsupportedOperationException(work);
    }
  }

  private MemorySegment object(int i) {
    return memory.asSlice(i * OBJECT, OBJECT);
  }

  private MemorySegment small(int i) {
    return memory.asSlice((long) i * SMALL, SMALL);
  }

  private static void await(CompletableFuture<?> future) throws Exception {
    future.get();
  }

  private static void each(int count, int inFlight, IntFunction<CompletableFuture<?>> request)
      throws Exception {
    Semaphore room = new Semaphore(inFlight);
    List<CompletableFuture<?>> all = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      room.acquire();
      all.add(request.apply(i).whenComplete((response, failure) -> room.release()));
    }
    await(CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)));
  }

  private CompletableFuture<?> get(String key, MemorySegment to) {
    GetObjectRequest request = GetObjectRequest.builder().bucket(BUCKET).key(key).build();
    if (manager == null) {
      return s3.getObject(request, new MemorySink<GetObjectResponse>(to));
    }
    return manager
        .download(
            DownloadRequest.builder()
                .getObjectRequest(request)
                .responseTransformer(new MemorySink<GetObjectResponse>(to))
                .build())
        .completionFuture();
  }

  private CompletableFuture<?> getRange(int i) {
    long from = i * PART;
    return s3.getObject(
        request ->
            request.bucket(BUCKET).key("large").range("bytes=" + from + "-" + (from + PART - 1)),
        new MemorySink<GetObjectResponse>(memory.asSlice(from, PART)));
  }

  private static AsyncRequestBody body(MemorySegment from) {
    return AsyncRequestBody.fromByteBuffersUnsafe(from.asReadOnly().asByteBuffer());
  }

  private CompletableFuture<?> put(
      String key, MemorySegment from, @Nullable ChecksumAlgorithm checksum) {
    PutObjectRequest.Builder request = PutObjectRequest.builder().bucket(BUCKET).key(key);
    if (checksum != null) {
      request.checksumAlgorithm(checksum);
    }
    if (manager == null) {
      return s3.putObject(request.build(), body(from));
    }
    return manager
        .upload(upload -> upload.putObjectRequest(request.build()).requestBody(body(from)))
        .completionFuture();
  }

  private void putLarge(@Nullable ChecksumAlgorithm checksum) throws Exception {
    if (!byHand) {
      await(put("sdk", memory, checksum));
      return;
    }
    String id =
        s3.createMultipartUpload(
                request -> {
                  request.bucket(BUCKET).key("sdk");
                  if (checksum != null) {
                    request.checksumAlgorithm(checksum);
                  }
                })
            .get()
            .uploadId();
    CompletedPart[] parts = new CompletedPart[(int) (GIB / PART)];
    each(parts.length, inFlight, i -> putPart(id, i, checksum, parts));
    await(
        s3.completeMultipartUpload(
            request ->
                request
                    .bucket(BUCKET)
                    .key("sdk")
                    .uploadId(id)
                    .multipartUpload(all -> all.parts(parts))));
  }

  private CompletableFuture<?> putPart(
      String id, int i, @Nullable ChecksumAlgorithm checksum, CompletedPart[] parts) {
    ByteBuffer bytes = memory.asSlice(i * PART, PART).asReadOnly().asByteBuffer();
    return s3.uploadPart(
            request -> {
              request.bucket(BUCKET).key("sdk").uploadId(id).partNumber(i + 1);
              if (checksum != null) {
                request.checksumAlgorithm(checksum);
              }
            },
            AsyncRequestBody.fromByteBuffersUnsafe(bytes))
        .thenAccept(
            response ->
                parts[i] =
                    CompletedPart.builder()
                        .partNumber(i + 1)
                        .eTag(response.eTag())
                        .checksumCRC32C(response.checksumCRC32C())
                        .build());
  }

  /** The command, as the class comment says. */
  public static void main(String[] arguments) throws Exception {
    String crt = arguments[0].equals("crt") ? " over CRT " + new PackageInfo().version : "";
    System.out.println("version " + VersionInfo.SDK_VERSION + crt);
    Worker.serve(
        new AwsSdkPeer(arguments[0], URI.create(arguments[1]), Integer.parseInt(arguments[2])));
    System.exit(0);
  }
}
