package dev.segue.bench.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.segue.bench.harness.PeerCache;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.StoreSettings;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The server that the benches measure against answers as S3 does. */
@Timeout(60)
class NullServerTest {
  private static final long MIB = 1 << 20;

  @Test
  void ourStoreReadsAndWritesThere() throws Exception {
    Optional<Path> program =
        PeerCache.cProgram(Path.of("peers/store/null_server.c"), System.err::println);
    assumeTrue(program.isPresent(), "no C compiler");
    System.setProperty("aws.accessKeyId", "test");
    System.setProperty("aws.secretAccessKey", "testtest");
    try (NullServer server = NullServer.start(program.get(), 2 * MIB, 40 * MIB);
        ObjectStore store =
            ObjectStore.open(
                "s3://bench?region=us-east-1&endpoint=" + server.endpoint(),
                StoreSettings.of(Map.of()));
        FileChannel file = FileChannel.open(server.file());
        Arena arena = Arena.ofShared()) {
      MemorySegment content = file.map(FileChannel.MapMode.READ_ONLY, 0, 2 * MIB, arena);
      MemorySegment region = arena.allocate(40 * MIB);
      assertEquals(40 * MIB, store.get("huge", region).byteSize());
      for (long at = 0; at < region.byteSize(); at += content.byteSize()) {
        assertEquals(-1, content.mismatch(region.asSlice(at, content.byteSize())), "at=" + at);
      }
      MemorySegment wrapped = arena.allocate(100);
      assertEquals(40 * MIB, store.getRange("huge", 2 * MIB - 60, wrapped).byteSize());
      assertEquals(-1, content.asSlice(0, 40).mismatch(wrapped.asSlice(60)));

      SegmentedBytes bytes = SegmentedBytes.fromSegments(List.of(region.asReadOnly()), false);
      assertTrue(store.put("parts", bytes).etag().endsWith("-5\""));
      assertEquals(40 * MIB, store.head("parts").byteSize());
      assertEquals(7, store.put("whole", bytes.slice(0, 7)).byteSize());
      assertEquals(7, store.head("whole").byteSize());
      assertThrows(ObjectStoreException.class, () -> store.head("nothing"));
    }
  }

  @Test
  void theLinesOfWorkersAreRead() {
    assertEquals(new Took(1.5, 0.25, 4096), Took.of("done wall=1.500000 heap=4096", 0.25));
    assertTrue(Double.isNaN(Took.of("done wall=1.5", 0.25).heapBytes()));
  }
}
