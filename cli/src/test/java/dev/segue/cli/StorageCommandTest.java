package dev.segue.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.mcap.McapWriter;
import dev.segue.mcap.McapWriterOptions;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectWriter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Recordings that are asked, as a user does. */
@Timeout(240)
class StorageCommandTest {
  @TempDir Path directory;

  private static String freeEndpoint() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return "tcp/127.0.0.1:" + socket.getLocalPort();
    }
  }

  private SegueProcess start(String... arguments) throws IOException {
    return SegueProcess.start(directory, arguments);
  }

  private SegueProcess query(String endpoint, String selector) throws IOException {
    return start("query", selector, "--raw", "--wait", "60", "-e", endpoint, "--no-scouting");
  }

  private static void assertEnds(int status, String out, SegueProcess process) throws Exception {
    assertEquals(status, process.await(), process.err());
    assertEquals(out, process.out());
  }

  private void record() throws IOException {
    try (ObjectStore store = ObjectStore.open(directory.toUri().toString());
        ObjectWriter object = store.write("drives/log.mcap");
        McapWriter writer = McapWriter.to(object, "", "test", McapWriterOptions.indexed())) {
      int log = writer.addChannel(0, "robot/log", "", Map.of());
      for (long second = 1; second <= 5; second++) {
        long time = second * 1_000_000_000L;
        writer.write(log, second, time, time, SegmentedBytes.copyOfUtf8("line " + second));
      }
      writer.finish();
      object.finish();
    }
  }

  @Test
  void aTopicsPastIsAskedLikeItsPresentAlsoBehindAStorageThatWasKilled() throws Exception {
    record();
    String endpoint = freeEndpoint();
    String[] line = {
      "storage", "robot/**", directory.resolve("drives").toString(), "-l", endpoint, "--no-scouting"
    };
    String time = "robot/log?_time=[1970-01-01T00:00:02Z..1970-01-01T00:00:04Z[";
    try (SegueProcess storage = start(line)) {
      assertEnds(0, "line 2\nline 3\n", query(endpoint, time));
      assertEnds(0, "line 5\n", query(endpoint, "robot/log"));
      storage.kill();
    }
    try (SegueProcess storage = start(line)) {
      assertEnds(0, "line 2\nline 3\n", query(endpoint, time));
      SegueProcess wrong = query(endpoint, "robot/log?_time=yesterday");
      assertEquals(1, wrong.await());
      assertTrue(wrong.out().startsWith("error  _time=yesterday"), wrong.out());
      storage.interrupt();
      assertEquals(0, storage.await(), storage.err());
      assertEquals("queries: 2, 2 samples, 12 B, errors: 1\n", storage.out());
    }
  }

  @Test
  void aRecordingThatIsNotThereIsSaidAtOnce() throws Exception {
    try (SegueProcess storage = start("storage", "robot/**", "none.mcap", "--no-scouting")) {
      assertEquals(1, storage.await());
      assertTrue(storage.err().contains("none.mcap"), storage.err());
    }
  }
}
