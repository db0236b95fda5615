package dev.segue.http2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.testkit.Seeds;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Windows of RFC 9113 sections 5.2 and 6.9: never a byte more than the receiver allowed. */
@Timeout(120)
class FlowControlTest {
  static {
    LeakWatch.install();
  }

  @AfterAll
  static void nothingLeaked() throws Exception {
    LeakWatch.assertNone();
  }

  private static final int MAX_FRAME = 16_384;
  private static final SegmentedBytes SOURCE = source(400_000);

  private static SegmentedBytes source(int byteSize) {
    MemorySegment memory = Arena.global().allocate(byteSize);
    for (int i = 0; i < byteSize; i++) {
      memory.set(ValueLayout.JAVA_BYTE, i, (byte) (i * 31 + (i >> 8)));
    }
    return SegmentedBytes.fromSegments(List.of(memory.asReadOnly()), false);
  }

  /** One region to write: where it lies and how each of its frames is padded. */
  private record Region(int byteOffset, int byteSize, int padByteSize) {}

  private static void write(Http2Exchange exchange, List<Region> regions) {
    BodyWriter writer = exchange.respond(200, Headers.empty());
    for (int i = 0; i < regions.size(); i++) {
      Region region = regions.get(i);
      var _ =
          writer
              .write(
                  SOURCE,
                  region.byteOffset(),
                  region.byteSize(),
                  region.padByteSize(),
                  i == regions.size() - 1)
              .exceptionally(_ -> null);
    }
  }

  private static byte[] contentOf(List<Region> regions) {
    return SegmentedBytes.concat(
            regions.stream().map(each -> SOURCE.slice(each.byteOffset(), each.byteSize())).toList())
        .copyToByteArray();
  }

  private static void expectNoDataBeforePing(RawPeer peer) throws Exception {
    for (RawPeer.Frame next = peer.next(); next != null; next = peer.next()) {
      if (next.type() == RawPeer.PING) {
        return;
      }
      assertTrue(next.type() != RawPeer.DATA, "a frame beyond the window");
    }
    throw new AssertionError("the server hung up");
  }

  @Test
  void paddingOfTwoRegionsStaysWithinTheWindow() throws Exception {
    List<Region> regions = List.of(new Region(0, 10_000, 1), new Region(10_000, 16_000, 1));
    try (Http2Server server =
            Http2Server.builder(exchange -> write(exchange, regions))
                .grace(Duration.ofMillis(100))
                .threadCount(1)
                .start();
        RawPeer peer = new RawPeer(server.address()).start(20_000, 1 << 30, MAX_FRAME)) {
      peer.get(1, "/");
      int sum = 0;
      List<RawPeer.Frame> frames = new ArrayList<>();
      while (sum < 20_000) {
        frames.add(peer.await(RawPeer.DATA));
        sum += frames.getLast().payload().length;
      }
      assertEquals(20_000, sum);
      peer.send(RawPeer.PING, 0, 0, new byte[8]);
      expectNoDataBeforePing(peer);
      peer.windowUpdate(1, 100_000);
      frames.addAll(peer.dataToEnd(1));
      assertArrayEquals(contentOf(regions), RawPeer.join(frames));
    }
  }

  /** Through TLS as well, where each second frame is copied between two headers. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void randomRegionsAndPaddingsAndResetsNeverPassTheWindows(boolean isTls) throws Exception {
    Tls identity = Tls.selfSigned("localhost");
    long seed = Seeds.of("FlowControlTest");
    Random random = new Random(seed);
    Map<String, List<Region>> plans = new ConcurrentHashMap<>();
    Http2Server.Builder builder =
        Http2Server.builder(
                exchange ->
                    write(exchange, plans.getOrDefault(exchange.request().path(), List.of())))
            .grace(Duration.ofMillis(100))
            .threadCount(1);
    try (Http2Server server = (isTls ? builder.tls(identity) : builder).start()) {
      for (int round = 0; round < 40; round++) {
        Socket socket = isTls ? JdkTls.connect(server, identity) : connect(server);
        new Oracle(random, plans, "seed=" + seed + " round=" + round).run(socket);
      }
    }
  }

  private static Socket connect(Http2Server server) throws IOException {
    return new Socket(server.address().getAddress(), server.address().getPort());
  }

  /** The receiver's side of the windows, kept by the letter of section 6.9. */
  private static final class Oracle {
    private final Random random;
    private final Map<String, List<Region>> plans;
    private final String name;
    private final Map<Integer, Long> windows = new HashMap<>();
    private final Map<Integer, List<RawPeer.Frame>> got = new HashMap<>();
    private final Map<Integer, byte[]> expected = new HashMap<>();
    private final Set<Integer> open = new HashSet<>();
    private int initialWindow;
    private long connectionWindow;

    Oracle(Random random, Map<String, List<Region>> plans, String name) {
      this.random = random;
      this.plans = plans;
      this.name = name;
    }

    private List<Region> plan() {
      List<Region> regions = new ArrayList<>();
      int count = 1 + random.nextInt(6);
      for (int i = 0; i < count; i++) {
        int byteSize =
            switch (random.nextInt(5)) {
              case 0 -> random.nextInt(3);
              case 1 -> random.nextInt(2_000);
              case 2 -> 60_000 + random.nextInt(200_000); // Beyond four full frames.
              default -> random.nextInt(60_000);
            };
        int pad = random.nextBoolean() ? 0 : random.nextInt(256);
        regions.add(new Region(random.nextInt(400_000 - byteSize), byteSize, pad));
      }
      return regions;
    }

    void run(Socket socket) throws Exception {
      plans.clear();
      initialWindow = random.nextInt(30_000);
      connectionWindow = 65_535L + random.nextInt(100_000);
      try (RawPeer peer =
          new RawPeer(socket).start(initialWindow, (int) connectionWindow, MAX_FRAME)) {
        int streamCount = 1 + random.nextInt(5);
        for (int i = 0; i < streamCount; i++) {
          int id = 2 * i + 1;
          List<Region> plan = plan();
          plans.put("/" + id, plan);
          expected.put(id, contentOf(plan));
          windows.put(id, (long) initialWindow);
          open.add(id);
          peer.get(id, "/" + id);
        }
        while (!open.isEmpty()) {
          step(peer);
        }
      }
    }

    /** Lets the server send what it may, then opens a window, changes all, or resets a stream. */
    private void step(RawPeer peer) throws Exception {
      peer.send(RawPeer.PING, 0, 0, new byte[8]);
      for (RawPeer.Frame frame = peer.next(); ; frame = peer.next()) {
        assertTrue(frame != null, name + ": the server hung up");
        if (frame.type() == RawPeer.DATA) {
          received(frame);
        } else if (frame.type() == RawPeer.PING) {
          break;
        }
      }
      for (int id : List.copyOf(open)) {
        switch (random.nextInt(8)) {
          case 0 -> {}
          case 1 -> {
            if (random.nextInt(6) == 0) {
              peer.reset(id, 8);
              open.remove(id);
            }
          }
          default -> {
            int more = 1 + random.nextInt(20_000);
            peer.windowUpdate(id, more);
            windows.merge(id, (long) more, Long::sum);
          }
        }
      }
      int more = 1 + random.nextInt(50_000);
      peer.windowUpdate(0, more);
      connectionWindow += more;
    }

    private void received(RawPeer.Frame frame) {
      int id = frame.streamId();
      int counted = frame.payload().length;
      connectionWindow -= counted;
      long left = windows.merge(id, -(long) counted, Long::sum);
      assertTrue(left >= 0, name + ": stream id=" + id + " is over its window by " + -left);
      assertTrue(connectionWindow >= 0, name + ": over the connection's by " + -connectionWindow);
      assertTrue(counted <= MAX_FRAME, name + ": frame of byteSize=" + counted);
      if (!open.contains(id)) {
        return; // What was on its way when the stream was reset.
      }
      List<RawPeer.Frame> frames = got.computeIfAbsent(id, _ -> new ArrayList<>());
      frames.add(frame);
      if (frame.endStream()) {
        open.remove(id);
        assertArrayEquals(expected.get(id), RawPeer.join(frames), name);
      }
    }
  }

  @Test
  void aWindowThatSettingsMakeSmallerIsKept() throws Exception {
    CompletableFuture<BodyWriter> begun = new CompletableFuture<>();
    try (Http2Server server =
            Http2Server.builder(exchange -> begun.complete(exchange.respond(200, Headers.empty())))
                .grace(Duration.ofMillis(100))
                .threadCount(1)
                .start();
        RawPeer peer = new RawPeer(server.address()).start(50_000, 1 << 30, MAX_FRAME)) {
      peer.get(1, "/");
      peer.await(RawPeer.HEADERS);
      begun.get().write(SOURCE, 0, 30_000, 3, false);
      int sum = 0;
      while (sum < 30_000 + 2 * 4) {
        sum += peer.await(RawPeer.DATA).payload().length;
      }
      peer.send(RawPeer.SETTINGS, 0, 0, new byte[] {0, 4, 0, 0, 0x75, 0x30}); // 30,000
      peer.send(RawPeer.PING, 0, 0, new byte[8]);
      peer.await(RawPeer.PING); // answered after the settings were read
      begun.get().write(SOURCE, 0, 30_000, 3, true);
      peer.send(RawPeer.PING, 0, 0, new byte[8]);
      expectNoDataBeforePing(peer);
      peer.windowUpdate(1, 10_000);
      int more = 0;
      while (more < 30_000 + 10_000 - sum) {
        more += peer.await(RawPeer.DATA).payload().length;
      }
      assertEquals(40_000, sum + more);
    }
  }
}
