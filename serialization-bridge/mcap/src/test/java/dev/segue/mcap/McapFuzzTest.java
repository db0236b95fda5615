package dev.segue.mcap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.BytesSource;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.testkit.Mutations;
import dev.segue.testkit.Seeds;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Changed files: each is read, or refused as what it is. {@code -Dsegue.fuzz.seconds=N} for longer,
 * {@code -Dsegue.seed=N} for the same again.
 */
@Timeout(36_000)
class McapFuzzTest {
  private static final long SECONDS = Long.getLong("segue.fuzz.seconds", 3);

  @TempDir Path directory;

  private static byte[] file(McapWriterOptions layout) throws IOException {
    Layouts.Memory memory = new Layouts.Memory();
    try (McapWriter writer = McapWriter.to(memory, "p", "test", layout)) {
      int schema = writer.addSchema("S", "jsonschema", SegmentedBytes.copyOfUtf8("{}"));
      int a = writer.addChannel(schema, "a", "json", Map.of("k", "v"));
      int b = writer.addChannel(0, "b", "", Map.of());
      writer.writeMetadata("about", Map.of("robot", "seven"));
      writer.writeAttachment("notes", "text/plain", 1, 2, SegmentedBytes.copyOfUtf8("hello"));
      for (int i = 0; i < 30; i++) {
        byte[] data = new byte[i == 17 ? 70_000 : i * 11];
        new SplittableRandom(i).nextBytes(data);
        writer.writePrivate(0x80, MemorySegment.ofArray(new byte[i]), SegmentedBytes.empty());
        writer.write(i % 2 == 0 ? a : b, i, 1_000 + i, 900, SegmentedBytes.copyOf(data));
      }
      writer.finish();
    }
    return memory.file();
  }

  private static List<byte[]> files() throws IOException {
    McapWriterOptions indexed = McapWriterOptions.indexed().chunkByteSize(600);
    List<byte[]> files = new ArrayList<>();
    files.add(file(McapWriterOptions.plain()));
    files.add(file(indexed));
    files.add(file(indexed.compression(McapCompression.LZ4)));
    files.add(file(indexed.compression(McapCompression.ZSTD)));
    return files;
  }

  /** Counts pieces that are open, so that none is left. */
  private static final class Counting implements McapHandler {
    @Override
    public void attachment(McapAttachment attachment) {
      try (attachment) {
        assertTrue(attachment.data().byteSize() >= 0);
      }
    }

    @Override
    public void privateRecord(int opcode, BytesSource.Piece content) {
      content.close();
    }
  }

  /** How many messages a file gives before it ends or is refused. */
  private static long read(Layouts.Pieces pieces) throws IOException {
    long count = 0;
    try (McapReader reader = McapReader.open(SourceInput.of(pieces), new Counting())) {
      for (var next = reader.next(); next.isPresent(); next = reader.next()) {
        try (McapMessage message = next.get()) {
          assertTrue(message.data().byteSize() >= 0);
          count++;
        }
      }
      return reader.truncation().isEmpty() ? count : -1;
    }
  }

  @Test
  void changedFilesAreReadOrRefusedAndRepairedOnesAreWhole() throws Exception {
    long seed = Seeds.of("McapFuzzTest");
    SplittableRandom random = new SplittableRandom(seed);
    List<byte[]> files = files();
    long end = System.nanoTime() + SECONDS * 1_000_000_000L;
    int round = 0;
    int repairedCount = 0;
    for (; System.nanoTime() - end < 0; round++) {
      byte[] changed =
          Mutations.of(
              files.get(random.nextInt(files.size())),
              files.get(random.nextInt(files.size())),
              random);
      String what = "-Dsegue.seed=" + seed + " round=" + round;
      try {
        Layouts.Pieces pieces =
            Layouts.all(changed, round).get(random.nextInt(10) == 0 ? 1 : 2 + random.nextInt(2));
        try {
          read(pieces);
        } catch (McapFormatException e) {
          assertTrue(e.getMessage() != null);
        }
        assertEquals(0, pieces.openCount, what);
        summary(changed);
        if (round % 20 == 0) {
          // Which waits for the disk.
          repairedCount += repair(changed) ? 1 : 0;
        }
      } catch (IOException | RuntimeException | Error e) {
        throw new AssertionError(what, e);
      }
    }
    System.out.println("McapFuzzTest rounds=" + round + " repaired=" + repairedCount);
    assertTrue(repairedCount > 0);
  }

  private static void summary(byte[] file) throws IOException {
    try {
      SegmentedBytes bytes = SegmentedBytes.copyOf(file);
      long tail = Math.min(bytes.byteSize(), McapSummary.END_BYTE_SIZE);
      OptionalLong from = McapSummary.byteOffset(bytes.slice(bytes.byteSize() - tail, tail));
      if (from.isPresent() && from.getAsLong() < bytes.byteSize()) {
        McapSummary.of(bytes.slice(from.getAsLong()));
      }
    } catch (McapFormatException e) {
      assertTrue(e.getMessage() != null);
    }
  }

  /** A file that begins as one is whole, or is after its repair, with what is said of it. */
  private boolean repair(byte[] file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            directory.resolve("file"),
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE)) {
      int _ = channel.write(ByteBuffer.wrap(file));
      var scanned = McapRepair.scan(channel);
      if (scanned.isEmpty()) {
        return false;
      }
      if (scanned.get().isWhole()) {
        assertEquals(scanned.get().messageCount(), read(Layouts.whole(file)));
        return false;
      }
      McapRepair.Repaired repaired = scanned.get().finish();
      byte[] now = new byte[(int) channel.size()];
      int _ = channel.read(ByteBuffer.wrap(now), 0);
      assertEquals(repaired.statistics().messageCount(), read(Layouts.whole(now)));
      return true;
    }
  }
}
