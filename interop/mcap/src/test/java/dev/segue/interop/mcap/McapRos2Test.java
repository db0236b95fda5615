package dev.segue.interop.mcap;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.mcap.McapCompression;
import dev.segue.mcap.McapMessage;
import dev.segue.mcap.McapReader;
import dev.segue.mcap.McapSchema;
import dev.segue.mcap.McapWriter;
import dev.segue.mcap.McapWriterOptions;
import dev.segue.testkit.Peers;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Bags of ROS 2 that {@code mcap-ros2-support} of Python reads and writes. */
@Timeout(300)
class McapRos2Test {
  private static final String STRING = "std_msgs/msg/String";

  @TempDir Path directory;

  @BeforeAll
  static void needsPython() throws Exception {
    Peers.assumePython("mcap_ros2");
  }

  private static List<String> ros2(String... arguments) throws Exception {
    return Peers.python("ros2.py", arguments);
  }

  /** A string in CDR, little-endian. */
  private static SegmentedBytes cdr(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    ByteBuffer buffer = ByteBuffer.allocate(9 + bytes.length).order(ByteOrder.LITTLE_ENDIAN);
    byte[] encoded =
        buffer.put(new byte[] {0, 1, 0, 0}).putInt(bytes.length + 1).put(bytes).array();
    return SegmentedBytes.copyOf(encoded);
  }

  @Test
  void ros2DecodesWhatIsWritten() throws Exception {
    Path file = directory.resolve("ours.mcap");
    List<String> expected = new ArrayList<>();
    try (OutputStream out = Files.newOutputStream(file);
        McapWriter writer =
            McapWriter.to(
                piece -> piece.asInputStream().transferTo(out),
                "ros2",
                "segue",
                McapWriterOptions.indexed().compression(McapCompression.ZSTD))) {
      int schema = writer.addSchema(STRING, "ros2msg", SegmentedBytes.copyOfUtf8("string data"));
      int chatter = writer.addChannel(schema, "/chatter", "cdr", Map.of());
      for (int i = 0; i < 30; i++) {
        String text = "ä".repeat(i % 3 == 0 ? 50_000 : i);
        writer.write(chatter, i, 1000 + i, 1000 + i, cdr(text));
        expected.add("/chatter " + (1000 + i) + " " + text);
      }
      writer.finish();
    }
    assertEquals(expected, ros2("read", file.toString()));
  }

  @Test
  void whatRos2WritesIsReadAndWhatIsRewrittenIsDecoded() throws Exception {
    Path file = directory.resolve("theirs.mcap");
    List<String> written = ros2("make", file.toString());
    assertEquals(100, written.size());
    List<String> read = new ArrayList<>();
    try (McapReader reader = McapReader.open(Lines.source(file))) {
      assertEquals("ros2", reader.profile());
      for (var next = reader.next(); next.isPresent(); next = reader.next()) {
        try (McapMessage message = next.get()) {
          if (message.channel().topic().equals("/chatter")) {
            assertEquals("cdr", message.channel().messageEncoding());
            McapSchema schema = reader.schemas().get(message.channel().schemaId());
            assertEquals(STRING, schema == null ? "" : schema.name());
            byte[] bytes = message.data().copyToByteArray();
            int length = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(4);
            read.add(
                "/chatter "
                    + message.logTimeNanos()
                    + " "
                    + new String(bytes, 8, length - 1, StandardCharsets.UTF_8));
          }
        }
      }
    }
    List<String> chatter = written.stream().filter(line -> line.startsWith("/chatter ")).toList();
    assertEquals(chatter, read);

    String cut = directory.resolve("cut.mcap").toString();
    SegueRun.done("recording", "filter", file.toString(), cut, "--topics", "imu");
    assertEquals(
        written.stream().filter(line -> line.startsWith("/imu ")).toList(), ros2("read", cut));
  }
}
