package dev.segue.bytes;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.spi.Lend;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LoanTest {
  private static final byte[] CONTENT = {1, 2, 3, 4, 5, 6, 7, 8};

  private final OffHeapPool pool = new OffHeapPool(8192);
  private final Loan loan = pool.loan(CONTENT.length);

  @AfterEach
  void allMemoryIsBackAfterClose() {
    loan.close();
    assertEquals(8192, pool.availableByteSize());
    pool.close();
  }

  private void fill() {
    MemorySegment.copy(CONTENT, 0, loan.segment(), ValueLayout.JAVA_BYTE, 0, CONTENT.length);
  }

  @Test
  void hasTheSizeThatWasAskedFor() {
    assertEquals(8, loan.byteSize());
    assertEquals(8, loan.segment().byteSize());
    assertFalse(loan.segment().isReadOnly());
    assertFalse(loan.isHandedOver());
    assertEquals("Loan[byteSize=8]", loan.toString());
  }

  @Test
  void isHandedOverInPlaceAndWithoutACopy() {
    fill();
    long address = loan.segment().address();
    CopyLedger.Snapshot copies = Copies.during(loan::handOver);
    assertEquals(0, copies.totalByteCount());
    SegmentedBytes bytes = loan.handOver();
    assertTrue(loan.isHandedOver());
    assertArrayEquals(CONTENT, bytes.copyToByteArray());
    assertEquals(address, bytes.segment(0).address());
    assertTrue(bytes.segment(0).isReadOnly());
    assertEquals(loan.toString(), String.valueOf(Lend.owner(bytes, 0)));
  }

  @Test
  void whoTakesTheMemoryAloneEndsTheFillingAsWell() {
    fill();
    MemorySegment writable = loan.segment();
    assertSame(Lend.handOver(loan), Lend.handOver(loan));
    assertTrue(loan.isHandedOver());
    assertThrows(IllegalStateException.class, () -> writable.get(ValueLayout.JAVA_BYTE, 0));
    assertThrows(IllegalStateException.class, loan::segment);
    assertThrows(IllegalStateException.class, () -> loan.handOver(3));
    SegmentedBytes bytes = loan.handOver();
    assertArrayEquals(CONTENT, bytes.copyToByteArray());
    assertSame(Lend.handOver(loan), Lend.owner(bytes, 0));
    loan.close();
    assertThrows(IllegalStateException.class, () -> Lend.handOver(loan));
  }

  @Test
  void theMemoryOfAPartIsNotTaken() {
    loan.handOver(3);
    assertThrows(IllegalStateException.class, () -> Lend.handOver(loan));
  }

  @Test
  void handsOverTheFirstBytesAlone() {
    fill();
    assertArrayEquals(new byte[] {1, 2, 3}, loan.handOver(3).copyToByteArray());
    assertEquals(8, loan.byteSize());
  }

  @Test
  void handsOverNothingAtAll() {
    assertSame(SegmentedBytes.empty(), loan.handOver(0));
    assertTrue(loan.isHandedOver());
    assertSame(SegmentedBytes.empty(), loan.handOver(0));
  }

  @Test
  void theWritableViewEndsWithTheHandOver() {
    MemorySegment writable = loan.segment();
    MemorySegment part = writable.asSlice(2, 3);
    var buffer = writable.asByteBuffer();
    loan.handOver();
    assertThrows(
        IllegalStateException.class, () -> writable.set(ValueLayout.JAVA_BYTE, 0, (byte) 1));
    assertThrows(IllegalStateException.class, () -> part.fill((byte) 1));
    assertThrows(IllegalStateException.class, () -> buffer.put(0, (byte) 1));
    assertThrows(IllegalStateException.class, () -> loan.segment().get(ValueLayout.JAVA_BYTE, 0));
  }

  @Test
  void theWritableViewEndsWithClose() {
    MemorySegment writable = loan.segment();
    loan.close();
    assertThrows(
        IllegalStateException.class, () -> writable.set(ValueLayout.JAVA_BYTE, 0, (byte) 1));
  }

  @Test
  void aSecondHandOverOfTheSameSizeIsTheSameBytes() throws InterruptedException {
    SegmentedBytes bytes = loan.handOver(5);
    assertSame(bytes, loan.handOver(5));
    Threads.run(() -> assertSame(bytes, loan.handOver(5)));
  }

  @Test
  void aSecondHandOverOfAnotherSizeIsRefused() {
    loan.handOver(5);
    IllegalStateException refusal =
        assertThrows(IllegalStateException.class, () -> loan.handOver(6));
    assertEquals(
        "hand-over of Loan[byteSize=8]: byteSize=6, handed over before with byteSize=5",
        refusal.getMessage());
    assertThrows(IllegalStateException.class, loan::handOver);
  }

  @Test
  void aSizeThatIsNotWithinTheLoanIsRefusedAndEndsNothing() {
    assertThrows(IndexOutOfBoundsException.class, () -> loan.handOver(9));
    assertThrows(IndexOutOfBoundsException.class, () -> loan.handOver(-1));
    assertFalse(loan.isHandedOver());
    fill();
    assertArrayEquals(CONTENT, loan.handOver().copyToByteArray());
  }

  @Test
  void aHandOverAfterCloseIsRefused() {
    SegmentedBytes bytes = loan.handOver();
    loan.close();
    IllegalStateException refusal = assertThrows(IllegalStateException.class, loan::handOver);
    assertEquals("hand-over of Loan[byteSize=8]: it is closed", refusal.getMessage());
    assertThrows(IllegalStateException.class, () -> Lend.begin(bytes));
  }

  @Test
  void memoryGoesBackOnceWhenClosedBeforeTheLeaseEnds() {
    SegmentedBytes bytes = loan.handOver();
    Lend.begin(bytes);
    loan.close();
    loan.close();
    assertEquals(4096, pool.availableByteSize());
    Lend.end(bytes);
    assertEquals(8192, pool.availableByteSize());
    assertThrows(IllegalStateException.class, () -> Lend.end(bytes));
    assertEquals(8192, pool.availableByteSize());
  }

  @Test
  void memoryGoesBackOnceWhenTheLeaseEndsBeforeClose() {
    SegmentedBytes bytes = loan.handOver();
    Lend.begin(bytes);
    Lend.end(bytes);
    assertEquals(4096, pool.availableByteSize());
    loan.close();
    assertEquals(8192, pool.availableByteSize());
    loan.close();
    assertEquals(8192, pool.availableByteSize());
  }

  @Test
  void aSliceOfTheBytesHoldsTheMemoryAsWell() {
    SegmentedBytes slice = loan.handOver().slice(2, 3);
    Lend.begin(slice);
    loan.close();
    assertEquals(4096, pool.availableByteSize());
    Lend.end(slice);
    assertEquals(8192, pool.availableByteSize());
  }

  @Test
  void anotherThreadNeitherFillsNorHandsOverNorClosesAndCorruptsNothing()
      throws InterruptedException {
    fill();
    Threads.run(
        () -> {
          assertThrows(WrongThreadException.class, () -> loan.segment().fill((byte) 9));
          assertThrows(WrongThreadException.class, loan::handOver);
          assertThrows(WrongThreadException.class, loan::close);
        });
    assertFalse(loan.isHandedOver());
    assertEquals(4096, pool.availableByteSize());
    fill();
    assertArrayEquals(CONTENT, loan.handOver().copyToByteArray());
  }

  @Test
  void anotherThreadThanTheTakerFillsItIfItIsTheFirst() throws InterruptedException {
    Threads.run(
        () -> {
          fill();
          assertArrayEquals(CONTENT, loan.handOver().copyToByteArray());
        });
    assertTrue(loan.isHandedOver());
  }

  @Test
  void onceTheThreadThatFilledItHasEndedAnotherHandsOverOrCloses() throws InterruptedException {
    MemorySegment[] filled = new MemorySegment[2];
    Loan other = pool.loan(CONTENT.length);
    Thread filler =
        Thread.ofVirtual()
            .start(
                () -> {
                  fill();
                  filled[0] = loan.segment();
                  filled[1] = other.segment();
                });
    filler.join();
    assertArrayEquals(CONTENT, loan.handOver().copyToByteArray());
    other.close();
    assertEquals(4096, pool.availableByteSize());
    for (MemorySegment each : filled) {
      assertThrows(WrongThreadException.class, () -> each.fill((byte) 9));
      assertThrows(
          WrongThreadException.class,
          () -> SegmentedBytes.borrow(each.asReadOnly()).copyToByteArray());
    }
    assertThrows(IllegalStateException.class, other::handOver);
  }

  @Test
  void severalThreadsFillTheSharedSegment() throws InterruptedException {
    MemorySegment all = loan.sharedSegment();
    assertSame(all, loan.sharedSegment());
    for (int i = 0; i < CONTENT.length; i++) {
      MemorySegment part = all.asSlice(i, 1);
      byte value = CONTENT[i];
      Threads.run(() -> part.set(ValueLayout.JAVA_BYTE, 0, value));
    }
    SegmentedBytes bytes = loan.handOver();
    assertArrayEquals(CONTENT, bytes.copyToByteArray());
    assertEquals(all.address(), bytes.segment(0).address());
    assertThrows(IllegalStateException.class, () -> all.set(ValueLayout.JAVA_BYTE, 0, (byte) 1));
  }

  @Test
  void theSharedSegmentEndsWithCloseOnAnyThread() throws InterruptedException {
    MemorySegment all = loan.sharedSegment();
    Threads.run(loan::close);
    assertThrows(IllegalStateException.class, () -> all.set(ValueLayout.JAVA_BYTE, 0, (byte) 1));
    assertEquals(8192, pool.availableByteSize());
  }

  @Test
  void nothingIsFilledAfterTheEnd() {
    loan.handOver();
    assertEquals(
        "filling of Loan[byteSize=8]: it is handed over",
        assertThrows(IllegalStateException.class, loan::segment).getMessage());
    assertThrows(IllegalStateException.class, loan::sharedSegment);
    loan.close();
    assertEquals(
        "filling of Loan[byteSize=8]: it is closed",
        assertThrows(IllegalStateException.class, loan::segment).getMessage());
    assertThrows(IllegalStateException.class, loan::sharedSegment);
  }

  @Test
  void anotherThreadClosesWhatWasHandedOver() throws InterruptedException {
    SegmentedBytes bytes = loan.handOver();
    Threads.run(
        () -> {
          assertEquals(8, bytes.copyToByteArray().length);
          loan.close();
        });
    assertEquals(8192, pool.availableByteSize());
  }

  @Test
  void aCloseThatRacesTheEndOfALeaseGivesTheMemoryBackOnce() throws InterruptedException {
    int roundCount = 5_000;
    Loan[] loans = new Loan[roundCount];
    SegmentedBytes[] lent = new SegmentedBytes[roundCount];
    try (OffHeapPool large = new OffHeapPool(roundCount * 4096L)) {
      for (int i = 0; i < roundCount; i++) {
        loans[i] = large.loan(8);
        lent[i] = loans[i].handOver();
        Lend.begin(lent[i]);
      }
      assertEquals(0, large.availableByteSize());
      Threads.race(
          roundCount,
          round -> loans[round].close(),
          round -> Lend.end(lent[round]),
          round -> loans[round].close());
      assertEquals(large.capacityByteSize(), large.availableByteSize());
    }
  }
}
