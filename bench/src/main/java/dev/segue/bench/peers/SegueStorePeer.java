package dev.segue.bench.peers;

import dev.segue.bench.peer.Worker;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectBytes;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.StoreSettings;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * {@code SegueStorePeer ENDPOINT IN_FLIGHT}: the works through this library, in parts of the system
 * property {@code segue.part}; if that is empty, in those that it chooses itself.
 */
public final class SegueStorePeer implements Worker.Works {
  private static final long GIB = 1L << 30;
  private static final long OBJECT = 11_796_480;
  private static final int SMALL = 4096;
  private static final int SMALL_COUNT = 10_000;
  private static final String PART = System.getProperty("segue.part", Integer.toString(8 << 20));

  private final ObjectStore plain;
  private final ObjectStore checked;
  private final ObjectStore small;
  private final int inFlight;
  private final MemorySegment memory = Arena.global().allocate(GIB, 4096);
  private final OffHeapPool smallPool = new OffHeapPool(SMALL_COUNT * 4096L);

  private SegueStorePeer(String endpoint, int inFlight) throws Exception {
    this.inFlight = inFlight;
    System.setProperty("aws.accessKeyId", "test");
    System.setProperty("aws.secretAccessKey", "testtest");
    this.plain = open(endpoint, inFlight, 0);
    this.checked = open(endpoint, inFlight, 1);
    this.small = open(endpoint, inFlight, 0);
    memory.fill((byte) 7);
  }

  private static ObjectStore open(String endpoint, int inFlight, int checksums) throws Exception {
    Map<String, String> settings = new HashMap<>();
    settings.put("SEGUE_GET_INFLIGHT", Integer.toString(inFlight));
    settings.put("SEGUE_PUT_INFLIGHT", Integer.toString(inFlight));
    settings.put("SEGUE_CHECKSUMS", Integer.toString(checksums));
    // Without it the size of a part follows the size of the object.
    if (!PART.isEmpty()) {
      settings.put("SEGUE_GET_PART_SIZE", PART);
      settings.put("SEGUE_PUT_PART_SIZE", PART);
    }
    return ObjectStore.open(
        "s3://bench?region=us-east-1&endpoint=" + endpoint, StoreSettings.of(settings));
  }

  @Override
  public void run(String work) throws Exception {
    switch (work) {
      case "get1g" -> done(plain.get("large", memory));
      case "load" -> done(plain.put("large", bytes(memory)));
      case "get64" -> each(64, inFlight, i -> () -> plain.get("object-" + i, object(i)));
      case "put1g" -> done(plain.put("segue", bytes(memory)));
      case "put1g-crc32c" -> done(checked.put("segue", bytes(memory)));
      case "put64" -> each(64, inFlight, i -> () -> plain.put("segue-" + i, bytes(object(i))));
      case "put64-crc32c" ->
          each(64, inFlight, i -> () -> checked.put("segue-" + i, bytes(object(i))));
      case "getsmall" -> getSmall();
      case "putsmall" ->
          each(
              SMALL_COUNT,
              inFlight,
              i -> () -> small.put("little-" + i, bytes(memory.asSlice((long) i * SMALL, SMALL))));
      default -> throw new UnsupportedOperationException(work);
    }
  }

  private static void done(ObjectInfo info) {
    if (info.byteSize() == 0) {
      throw new IllegalStateException("nothing was moved: " + info);
    }
  }

  private void getSmall() throws Exception {
    List<ObjectBytes> all = new ArrayList<>(SMALL_COUNT);
    List<String> keys = IntStream.range(0, SMALL_COUNT).mapToObj(i -> "small-" + i).toList();
    small.getMany(keys, smallPool, all::add);
    all.forEach(ObjectBytes::close);
  }

  private MemorySegment object(int i) {
    return memory.asSlice(i * OBJECT, OBJECT);
  }

  private static SegmentedBytes bytes(MemorySegment from) {
    return SegmentedBytes.fromSegments(List.of(from.asReadOnly()), false);
  }

  private static void each(int count, int inFlight, IntFunction<Callable<ObjectInfo>> call)
      throws Exception {
    List<Future<ObjectInfo>> all = new ArrayList<>(count);
    try (ExecutorService threads = Executors.newFixedThreadPool(inFlight)) {
      for (int i = 0; i < count; i++) {
        all.add(threads.submit(call.apply(i)));
      }
      for (Future<ObjectInfo> each : all) {
        done(each.get());
      }
    }
  }

  /** The command, as the class comment says. */
  public static void main(String[] arguments) throws Exception {
    Worker.serve(new SegueStorePeer(arguments[0], Integer.parseInt(arguments[1])));
    System.exit(0);
  }
}
