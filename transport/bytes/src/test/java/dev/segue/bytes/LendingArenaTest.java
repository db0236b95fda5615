package dev.segue.bytes;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.spi.Lend;
import dev.segue.bytes.spi.ScopeOwners;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LendingArenaTest {
  private static final byte[] CONTENT = {1, 2, 3, 4, 5};

  private final LendingArena arena = new LendingArena();
  private final MemorySegment segment =
      arena.allocate(CONTENT.length).copyFrom(MemorySegment.ofArray(CONTENT)).asReadOnly();
  private final SegmentedBytes bytes = SegmentedBytes.fromSegments(List.of(segment), false);

  @Test
  void closingWhatIsNotLentFreesItAtOnce() {
    assertFalse(arena.isFreed());
    arena.close();
    assertTrue(arena.isFreed());
    assertThrows(IllegalStateException.class, () -> bytes.byteAt(0));
    assertThrows(IllegalStateException.class, () -> Lend.begin(bytes));
  }

  @Test
  void closingWhatIsLentFreesItWhenTheLastLeaseEnds() {
    Lend.begin(bytes);
    Lend.begin(bytes);
    arena.close();
    Lend.end(bytes);
    assertFalse(arena.isFreed());
    assertArrayEquals(CONTENT, bytes.copyToByteArray());
    assertTrue(arena.scope().isAlive());
    Lend.end(bytes);
    assertTrue(arena.isFreed());
    assertFalse(arena.scope().isAlive());
    assertThrows(IllegalStateException.class, () -> bytes.byteAt(0));
  }

  @Test
  void aFileThatIsMappedIntoItStaysWhileItIsLent(@TempDir Path directory) throws IOException {
    Path file = Files.write(directory.resolve("mapped"), CONTENT);
    LendingArena mapping = new LendingArena();
    MemorySegment mapped;
    try (FileChannel channel = FileChannel.open(file)) {
      mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, CONTENT.length, mapping);
    }
    SegmentedBytes lent = SegmentedBytes.fromSegments(List.of(mapped), false);
    Lend.begin(lent);
    mapping.close();
    assertFalse(mapping.isFreed());
    assertArrayEquals(CONTENT, lent.copyToByteArray());
    Lend.end(lent);
    assertTrue(mapping.isFreed());
    assertThrows(IllegalStateException.class, () -> lent.byteAt(0));
  }

  @Test
  void anArenaThatIsNeverUsedNorClosedLeavesNothingBehind() {
    int before = ScopeOwners.openCount();
    LendingArena unused = new LendingArena();
    assertEquals(before, ScopeOwners.openCount());
    unused.allocate(1);
    unused.allocate(1);
    assertEquals(before + 1, ScopeOwners.openCount());
    unused.close();
    assertEquals(before, ScopeOwners.openCount());
  }

  @Test
  void everyViewOfItsMemoryIsProtected() {
    List<SegmentedBytes> views =
        List.of(
            bytes.slice(1, 2),
            SegmentedBytes.concat(List.of(bytes, SegmentedBytes.copyOf(new byte[3]))),
            SegmentedBytes.concat(List.of(bytes, bytes)).slice(3, 4),
            SegmentedBytes.fromSegments(List.of(segment.asSlice(2), segment), false),
            SegmentedBytes.fromBuffers(List.of(segment.asByteBuffer()), false));
    for (SegmentedBytes view : views) {
      assertNotNull(Lend.owner(view, 0));
      Lend.begin(view);
    }
    arena.close();
    for (SegmentedBytes view : views) {
      assertFalse(arena.isFreed());
      Lend.end(view);
    }
    assertTrue(arena.isFreed());
  }

  @Test
  void eachSegmentHasItsOwnOwner() {
    LendingArena other = new LendingArena();
    MemorySegment empty = segment.asSlice(0, 0);
    SegmentedBytes mixed =
        SegmentedBytes.fromSegments(
            List.of(
                Content.borrowable((byte) 9),
                empty,
                segment,
                other.allocate(2).asReadOnly(),
                Content.borrowable((byte) 8)),
            false);
    assertEquals(4, mixed.segmentCount());
    assertNull(Lend.owner(mixed, 0));
    assertSame(Lend.owner(bytes, 0), Lend.owner(mixed, 1));
    assertNotNull(Lend.owner(mixed, 2));
    assertNull(Lend.owner(mixed, 3));
    Lend.begin(mixed);
    arena.close();
    other.close();
    assertFalse(arena.isFreed() || other.isFreed());
    Lend.end(mixed);
    assertTrue(arena.isFreed() && other.isFreed());
  }

  @Test
  void memoryOfAnotherArenaIsNotHeldByIt() {
    try (Arena foreign = Arena.ofShared()) {
      MemorySegment theirs = foreign.allocate(4).asReadOnly();
      assertNull(Lend.owner(SegmentedBytes.fromSegments(List.of(theirs), false), 0));
    }
    arena.close();
  }

  @Test
  void closeIsIdempotentFromAnyThread() throws InterruptedException {
    Lend.begin(bytes);
    arena.close();
    arena.close();
    Threads.run(arena::close);
    assertFalse(arena.isFreed());
    Lend.end(bytes);
    arena.close();
    assertTrue(arena.isFreed());
  }

  @Test
  void nothingIsAllocatedAfterClose() {
    Lend.begin(bytes);
    arena.close();
    IllegalStateException refusal =
        assertThrows(IllegalStateException.class, () -> arena.allocate(64, 8));
    assertEquals(
        "allocation of byteSize=64 from a LendingArena: it is closed", refusal.getMessage());
    Lend.end(bytes);
    assertThrows(IllegalStateException.class, () -> arena.allocate(64, 8));
  }

  @Test
  void aClosedArenaTakesNoNewLeaseButKeepsTheOldOnes() {
    SegmentedBytes other = bytes.slice(1);
    Lend.begin(bytes);
    arena.close();
    Lend.begin(other);
    Lend.end(bytes);
    assertFalse(arena.isFreed());
    Lend.end(other);
    assertTrue(arena.isFreed());
    assertThrows(IllegalStateException.class, () -> Lend.begin(other));
  }

  @Test
  void bytesMadeAfterTheEndAreNeverLent() {
    arena.close();
    SegmentedBytes late = SegmentedBytes.fromSegments(List.of(segment), false);
    assertThrows(IllegalStateException.class, () -> Lend.begin(late));
    assertFalse(late.isLent());
  }

  @Test
  void closeWithATimeoutTellsWhetherItWasFreed() throws InterruptedException {
    Lend.begin(bytes);
    assertFalse(arena.close(Duration.ZERO));
    assertFalse(arena.close(Duration.ofMillis(-1)));
    assertFalse(arena.close(Duration.ofMillis(5)));
    Lend.end(bytes);
    assertTrue(arena.close(Duration.ZERO));
  }

  @Test
  void closeWithATimeoutWakesWhenTheLastLeaseEnds() throws InterruptedException {
    Lend.begin(bytes);
    FutureTask<Boolean> closing =
        Threads.start(() -> arena.close(ChronoUnit.FOREVER.getDuration()));
    while (true) {
      try {
        arena.allocate(1);
        Thread.sleep(1);
      } catch (IllegalStateException _) {
        break;
      }
    }
    assertFalse(closing.isDone());
    Lend.end(bytes);
    assertTrue(Threads.join(closing));
  }

  @Test
  void closeWithATimeoutIsInterruptible() {
    Lend.begin(bytes);
    Thread.currentThread().interrupt();
    assertThrows(InterruptedException.class, () -> arena.close(Duration.ofDays(1)));
    assertFalse(arena.isFreed());
    Lend.end(bytes);
    assertTrue(arena.isFreed());
  }

  @Test
  void aLeaseThatBeganAlwaysSeesLiveMemory() throws InterruptedException {
    int roundCount = 4_000;
    LendingArena[] arenas = new LendingArena[roundCount];
    MemorySegment[] segments = new MemorySegment[roundCount];
    for (int i = 0; i < roundCount; i++) {
      arenas[i] = new LendingArena();
      segments[i] = arenas[i].allocate(8).fill((byte) 7).asReadOnly();
    }
    Threads.Round lender =
        round -> {
          for (int i = 0; i < 3; i++) {
            SegmentedBytes lent = SegmentedBytes.fromSegments(List.of(segments[round]), false);
            try {
              Lend.begin(lent);
            } catch (IllegalStateException _) {
              return;
            }
            for (int at = 0; at < 8; at++) {
              assertEquals(7, lent.byteAt(at));
            }
            Lend.end(lent);
          }
        };
    Threads.race(roundCount, lender, lender, round -> arenas[round].close());
    for (LendingArena closed : arenas) {
      assertTrue(closed.isFreed());
    }
  }
}
