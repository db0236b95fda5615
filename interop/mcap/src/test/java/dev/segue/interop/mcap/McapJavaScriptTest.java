package dev.segue.interop.mcap;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.mcap.McapCompression;
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
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that {@code @mcap/core} of JavaScript reads and writes. */
@Timeout(300)
class McapJavaScriptTest {
  private static String packages = "";

  @TempDir Path directory;

  @BeforeAll
  static void needsPackages() throws Exception {
    // On CI they are installed by now; elsewhere this may take some seconds, once.
    String install = Path.of("install").toAbsolutePath().toString();
    Peers.assumeRuns("no packages of MCAP for JavaScript (interop/mcap/install)", install);
    packages = Peers.lines(List.of(install)).getLast();
  }

  private static List<String> javaScript(String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of("node", Path.of("src", "test", "javascript", "peer.js").toString(), packages));
    command.addAll(List.of(arguments));
    return Peers.lines(command);
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
  void javaScriptReadsWhatIsWritten(McapWriterOptions layout) throws Exception {
    Path file = directory.resolve("ours.mcap");
    List<String> expected = new ArrayList<>();
    try (OutputStream out = Files.newOutputStream(file);
        McapWriter writer =
            McapWriter.to(piece -> piece.asInputStream().transferTo(out), "", "segue", layout)) {
      int schema = writer.addSchema("S", "jsonschema", SegmentedBytes.copyOfUtf8("{}"));
      int json = writer.addChannel(schema, "robot/json", "json", Map.of("zenoh.kind", "put"));
      int plain = writer.addChannel(0, "robot/ä", "zenoh/bytes", Map.of());
      writer.writeMetadata("about", Map.of("robot", "seven"));
      SplittableRandom random = new SplittableRandom(1);
      for (int i = 0; i < 50; i++) {
        byte[] bytes = new byte[i == 7 ? 3_000_000 : i * 100];
        random.nextBytes(bytes);
        SegmentedBytes data = SegmentedBytes.copyOf(bytes);
        writer.writePrivate(0x80, MemorySegment.ofArray(new byte[i]), SegmentedBytes.empty());
        writer.write(i % 2 == 0 ? json : plain, i, 5_000 + i, 100 + i, data);
        String channel =
            i % 2 == 0 ? "robot/json json S zenoh.kind=put" : "robot/ä zenoh/bytes - -";
        expected.add(
            String.join(
                " ",
                "message",
                channel,
                Integer.toString(i),
                Integer.toString(5_000 + i),
                Integer.toString(100 + i),
                Lines.sha256(data)));
      }
      SegmentedBytes notes = SegmentedBytes.copyOf(new byte[100_000]);
      writer.writeAttachment("notes", "text/plain", 3, 4, notes);
      expected.add("attachment notes text/plain 3 4 " + Lines.sha256(notes));
      writer.finish();
    }
    expected.add("metadata about robot=seven");
    expected.add("statistics 50 2 1 1 1");
    assertEquals(expected, javaScript("dump", file.toString()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "chunks", "zstd"}) // its packages have no LZ4 to write with
  void whatJavaScriptWritesIsRead(String mode) throws Exception {
    Path file = directory.resolve("theirs.mcap");
    List<String> written = javaScript("make", file.toString(), mode);
    assertEquals(103, written.size());
    assertEquals(written, Lines.of(file));
  }

  @Test
  void whatSegueRewritesJavaScriptReads() throws Exception {
    Path file = directory.resolve("theirs.mcap");
    List<String> written = javaScript("make", file.toString(), "zstd");
    String target = directory.resolve("again.mcap").toString();
    SegueRun.done("recording", "filter", file.toString(), target, "--compress", "lz4");
    assertEquals(written, javaScript("dump", target));
  }
}
