package dev.segue.recording;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.segue.mcap.McapChannel;
import dev.segue.mcap.McapChunkIndex;
import dev.segue.mcap.McapStatistics;
import dev.segue.mcap.McapSummary;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Where the newest messages are. */
class LastChunksTest {
  private static final long CHUNK = 1000;

  /** Of a head alone, and with one message. */
  private static final long EMPTY = 15;

  private static final long ONE = 31;

  /** At an offset, with indexes of these sizes behind it. */
  private static McapChunkIndex chunk(long byteOffset, long xByteSize, long yByteSize) {
    long x = byteOffset + CHUNK;
    return new McapChunkIndex(
        1,
        2,
        byteOffset,
        CHUNK,
        Map.of(0, x, 1, x + xByteSize),
        xByteSize + yByteSize,
        "",
        CHUNK,
        CHUNK);
  }

  /** As the format's C++ library wrote them: each chunk has an index of every channel so far. */
  @Test
  void anEmptyIndexIsOfAChannelThatHasNoMessageInTheChunk() {
    McapSummary summary =
        new McapSummary(
            Optional.of(new McapStatistics(4, 0, 2, 0, 0, 3, 1, 2, Map.of(0, 2L, 1, 2L))),
            Map.of(),
            List.of(
                new McapChannel(0, 0, "x", "", Map.of()), new McapChannel(1, 0, "y", "", Map.of())),
            List.of(chunk(100, ONE, ONE), chunk(5_000, EMPTY, ONE), chunk(9_000, ONE, EMPTY)));
    assertEquals(Set.of(1), summary.chunks().get(1).channelIds());
    assertEquals(Set.of(0), summary.chunks().get(2).channelIds());
    LastChunks last = LastChunks.of(summary, topic -> true);
    assertEquals(
        List.of(Set.of("y"), Set.of("x")),
        last.all().stream().map(LastChunks.Chunk::topics).toList());
  }
}
