package dev.segue.objectstore.bench;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectReader;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectWriter;
import dev.segue.objectstore.StoreSettings;
import dev.segue.objectstore.http.RegionSink;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.function.IntFunction;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/**
 * Client CPU seconds per GiB and wall seconds of this module and of the SDK's Netty client against
 * one server, interleaved in one run. Bucket {@code bench} must have {@code obj1g} and {@code
 * obj1g-crc64}, 1 GiB each; {@code put1g} puts the second.
 *
 * <p>Arguments: {@code ENDPOINT ROUNDS INFLIGHT WORK…}; work is {@code get1g}, {@code get64} or
 * {@code put1g}.
 */
public final class StoreBench {
  private static final long GIB = 1L << 30;
  private static final int PART = 8 << 20;
  private static final long OBJECT = 11_796_480;

  private final ObjectStore ours;
  private final ObjectStore crc64;
  private final ObjectStore unchecked;
  private final S3AsyncClient netty;
  private final MemorySegment memory = Arena.global().allocate(GIB, 4096);
  private final int inflight;

  private interface Work {
    void run() throws Exception;
  }

  private StoreBench(String endpoint, int inflight) throws Exception {
    this.inflight = inflight;
    System.setProperty("aws.accessKeyId", "test");
    System.setProperty("aws.secretAccessKey", "testtest");
    String count = Integer.toString(inflight);
    String uri = "s3://bench?region=us-east-1&endpoint=" + endpoint;
    ours =
        ObjectStore.open(
            uri,
            StoreSettings.of(Map.of("SEGUE_GET_INFLIGHT", count, "SEGUE_PUT_INFLIGHT", count)));
    crc64 =
        ObjectStore.open(
            uri,
            StoreSettings.of(
                Map.of(
                    "SEGUE_GET_INFLIGHT", count,
                    "SEGUE_PUT_INFLIGHT", count,
                    "SEGUE_CHECKSUMS", "crc64nvme")));
    unchecked =
        ObjectStore.open(
            uri,
            StoreSettings.of(
                Map.of(
                    "SEGUE_GET_INFLIGHT", count,
                    "SEGUE_PUT_INFLIGHT", count,
                    "SEGUE_CHECKSUMS", "0")));
    netty =
        S3AsyncClient.builder()
            .httpClient(
                NettyNioAsyncHttpClient.builder()
                    .maxConcurrency(Math.max(inflight, 50))
                    .maxPendingConnectionAcquires(10_000)
                    .build())
            .credentialsProvider(
                StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "testtest")))
            .endpointOverride(URI.create(endpoint))
            .region(Region.US_EAST_1)
            .forcePathStyle(true)
            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
            .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
            .build();
    memory.fill((byte) 7);
  }

  /** The same work by each implementation, in the order of a round. */
  private Map<String, Work> works(String work) {
    Map<String, Work> works = new LinkedHashMap<>();
    switch (work) {
      case "get1g" -> {
        works.put("segue", () -> ours.getRange("obj1g", 0, memory));
        works.put("segue-checked", () -> ours.get("obj1g", memory));
        works.put("segue-crc64nvme", () -> crc64.get("obj1g-crc64", memory));
        works.put("netty", () -> nettyGet((int) (GIB / PART), PART, true));
      }
      case "get64" -> {
        works.put("segue", () -> each(ours, (store, i) -> store.get("o64-" + i, object(i))));
        works.put("segue-unchecked", () -> each(unchecked, (s, i) -> s.get("o64-" + i, object(i))));
        works.put("netty", () -> nettyGet(64, OBJECT, false));
      }
      case "put1g" -> {
        works.put("segue", () -> ours.put("up1g", regions(memory)));
        works.put("segue-crc64nvme", () -> crc64.put("obj1g-crc64", regions(memory)));
        works.put("segue-unchecked", () -> unchecked.put("up1g", regions(memory)));
        works.put("netty-unchecked", this::nettyPut);
      }
      default -> throw new IllegalArgumentException("work=" + work + ": get1g, get64 or put1g");
    }
    return works;
  }

  private MemorySegment object(int i) {
    return memory.asSlice(i * OBJECT, OBJECT);
  }

  private static SegmentedBytes regions(MemorySegment from) {
    List<MemorySegment> regions = new ArrayList<>();
    for (long at = 0; at < from.byteSize(); at += 1 << 20) {
      regions.add(from.asSlice(at, Math.min(1 << 20, from.byteSize() - at)).asReadOnly());
    }
    return SegmentedBytes.fromSegments(regions, false);
  }

  private interface Get {
    ObjectInfo run(ObjectStore store, int i) throws Exception;
  }

  private void each(ObjectStore store, Get get) throws Exception {
    List<Future<ObjectInfo>> all = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(inflight)) {
      for (int i = 0; i < 64; i++) {
        int number = i;
        all.add(threads.submit(() -> get.run(store, number)));
      }
      for (Future<ObjectInfo> each : all) {
        ObjectInfo _ = each.get();
      }
    }
  }

  private void nettyEach(int count, IntFunction<CompletableFuture<?>> request) throws Exception {
    Semaphore room = new Semaphore(inflight);
    List<CompletableFuture<?>> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      room.acquire();
      all.add(request.apply(i).whenComplete((response, failure) -> room.release()));
    }
    CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get();
  }

  private void nettyGet(int count, long byteSize, boolean ranges) throws Exception {
    nettyEach(
        count,
        i ->
            netty.getObject(
                request -> {
                  request.bucket("bench").key(ranges ? "obj1g" : "o64-" + i);
                  if (ranges) {
                    request.range("bytes=" + i * byteSize + "-" + ((i + 1) * byteSize - 1));
                  }
                },
                RegionSink.<GetObjectResponse>into(memory.asSlice(i * byteSize, byteSize))));
  }

  private void nettyPut() throws Exception {
    String id =
        netty
            .createMultipartUpload(request -> request.bucket("bench").key("up1g"))
            .get()
            .uploadId();
    CompletedPart[] parts = new CompletedPart[(int) (GIB / PART)];
    nettyEach(
        parts.length,
        i ->
            netty
                .uploadPart(
                    request -> request.bucket("bench").key("up1g").uploadId(id).partNumber(i + 1),
                    AsyncRequestBody.fromByteBuffersUnsafe(
                        regions(memory.asSlice((long) i * PART, PART))
                            .asByteBuffers()
                            .toArray(ByteBuffer[]::new)))
                .thenAccept(
                    response ->
                        parts[i] =
                            CompletedPart.builder()
                                .partNumber(i + 1)
                                .eTag(response.eTag())
                                .build()));
    var _ =
        netty
            .completeMultipartUpload(
                request ->
                    request
                        .bucket("bench")
                        .key("up1g")
                        .uploadId(id)
                        .multipartUpload(all -> all.parts(parts)))
            .get();
  }

  private void measure(String work, int rounds) throws Exception {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    double gib = work.endsWith("64") ? 64.0 * OBJECT / GIB : 1;
    Map<String, List<double[]>> results = new LinkedHashMap<>();
    for (int round = -2; round < rounds; round++) {
      for (Map.Entry<String, Work> each : works(work).entrySet()) {
        long allocated = threads.getTotalThreadAllocatedBytes();
        long cpu = system.getProcessCpuTime();
        long start = System.nanoTime();
        each.getValue().run();
        double wall = (System.nanoTime() - start) / 1e9;
        double cpuPerGib = (system.getProcessCpuTime() - cpu) / 1e9 / gib;
        double heap = (threads.getTotalThreadAllocatedBytes() - allocated) / gib / (1 << 20);
        if (round >= 0) {
          results
              .computeIfAbsent(each.getKey(), name -> new ArrayList<>())
              .add(new double[] {cpuPerGib, wall, heap});
        }
      }
    }
    results.forEach(
        (name, rows) ->
            System.out.printf(
                "%-6s %-16s cpuSecondsPerGiB=%.3f wallSeconds=%.3f heapMiBPerGiB=%.1f%n",
                work, name, median(rows, 0), median(rows, 1), median(rows, 2)));
  }

  private static double median(List<double[]> rows, int column) {
    return rows.stream().mapToDouble(row -> row[column]).sorted().toArray()[rows.size() / 2];
  }

  /** Streams so many GiB one way, in bounded memory; prints the process's peak. */
  private static void stream(ObjectStore store, String work, int gibCount) throws Exception {
    MemorySegment chunk = Arena.global().allocate(1 << 20);
    if (work.equals("stream-put")) {
      try (ObjectWriter writer = store.write("streamed")) {
        for (long i = 0; i < gibCount * 1024L; i++) {
          writer.writeChunk(chunk);
        }
        ObjectInfo _ = writer.finish();
      }
    } else {
      for (int i = 0; i < gibCount; i++) {
        try (ObjectReader reader = store.read("obj1g")) {
          for (var next = reader.next(); next.isPresent(); next = reader.next()) {
            next.get().close();
          }
        }
      }
    }
    Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmHWM"))
        .forEach(line -> System.out.println(work + " gibCount=" + gibCount + " " + line));
  }

  /** Runs the benchmark. */
  public static void main(String[] arguments) throws Exception {
    if (arguments[1].startsWith("stream")) {
      System.setProperty("aws.accessKeyId", "test");
      System.setProperty("aws.secretAccessKey", "testtest");
      String uri = "s3://bench?region=us-east-1&endpoint=" + arguments[0];
      try (ObjectStore store = ObjectStore.open(uri, StoreSettings.defaults())) {
        stream(store, arguments[1], Integer.parseInt(arguments[2]));
      }
      System.exit(0);
    }
    StoreBench bench = new StoreBench(arguments[0], Integer.parseInt(arguments[2]));
    int rounds = Integer.parseInt(arguments[1]);
    for (int i = 3; i < arguments.length; i++) {
      bench.measure(arguments[i], rounds);
    }
    System.exit(0);
  }
}
