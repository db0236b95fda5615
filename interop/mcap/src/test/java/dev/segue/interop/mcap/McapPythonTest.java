package dev.segue.interop.mcap;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.mcap.McapCompression;
import dev.segue.mcap.McapMessage;
import dev.segue.mcap.McapReader;
import dev.segue.mcap.McapWriter;
import dev.segue.mcap.McapWriterOptions;
import dev.segue.testkit.Peers;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that Python's mcap reads and writes. */
class McapPythonTest {
  @TempDir Path directory;

  @BeforeAll
  static void needsPython() throws Exception {
    Peers.assumePython("mcap");
  }

  private static List<String> python(String... arguments) throws Exception {
    return Peers.python("peer.py", arguments);
  }

  private static List<McapWriterOptions> layouts() {
    McapWriterOptions indexed = McapWriterOptions.indexed().chunkByteSize(5_000);
    return List.of(
        McapWriterOptions.plain(),
        indexed,
        indexed.compression(McapCompression.LZ4),
        indexed.compression(McapCompression.ZSTD));
  }

  @ParameterizedTest
  @MethodSource("layouts")
  void pythonReadsWhatIsWritten(McapWriterOptions layout) throws Exception {
    Path file = directory.resolve("ours.mcap");
    List<String> expected = new ArrayList<>(List.of("count 50 3 1"));
    try (OutputStream out = Files.newOutputStream(file);
        McapWriter writer =
            McapWriter.to(piece -> piece.asInputStream().transferTo(out), "", "segue", layout)) {
      int schema = writer.addSchema("S", "jsonschema", SegmentedBytes.copyOfUtf8("{}"));
      int json = writer.addChannel(schema, "robot/json", "json", Map.of("zenoh.kind", "put"));
      int plain = writer.addChannel(0, "robot/ä", "zenoh/bytes", Map.of());
      writer.addChannel(0, "robot/never", "", Map.of());
      writer.writeMetadata("about", Map.of("robot", "seven"));
      SplittableRandom random = new SplittableRandom(1);
      for (int i = 0; i < 50; i++) {
        byte[] bytes = new byte[i == 7 ? 3_000_000 : i * 100];
        random.nextBytes(bytes);
        SegmentedBytes data = SegmentedBytes.copyOf(bytes);
        writer.writePrivate(0x80, MemorySegment.ofArray(new byte[i]), SegmentedBytes.empty());
        writer.write(i % 2 == 0 ? json : plain, i, 5_000 - i, 100 + i, data);
        expected.add(
            String.join(
                " ",
                i % 2 == 0 ? "robot/json json put" : "robot/ä zenoh/bytes -",
                Integer.toString(i),
                Integer.toString(5_000 - i),
                Integer.toString(100 + i),
                Integer.toString(bytes.length),
                Lines.sha256(data)));
      }
      writer.finish();
    }
    expected.add("metadata about seven");
    assertEquals(expected, python("read", file.toString()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "chunks", "lz4", "zstd"})
  void whatPythonWritesIsRead(String mode) throws Exception {
    Path file = directory.resolve("theirs.mcap");
    List<String> written = python("write", file.toString(), mode);
    List<String> read = new ArrayList<>();
    try (McapReader reader = McapReader.open(Lines.source(file))) {
      for (var next = reader.next(); next.isPresent(); next = reader.next()) {
        try (McapMessage message = next.get()) {
          assertEquals(1000 + message.sequence(), message.logTimeNanos());
          assertEquals(900 + message.sequence(), message.publishTimeNanos());
          read.add(
              message.channel().topic()
                  + " "
                  + message.sequence()
                  + " "
                  + Lines.sha256(message.data()));
        }
      }
      assertEquals(Optional.empty(), reader.truncation());
      assertEquals(100, reader.statistics().orElseThrow().messageCount());
      assertEquals("interop", reader.profile());
    }
    assertEquals(written, read);
  }
}
