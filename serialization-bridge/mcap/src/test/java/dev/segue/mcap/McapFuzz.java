package dev.segue.mcap;

import dev.segue.bytes.BytesSource;
import dev.segue.bytes.SegmentedBytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.OptionalLong;

/** Any bytes as a recording: its messages, its summary, what a repair finds of it. */
public final class McapFuzz {
  private McapFuzz() {}

  /** Closes all that comes. */
  private static final McapHandler CLOSING =
      new McapHandler() {
        @Override
        public void attachment(McapAttachment attachment) {
          attachment.close();
        }

        @Override
        public void privateRecord(int opcode, BytesSource.Piece content) {
          content.close();
        }
      };

  /** Reads everything, or ends in {@link McapFormatException}, and gives all pieces back. */
  public static void fuzzerTestOneInput(byte[] data) throws IOException {
    for (Layouts.Pieces pieces : Layouts.all(data, data.length)) {
      try (McapReader reader = McapReader.open(SourceInput.of(pieces), CLOSING)) {
        for (var next = reader.next(); next.isPresent(); next = reader.next()) {
          next.get().close();
        }
      } catch (McapFormatException _) {
        // It breaks the format, and that is what is said of it.
      }
      if (pieces.openCount != 0) {
        throw new AssertionError("openCount=" + pieces.openCount);
      }
    }
    summary(data);
    scan(data);
  }

  private static void summary(byte[] data) {
    SegmentedBytes bytes = SegmentedBytes.copyOf(data);
    long tail = Math.min(data.length, McapSummary.END_BYTE_SIZE);
    try {
      OptionalLong from = McapSummary.byteOffset(bytes.slice(data.length - tail, tail));
      if (from.isPresent() && from.getAsLong() < data.length) {
        McapSummary.of(bytes.slice(from.getAsLong()));
      }
    } catch (McapFormatException _) {
      // As above.
    }
  }

  private static void scan(byte[] data) throws IOException {
    Path file = Files.createTempFile("segue-fuzz", ".mcap");
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.DELETE_ON_CLOSE)) {
      int _ = channel.write(ByteBuffer.wrap(data));
      var scanned = McapRepair.scan(channel);
      if (scanned.isPresent() && scanned.get().wholeByteSize() > data.length) {
        throw new AssertionError("wholeByteSize=" + scanned.get().wholeByteSize());
      }
    }
  }
}
