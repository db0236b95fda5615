package dev.segue.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.mcap.McapMessage;
import dev.segue.mcap.McapReader;
import dev.segue.mcap.McapWriter;
import dev.segue.mcap.McapWriterOptions;
import dev.segue.objectstore.ObjectStore;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code segue replay} in one process, {@code segue record} in another: what arrives. */
@Timeout(300)
class ReplayOptionsTest {
  private static final long START = 1_700_000_000_000_000_000L;
  private static final long STEP = 50_000_000L;
  private static final int COUNT = 40;

  @TempDir Path folder;
  private Path recording = Path.of("");
  private int number;

  private record Seen(String topic, SegmentedBytes data, long logTimeNanos) {}

  private static SegmentedBytes data(int i) {
    byte[] bytes = new byte[i % 4 == 0 ? 300_000 : 10 + i];
    new SplittableRandom(i).nextBytes(bytes);
    return SegmentedBytes.copyOf(bytes);
  }

  private static String topic(int i) {
    return i % 4 == 0 ? "robot/camera/left" : i % 4 == 1 ? "robot/camera/right" : "robot/state";
  }

  /** Two seconds of three topics: large messages of one, small ones of the others. */
  @BeforeEach
  void write() throws Exception {
    recording = folder.resolve("drive.mcap");
    try (OutputStream out = Files.newOutputStream(recording);
        McapWriter writer =
            McapWriter.to(
                piece -> piece.asInputStream().transferTo(out),
                "",
                "test",
                McapWriterOptions.indexed().chunkByteSize(200))) {
      int left = writer.addChannel(0, topic(0), "", Map.of());
      int right = writer.addChannel(0, topic(1), "", Map.of());
      int state = writer.addChannel(0, topic(2), "", Map.of());
      for (int i = 0; i < COUNT; i++) {
        long time = START + i * STEP;
        int channel = i % 4 == 0 ? left : i % 4 == 1 ? right : state;
        writer.write(channel, i, time, time, data(i));
      }
      writer.finish();
    }
  }

  /** What another process records while the recording is replayed with some options. */
  private List<Seen> replay(int messageCount, boolean endsByItself, String... options)
      throws Exception {
    String endpoint = Ports.freeEndpoint();
    Path seen = folder.resolve("seen" + number++ + ".mcap");
    List<String> line =
        new ArrayList<>(
            List.of(
                "replay",
                recording.toString(),
                "--no-scouting",
                "--connect",
                endpoint,
                "--wait",
                "30",
                "--json"));
    line.addAll(List.of(options));
    try (SegueProcess record =
            SegueProcess.start(
                folder,
                "record",
                "**",
                seen.toString(),
                "--no-scouting",
                "--zenoh-listen",
                endpoint,
                "--messages",
                Integer.toString(messageCount));
        SegueProcess replay = SegueProcess.start(folder, line.toArray(String[]::new))) {
      if (endsByItself) {
        assertEquals(0, replay.await(), replay.err());
        assertTrue(replay.out().contains("\"messages\":" + messageCount + ","), replay.out());
      }
      assertEquals(0, record.await(), record.err());
      if (!endsByItself) {
        replay.interrupt();
        assertEquals(130, replay.await(), replay.err());
      }
    }
    return read(seen);
  }

  private List<Seen> read(Path file) throws IOException {
    List<Seen> all = new ArrayList<>();
    try (ObjectStore store = ObjectStore.open(folder.toUri().toString());
        McapReader reader = McapReader.open(store.read(file.getFileName().toString()))) {
      for (var next = reader.next(); next.isPresent(); next = reader.next()) {
        try (McapMessage message = next.get()) {
          all.add(
              new Seen(
                  message.channel().topic(),
                  SegmentedBytes.copyOf(message.data().copyToByteArray()),
                  message.logTimeNanos()));
        }
      }
      assertTrue(reader.truncation().isEmpty());
    }
    return all;
  }

  private static void assertSeen(List<Integer> expected, String prefix, List<Seen> seen) {
    assertEquals(
        expected.stream().map(i -> prefix + topic(i)).toList(),
        seen.stream().map(Seen::topic).toList());
    for (int i = 0; i < seen.size(); i++) {
      assertEquals(data(expected.get(i)), seen.get(i).data(), "message " + expected.get(i));
    }
  }

  private static List<Integer> range(int from, int to) {
    List<Integer> all = new ArrayList<>();
    for (int i = from; i < to; i++) {
      all.add(i);
    }
    return all;
  }

  @Test
  void aPartByTimeIsPlayedFromItsBeginningOn() throws Exception {
    // 0.5 s to 1.2 s, both included.
    assertSeen(
        range(10, 25), "", replay(15, true, "--from", "500ms", "--to", "1200ms", "--rate", "0"));
    assertSeen(
        range(20, 40), "", replay(20, true, "--from", "2023-11-14T22:13:21Z", "--rate", "0"));
  }

  @Test
  void someTopicsArePlayedUnderOtherNames() throws Exception {
    List<Integer> cameras = range(0, COUNT).stream().filter(i -> i % 4 < 2).toList();
    List<Seen> seen =
        replay(
            20,
            true,
            "again",
            "--topics",
            "robot/camera/**",
            "--remap",
            "robot/camera/left=eye",
            "--remap",
            "robot/camera=cameras",
            "--rate",
            "0");
    assertEquals(
        cameras.stream().map(i -> i % 4 == 0 ? "again/eye" : "again/cameras/right").toList(),
        seen.stream().map(Seen::topic).toList());
    for (int i = 0; i < seen.size(); i++) {
      assertEquals(data(cameras.get(i)), seen.get(i).data());
    }
  }

  @Test
  void thePaceIsTheRecordedOneTimesTheRate() throws Exception {
    List<Seen> seen = replay(COUNT, true, "--rate", "2");
    assertSeen(range(0, COUNT), "", seen);
    long took = seen.getLast().logTimeNanos() - seen.getFirst().logTimeNanos();
    // 39 steps of 25 ms; that it is not faster can be asserted, that it is not slower is a matter
    // of the machine.
    assertTrue(took > 39 * STEP / 2 * 9 / 10, () -> "took=" + took);
    long whole = 39 * STEP;
    long atHalf = length(replay(COUNT, true, "--rate", "0.5", "--shm", "0"));
    assertTrue(atHalf > 2 * whole * 9 / 10, () -> "took=" + atHalf);
  }

  private static long length(List<Seen> seen) {
    return seen.getLast().logTimeNanos() - seen.getFirst().logTimeNanos();
  }

  @Test
  void aLoopBeginsAgainUntilItIsInterrupted() throws Exception {
    List<Seen> seen =
        replay(50, false, "--loop", "--from", "1s", "--rate", "0", "--topics", "robot/state");
    List<Integer> once = range(20, COUNT).stream().filter(i -> i % 4 >= 2).toList();
    List<Integer> expected = new ArrayList<>();
    while (expected.size() < 50) {
      expected.addAll(once);
    }
    assertSeen(expected.subList(0, 50), "", seen);
  }
}
