package dev.segue.bytes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.spi.Lend;
import dev.segue.bytes.spi.MemoryOwner;
import dev.segue.bytes.spi.ScopeOwners;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class MemoryOwnerTest {

  private static class Counted extends MemoryOwner {
    final AtomicInteger freedCount = new AtomicInteger();

    Counted() {}

    Counted(boolean guarded) {
      super(guarded);
    }

    boolean endViews() {
      return tryEndViews();
    }

    @Override
    protected void free() {
      freedCount.incrementAndGet();
    }

    @Override
    public String toString() {
      return "Counted";
    }
  }

  /** Memory that stays mapped whatever happens, so that only the owner protects it. */
  private final MemorySegment memory = Arena.global().allocate(16).fill((byte) 7).asReadOnly();

  @Test
  void whatWasGivenBackIsNeverReadByAnyWayAgain() {
    Counted owner = new Counted();
    SegmentedBytes bytes = Lend.ofOwned(memory, owner);
    SegmentedBytes slice = bytes.slice(3, 8);
    SegmentedBytes both = SegmentedBytes.concat(List.of(bytes, slice));
    BytesReader reader = both.reader();
    assertEquals(7, reader.readByte());
    owner.close();
    assertEquals(1, owner.freedCount.get());
    IllegalStateException refusal =
        assertThrows(IllegalStateException.class, () -> bytes.byteAt(0));
    assertEquals("use of Counted: its memory has been given back", refusal.getMessage());
    assertThrows(IllegalStateException.class, () -> slice.byteAt(7));
    assertThrows(IllegalStateException.class, bytes::copyToByteArray);
    assertThrows(
        IllegalStateException.class, () -> both.copyTo(MemorySegment.ofArray(new byte[24])));
    assertThrows(IllegalStateException.class, bytes::hashCode);
    SegmentedBytes sameSize = SegmentedBytes.copyOf(new byte[16]);
    assertThrows(IllegalStateException.class, () -> assertEquals(bytes, sameSize));
    assertThrows(IllegalStateException.class, () -> assertEquals(sameSize, bytes));
    assertThrows(IllegalStateException.class, bytes::segments);
    assertThrows(IllegalStateException.class, () -> bytes.segment(0));
    assertThrows(IllegalStateException.class, bytes::asByteBuffers);
    assertThrows(IllegalStateException.class, reader::readByte);
    assertThrows(IllegalStateException.class, reader::readShort);
    assertThrows(IllegalStateException.class, reader::readInt);
    assertThrows(IllegalStateException.class, reader::readLong);
    assertThrows(IllegalStateException.class, () -> bytes.asInputStream().read());
    assertThrows(IllegalStateException.class, () -> bytes.asInputStream().read(new byte[3]));
    assertThrows(IllegalStateException.class, () -> Lend.begin(both));
    assertThrows(
        IllegalStateException.class, () -> SegmentedBytes.fromSegments(bytes.segments(), true));
    assertEquals(1, owner.freedCount.get());
    assertEquals(0, owner.holderCount());
  }

  @Test
  void viewsEndBeforeTheMemoryGoesBack() {
    Counted owner = new Counted();
    SegmentedBytes bytes = Lend.ofOwned(memory, owner);
    MemorySegment view = bytes.segments().getFirst();
    MemorySegment part = bytes.slice(2, 4).segment(0);
    var buffer = bytes.asByteBuffers().getFirst();
    assertEquals(memory.address(), view.address());
    assertTrue(view.isReadOnly() && part.isReadOnly() && buffer.isReadOnly());
    assertEquals(7, view.get(ValueLayout.JAVA_BYTE, 0));
    Lend.begin(bytes);
    owner.close();
    assertEquals(7, part.get(ValueLayout.JAVA_BYTE, 3));
    Lend.end(bytes);
    assertThrows(IllegalStateException.class, () -> view.get(ValueLayout.JAVA_BYTE, 0));
    assertThrows(IllegalStateException.class, () -> part.get(ValueLayout.JAVA_BYTE, 0));
    assertThrows(IllegalStateException.class, () -> buffer.get(0));
  }

  @Test
  void readingAndLendingMakeNoArena() {
    int before = ScopeOwners.openCount();
    Counted owner = new Counted();
    SegmentedBytes bytes = Lend.ofOwned(memory, owner);
    assertEquals(7, bytes.byteAt(1));
    assertEquals(7, bytes.reader().readByte());
    SegmentedBytes copy = SegmentedBytes.copyOf(bytes.copyToByteArray());
    assertEquals(copy, bytes);
    assertEquals(copy.hashCode(), bytes.hashCode());
    Lend.begin(bytes);
    assertSame(memory.scope(), Lend.segment(bytes, 0).scope());
    assertEquals(1, Lend.byteBuffers(bytes).size());
    Lend.end(bytes);
    assertEquals(before, ScopeOwners.openCount());
    bytes.segments();
    bytes.segments();
    assertEquals(before + 1, ScopeOwners.openCount());
    owner.close();
    assertEquals(before, ScopeOwners.openCount());
  }

  @Test
  void viewsLeadBackToTheOwner() {
    Counted owner = new Counted();
    SegmentedBytes bytes = Lend.ofOwned(memory, owner);
    List<SegmentedBytes> again =
        List.of(
            SegmentedBytes.fromSegments(bytes.segments(), false),
            SegmentedBytes.fromSegments(List.of(bytes.segment(0).asSlice(3, 2)), false),
            SegmentedBytes.fromBuffers(bytes.asByteBuffers(), false),
            SegmentedBytes.fromBuffers(
                List.of(bytes.asByteBuffers().getFirst().slice(2, 9).duplicate()), false));
    for (SegmentedBytes bytesAgain : again) {
      assertSame(owner, Lend.owner(bytesAgain, 0));
      Lend.begin(bytesAgain);
    }
    owner.close();
    for (SegmentedBytes bytesAgain : again) {
      assertEquals(0, owner.freedCount.get());
      Lend.end(bytesAgain);
    }
    assertEquals(1, owner.freedCount.get());
  }

  @Test
  void viewsThatAreEndedEarlyAreMadeAgain() {
    Counted owner = new Counted();
    MemorySegment first = owner.view(memory);
    assertTrue(owner.endViews());
    assertTrue(owner.endViews());
    assertFalse(first.scope().isAlive());
    MemorySegment second = owner.view(memory);
    assertNotSame(first.scope(), second.scope());
    assertEquals(7, second.get(ValueLayout.JAVA_BYTE, 0));
    owner.close();
    assertFalse(second.scope().isAlive());
  }

  @Test
  void guardedMemoryIsItsOwnView() {
    Counted owner = new Counted(true);
    SegmentedBytes bytes = Lend.ofOwned(memory, owner);
    assertSame(memory, bytes.segment(0));
    owner.close();
    assertEquals(7, bytes.byteAt(0));
    assertThrows(IllegalStateException.class, () -> Lend.begin(bytes));
  }

  @Test
  void anOwnerOfNeighborsIsHeldOnceAndEachOthersOnTheirOwn() {
    Counted owner = new Counted();
    Counted other = new Counted();
    SegmentedBytes bytes = Lend.ofOwned(memory, owner);
    SegmentedBytes mixed =
        SegmentedBytes.concat(
            List.of(
                bytes,
                bytes,
                Lend.ofOwned(memory, other),
                SegmentedBytes.copyOf(new byte[1]),
                bytes));
    assertNull(Lend.owner(mixed, 3));
    Lend.begin(mixed);
    assertEquals(3, owner.holderCount());
    assertEquals(2, other.holderCount());
    Lend.end(mixed);
    assertEquals(1, owner.holderCount());
    assertEquals(1, other.holderCount());
    other.close();
    assertThrows(IllegalStateException.class, () -> Lend.begin(mixed));
    assertEquals(1, owner.holderCount());
  }

  /** Memory that can't be given back. */
  private static final class Stuck extends MemoryOwner {
    @Override
    protected void free() {
      throw new IllegalStateException("stuck");
    }
  }

  @Test
  void anOwnerWhoseMemoryCanNotBeGivenBackKeepsNoOthers() {
    Stuck first = new Stuck();
    Counted second = new Counted();
    Stuck third = new Stuck();
    SegmentedBytes bytes =
        SegmentedBytes.concat(
            List.of(
                Lend.ofOwned(memory, first),
                Lend.ofOwned(memory, second),
                Lend.ofOwned(memory, third)));
    AtomicInteger releasedCount = new AtomicInteger();
    Lend.begin(bytes);
    Lend.whenReleased(
        bytes,
        () -> {
          throw new IllegalStateException("a waiter");
        });
    Lend.whenReleased(bytes, releasedCount::incrementAndGet);
    first.close();
    second.close();
    third.close();
    IllegalStateException failure =
        assertThrows(IllegalStateException.class, () -> Lend.end(bytes));
    assertEquals(1, second.freedCount.get());
    assertEquals(0, third.holderCount());
    assertFalse(bytes.isLent());
    assertEquals(1, releasedCount.get());
    assertEquals("a waiter", failure.getMessage());
  }

  @Test
  void whatCanNotBeGivenBackIsSaidOfEachOwner() {
    Stuck first = new Stuck();
    Stuck second = new Stuck();
    SegmentedBytes bytes =
        SegmentedBytes.concat(List.of(Lend.ofOwned(memory, first), Lend.ofOwned(memory, second)));
    Lend.begin(bytes);
    first.close();
    second.close();
    IllegalStateException failure =
        assertThrows(IllegalStateException.class, () -> Lend.end(bytes));
    assertEquals("stuck", failure.getMessage());
    assertEquals(1, failure.getSuppressed().length);
  }

  @Test
  void memoryThatIsShutButHeldIsNotSaidToBeGivenBack() {
    Counted owner = new Counted();
    owner.acquire();
    owner.shut();
    assertEquals(
        "use of Counted: it is closed",
        assertThrows(IllegalStateException.class, owner::acquire).getMessage());
    owner.release();
    assertEquals(
        "use of Counted: its memory has been given back",
        assertThrows(IllegalStateException.class, owner::acquire).getMessage());
  }

  @Test
  void aReaderThatRacesTheEndReadsWhatWasThereOrIsRefused() throws InterruptedException {
    int roundCount = 20_000;
    MemorySegment[] cells = new MemorySegment[roundCount];
    Counted[] owners = new Counted[roundCount];
    SegmentedBytes[] bytes = new SegmentedBytes[roundCount];
    MemorySegment block = Arena.ofAuto().allocate(roundCount).fill((byte) 1);
    for (int i = 0; i < roundCount; i++) {
      MemorySegment cell = block.asSlice(i, 1);
      cells[i] = cell;
      owners[i] =
          new Counted() {
            @Override
            protected void free() {
              cell.set(ValueLayout.JAVA_BYTE, 0, (byte) 2); // the next user's
              super.free();
            }
          };
      bytes[i] = Lend.ofOwned(cell.asReadOnly(), owners[i]);
    }
    Threads.Round reader =
        round -> {
          for (int i = 0; i < 3; i++) {
            try {
              assertEquals(1, bytes[round].byteAt(0));
            } catch (IllegalStateException _) {
              return;
            }
          }
        };
    Threads.race(roundCount, reader, reader, round -> owners[round].close());
    for (Counted owner : owners) {
      assertEquals(1, owner.freedCount.get());
    }
  }
}
