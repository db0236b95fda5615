package dev.segue.capnproto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.Loan;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.PoolExhaustedException;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.bytes.spi.LoanMemory;
import dev.segue.capnproto.schema.Frames.CameraFrame;
import dev.segue.capnproto.schema.Frames.PointCloud;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.capnproto.AnyPointer;
import org.capnproto.MessageReader;
import org.capnproto.ReaderOptions;
import org.capnproto.Serialize;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LoanMessageTest {
  private static final int CAPACITY = 1 << 24;
  private static final int PAGE = 4096;

  private final OffHeapPool pool = new OffHeapPool(CAPACITY);

  @AfterEach
  void thePoolIsEmptyAgain() {
    assertEquals(CAPACITY, pool.availableByteSize());
    pool.close();
  }

  /** Leaves memory in the pool that is not zero. */
  private void dirty(int byteSize) {
    try (Loan loan = pool.loan(byteSize)) {
      loan.segment().fill((byte) 0xEE);
    }
  }

  private static MessageReader readByRuntime(SegmentedBytes bytes) throws Exception {
    return Serialize.read(
        ByteBuffer.wrap(bytes.copyToByteArray()), new ReaderOptions(Long.MAX_VALUE, 64));
  }

  @Test
  void aSmallMessageIsReadByTheRuntimesOwnReader() throws Exception {
    dirty(PAGE);
    try (LoanMessage message = LoanMessage.of(pool)) {
      CameraFrame.Builder frame = message.initRoot(CameraFrame.factory);
      SampleFrame.fillHead(frame);
      frame.setPixels(SampleFrame.pixels(100));
      SegmentedBytes bytes = message.handOver();
      assertEquals(1, bytes.segmentCount());
      SampleFrame.check(readByRuntime(bytes).getRoot(CameraFrame.factory), 100);
      SampleFrame.check(bytes, 100);
    }
  }

  @Test
  void aMessageOfOneSegmentIsThatOfTheRuntimeButForAnEmptySecondSegment() {
    try (LoanMessage message = LoanMessage.of(pool)) {
      CameraFrame.Builder frame = message.initRoot(CameraFrame.factory);
      SampleFrame.fillHead(frame);
      frame.setPixels(SampleFrame.pixels(100));
      SegmentedBytes bytes = message.handOver();
      byte[] expected = SampleFrame.serialized(100, 1024);
      assertEquals(1, bytes.slice(0, 4).reader().readInt());
      assertEquals(0, bytes.slice(8, 8).reader().readLong());
      assertArrayEquals(
          Arrays.copyOfRange(expected, 8, expected.length), bytes.slice(16).copyToByteArray());
    }
  }

  @Test
  void capturedDataIsEmbeddedWhereItLiesWithItsTailZeroed() throws Exception {
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    for (int byteSize = 1; byteSize <= 40; byteSize++) {
      dirty(PAGE);
      dirty(PAGE);
      try (CapturedData pixels = CapturedData.of(pool, byteSize);
          LoanMessage message = LoanMessage.of(pool)) {
        assertEquals(byteSize, pixels.segment().byteSize());
        for (int i = 0; i < byteSize; i++) {
          pixels.segment().set(ValueLayout.JAVA_BYTE, i, SampleFrame.pixel(i));
        }
        long address = pixels.segment().address();
        CameraFrame.Builder frame = message.initRoot(CameraFrame.factory);
        frame.setSequence(1);
        message.embed(pixels, byteSize, frame::initPixels);
        SampleFrame.fillHead(frame);

        SegmentedBytes bytes = message.handOver();
        assertEquals(2, bytes.segmentCount());
        assertEquals(address - 8, bytes.segment(1).address());
        assertEquals((byteSize + 7) / 8 * 8 + 8, bytes.segment(1).byteSize());
        for (long at = 8L + byteSize; at < bytes.segment(1).byteSize(); at++) {
          assertEquals(0, bytes.segment(1).get(ValueLayout.JAVA_BYTE, at));
        }
        try (MessageView view = MessageView.of(bytes, pool)) {
          assertTrue(view.isInPlace());
          SegmentedBytes seen =
              view.read(CameraFrame.factory, root -> view.bytesOf(root.getPixels()));
          assertEquals(address, seen.segment(0).address());
          assertEquals(byteSize, seen.byteSize());
        }
        assertEquals(0, CopyLedger.snapshot().since(before).totalByteCount());
        SampleFrame.check(bytes, byteSize);
        SampleFrame.check(readByRuntime(bytes).getRoot(CameraFrame.factory), byteSize);
        before = CopyLedger.snapshot();
      }
    }
  }

  @Test
  void lessThanWasCapturedCanBeEmbedded() {
    try (CapturedData jpeg = CapturedData.of(pool, 100_000);
        LoanMessage message = LoanMessage.of(pool)) {
      jpeg.segment().fill((byte) 0xEE);
      jpeg.segment().copyFrom(MemorySegment.ofArray(SampleFrame.pixels(1234)));
      CameraFrame.Builder frame = message.initRoot(CameraFrame.factory);
      SampleFrame.fillHead(frame);
      message.embed(jpeg, 1234, frame::initPixels);
      SegmentedBytes bytes = message.handOver();
      assertEquals(8 + 1240, bytes.segment(1).byteSize());
      SampleFrame.check(bytes, 1234);
    }
  }

  @Test
  void nothingIsEmbeddedForZeroBytes() {
    try (CapturedData pixels = CapturedData.of(pool, 16);
        LoanMessage message = LoanMessage.of(pool)) {
      CameraFrame.Builder frame = message.initRoot(CameraFrame.factory);
      SampleFrame.fillHead(frame);
      message.embed(pixels, 0, frame::initPixels);
      SegmentedBytes bytes = message.handOver();
      assertEquals(1, bytes.segmentCount());
      SampleFrame.check(bytes, 0);
    }
  }

  @Test
  void severalCapturedFieldsAndSmallOnesAfterThemShareAMessage() throws Exception {
    for (int count = 1; count <= 12; count++) {
      try (LoanMessage message = LoanMessage.of(pool)) {
        var clouds =
            message.builder().getRoot(AnyPointer.factory).initAs(PointCloud.listFactory, count);
        for (int i = 0; i < count; i++) {
          try (CapturedData points = CapturedData.of(pool, 64 + i)) {
            points.segment().fill((byte) i);
            message.embed(points, 64 + i, clouds.get(i)::initPoints);
          }
          clouds.get(i).setFrameId("lidar " + i);
        }
        SegmentedBytes bytes = message.handOver();
        assertEquals(bytes.segmentCount(), count + (count < 3 ? 1 : 2));
        int first = bytes.segmentCount() - count - 1;
        for (int i = first; i < bytes.segmentCount(); i++) {
          // A block of the pool begins at a page: each loan is handed over from its first byte on.
          assertEquals(0, bytes.segment(i).address() % PAGE);
          assertInstanceOf(LoanMemory.class, Lend.owner(bytes, i));
        }
        try (MessageView view = MessageView.of(bytes, pool)) {
          assertEquals(Math.max(2, count + 1), view.segmentCount());
          var read = view.root(AnyPointer.factory).getAs(PointCloud.listFactory);
          for (int i = 0; i < count; i++) {
            assertEquals("lidar " + i, read.get(i).getFrameId().toString());
            byte[] expected = new byte[64 + i];
            Arrays.fill(expected, (byte) i);
            assertArrayEquals(expected, read.get(i).getPoints().toArray());
          }
        }
      }
    }
  }

  @Test
  void ordinaryFieldsFindZeroedMemoryHoweverDirtyThePoolIs() {
    dirty(PAGE);
    dirty(1 << 20);
    try (LoanMessage message = LoanMessage.of(pool)) {
      CameraFrame.Builder frame = message.initRoot(CameraFrame.factory);
      ByteBuffer pixels = frame.initPixels(1_000_000).asByteBuffer();
      while (pixels.hasRemaining()) {
        assertEquals(0, pixels.get());
      }
      assertEquals(0, frame.getSequence());
    }
  }

  @Test
  void anUnzeroedFieldIsItsLoansMemoryAsItWas() {
    dirty(1 << 20);
    try (LoanMessage message = LoanMessage.of(pool)) {
      CameraFrame.Builder frame = message.initRoot(CameraFrame.factory);
      SampleFrame.fillHead(frame);
      var pixels = message.initUnzeroed(1_000_003, frame::initPixels);
      assertEquals(1_000_003, pixels.byteSize());
      assertEquals((byte) 0xEE, pixels.get(ValueLayout.JAVA_BYTE, 500_000));
      pixels.copyFrom(MemorySegment.ofArray(SampleFrame.pixels(1_000_003)));
      SegmentedBytes bytes = message.handOver();
      assertEquals(pixels.address(), bytes.segment(1).address() + 8);
      assertThrows(IllegalStateException.class, () -> pixels.fill((byte) 0));
      SampleFrame.check(bytes, 1_000_003);
    }
  }

  @Test
  void manySmallObjectsLieInFewSegments() throws Exception {
    try (LoanMessage message = LoanMessage.of(pool)) {
      var cloud = message.initRoot(PointCloud.factory);
      var fields = cloud.initFields(20_000);
      for (int i = 0; i < fields.size(); i++) {
        fields.get(i).setName("field " + i);
      }
      SegmentedBytes bytes = message.handOver();
      assertTrue(bytes.segmentCount() < 16, bytes.toString());
      try (MessageView view = MessageView.of(bytes, pool)) {
        assertTrue(view.isInPlace());
        view.visit(
            PointCloud.factory,
            root -> {
              var list = root.getFields();
              for (int i = 0; i < 20_000; i++) {
                assertEquals("field " + i, list.get(i).getName().toString());
              }
            });
      }
    }
  }

  @Test
  void growthTakesLessWhenThePoolHasNoMore() {
    try (OffHeapPool small = new OffHeapPool(8 * PAGE);
        LoanMessage message = LoanMessage.of(small)) {
      var fields = message.initRoot(PointCloud.factory).initFields(16);
      for (int i = 0; i < 16; i++) {
        fields.get(i).setName("x".repeat(1000));
      }
      assertTrue(message.handOver().byteSize() > 16_000);
    }
  }

  @Test
  void aMessageWithoutARootIsANullPointer() throws Exception {
    try (LoanMessage message = LoanMessage.of(pool)) {
      SegmentedBytes bytes = message.handOver();
      assertEquals(24, bytes.byteSize());
      try (MessageView view = MessageView.of(bytes, pool)) {
        long sequence = view.read(CameraFrame.factory, CameraFrame.Reader::getSequence);
        assertEquals(0, sequence);
      }
    }
  }

  @Test
  void theHeadCanComeFromAnotherPool() {
    try (OffHeapPool heads = new OffHeapPool(1 << 16);
        CapturedData pixels = CapturedData.of(pool, 10_000);
        LoanMessage message = LoanMessage.of(pool, heads, 200)) {
      pixels.segment().copyFrom(MemorySegment.ofArray(SampleFrame.pixels(10_000)));
      CameraFrame.Builder frame = message.initRoot(CameraFrame.factory);
      SampleFrame.fillHead(frame);
      message.embed(pixels, 10_000, frame::initPixels);
      assertEquals((1 << 16) - PAGE, heads.availableByteSize());
      assertEquals(CAPACITY - (1 << 14), pool.availableByteSize());
      SampleFrame.check(message.handOver(), 10_000);
    }
  }

  @Test
  void theBuilderEndsWithTheHandOver() {
    try (LoanMessage message = LoanMessage.of(pool)) {
      var builder = message.builder();
      CameraFrame.Builder frame = builder.initRoot(CameraFrame.factory);
      ByteBuffer pixels = frame.initPixels(16).asByteBuffer();
      SegmentedBytes bytes = message.handOver();
      assertSame(bytes, message.handOver());
      assertTrue(bytes.segment(0).isReadOnly());
      assertThrows(IllegalStateException.class, () -> frame.setSequence(2));
      assertThrows(IllegalStateException.class, () -> frame.initPixels(10_000));
      assertThrows(IllegalStateException.class, () -> pixels.put(0, (byte) 1));
      assertThrows(IllegalStateException.class, () -> builder.initRoot(CameraFrame.factory));
      assertThrows(IllegalStateException.class, message::builder);
      try (CapturedData late = CapturedData.of(pool, 8)) {
        assertThrows(IllegalStateException.class, () -> message.embed(late, 8, frame::initPixels));
      }
    }
  }

  @Test
  void closingEndsTheBuilderAndTheHandOver() {
    LoanMessage message = LoanMessage.of(pool);
    CameraFrame.Builder frame = message.initRoot(CameraFrame.factory);
    message.close();
    message.close();
    assertThrows(IllegalStateException.class, message::handOver);
    assertThrows(IllegalStateException.class, message::builder);
    assertThrows(IllegalStateException.class, () -> frame.setSequence(2));
  }

  @Test
  void whatIsLentOutlivesTheMessage() {
    SegmentedBytes bytes;
    try (CapturedData pixels = CapturedData.of(pool, 10_000);
        LoanMessage message = LoanMessage.of(pool)) {
      pixels.segment().copyFrom(MemorySegment.ofArray(SampleFrame.pixels(10_000)));
      CameraFrame.Builder frame = message.initRoot(CameraFrame.factory);
      SampleFrame.fillHead(frame);
      message.embed(pixels, 10_000, frame::initPixels);
      bytes = message.handOver();
      Lend.begin(bytes);
    }
    assertEquals(CAPACITY - (1 << 14) - PAGE, pool.availableByteSize());
    SampleFrame.check(bytes, 10_000);
    Lend.end(bytes);
    assertEquals(CAPACITY, pool.availableByteSize());
  }

  @Test
  void moreSegmentsThanReadersTakeAreRefused() {
    try (LoanMessage message = LoanMessage.of(pool)) {
      var clouds =
          message.builder().getRoot(AnyPointer.factory).initAs(PointCloud.listFactory, 512);
      for (int i = 0; i < 512; i++) {
        message.initUnzeroed(1, clouds.get(i)::initPoints).fill((byte) 1);
      }
      assertThrows(IllegalStateException.class, message::handOver);
    }
  }

  @Test
  void asManySegmentsAsReadersTakeAreFramed() throws Exception {
    try (LoanMessage message = LoanMessage.of(pool)) {
      var clouds =
          message.builder().getRoot(AnyPointer.factory).initAs(PointCloud.listFactory, 512);
      int count = SegmentTable.MAX_WRITTEN_SEGMENT_COUNT;
      for (int i = 0; message.toString().indexOf("=" + count) < 0; i++) {
        message.initUnzeroed(1, clouds.get(i)::initPoints).fill((byte) 1);
      }
      SegmentedBytes bytes = message.handOver();
      assertEquals(count + 1, bytes.segmentCount());
      var read = readByRuntime(bytes).getRoot(AnyPointer.factory);
      assertEquals(1, read.getAs(PointCloud.listFactory).get(400).getPoints().toArray()[0]);
    }
  }

  @Test
  void anInitializerThatDoesSomethingElseIsMisuse() {
    try (LoanMessage message = LoanMessage.of(pool)) {
      CameraFrame.Builder frame = message.initRoot(CameraFrame.factory);
      assertThrows(
          IllegalStateException.class,
          () -> message.initUnzeroed(100, byteSize -> frame.initPixels(byteSize + 8)));
      assertThrows(
          IllegalStateException.class,
          () -> message.initUnzeroed(100, byteSize -> frame.getPixels()));
      assertThrows(
          IllegalStateException.class,
          () -> message.initUnzeroed(100, byteSize -> frame.initPixels(byteSize - 1)));
      assertThrows(
          UnsupportedOperationException.class,
          () ->
              message.initUnzeroed(
                  100,
                  byteSize -> {
                    throw new UnsupportedOperationException();
                  }));
    }
  }

  @Test
  void capturedDataIsEmbeddedOnceAndBeforeItIsClosed() {
    try (LoanMessage message = LoanMessage.of(pool);
        CapturedData once = CapturedData.of(pool, 8)) {
      CapturedData never = CapturedData.of(pool, 8);
      CameraFrame.Builder frame = message.initRoot(CameraFrame.factory);
      message.embed(once, 8, frame::initPixels);
      assertThrows(IllegalStateException.class, () -> message.embed(once, 8, frame::initPixels));
      assertThrows(
          IndexOutOfBoundsException.class, () -> message.embed(never, 9, frame::initPixels));
      never.close();
      assertThrows(IllegalStateException.class, () -> message.embed(never, 8, frame::initPixels));
      assertFalse(message.handOver().isEmpty());
    }
  }

  @Test
  void aLoanThatWasWaitedForCanBeCapturedInto() {
    Loan loan = pool.loan(CapturedData.loanByteSize(13));
    try (CapturedData data = CapturedData.fromLoan(loan)) {
      assertEquals(16, data.segment().byteSize());
    }
    assertThrows(IllegalStateException.class, () -> CapturedData.fromLoan(loan));
    try (Loan small = pool.loan(8)) {
      assertThrows(IllegalArgumentException.class, () -> CapturedData.fromLoan(small));
    }
    assertThrows(IllegalArgumentException.class, () -> CapturedData.of(pool, 0));
    assertThrows(IllegalArgumentException.class, () -> CapturedData.of(pool, 1L << 29));
  }

  @Test
  void anExhaustedPoolIsAnErrorAndLeavesNothingBehind() {
    try (Loan _ = pool.loan(CAPACITY)) {
      assertThrows(PoolExhaustedException.class, () -> LoanMessage.of(pool));
    }
    try (LoanMessage message = LoanMessage.of(pool)) {
      CameraFrame.Builder frame = message.initRoot(CameraFrame.factory);
      assertThrows(
          PoolExhaustedException.class,
          () -> message.initUnzeroed(CAPACITY - 8, frame::initPixels));
      assertThrows(PoolExhaustedException.class, () -> frame.initPixels(CAPACITY - 8));
    }
    assertThrows(IllegalArgumentException.class, () -> LoanMessage.of(pool, pool, 63));
  }

  @Test
  void anotherThreadCanNeitherFillNorHandOver() {
    try (LoanMessage message = LoanMessage.of(pool)) {
      CameraFrame.Builder frame = message.initRoot(CameraFrame.factory);
      assertWrongThread(() -> frame.setSequence(1));
      assertWrongThread(message::handOver);
      assertFalse(message.handOver().isEmpty());
    }
  }

  private static void assertWrongThread(Runnable action) {
    CompletionException e =
        assertThrows(CompletionException.class, () -> CompletableFuture.runAsync(action).join());
    assertInstanceOf(WrongThreadException.class, e.getCause());
  }
}
