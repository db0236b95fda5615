package dev.segue.capnproto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.Loan;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.PoolExhaustedException;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.capnproto.schema.Frames.CameraFrame;
import dev.segue.capnproto.schema.Frames.Tensor;
import dev.segue.testkit.Seeds;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import org.capnproto.Data;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MessageViewTest {
  private static final int CAPACITY = 1 << 20;
  private static final String GATHER = "capnproto.gather";

  private final OffHeapPool pool = new OffHeapPool(CAPACITY);
  private final Arena arena = Arena.ofConfined();

  @AfterEach
  void thePoolIsEmptyAgain() {
    assertEquals(CAPACITY, pool.availableByteSize());
    pool.close();
    arena.close();
  }

  private SegmentedBytes whole(byte[] bytes) {
    return Layout.WHOLE.of(bytes, arena, new Random(0));
  }

  @ParameterizedTest
  @EnumSource
  void everyLayoutReadsAlikeAndCopiesTheStraddlingSegmentsAlone(Layout layout) throws Exception {
    Random random = Seeds.random("MessageViewTest " + layout);
    for (int segmentWords : new int[] {1, 3, 8, 64, 1024}) {
      for (int pixels : new int[] {0, 1, 8, 333}) {
        byte[] message = SampleFrame.serialized(pixels, segmentWords);
        SegmentedBytes bytes = layout.of(message, arena, random);
        SegmentTable table = SegmentTable.parse(bytes, ReadLimits.defaults());
        long straddling = 0;
        for (int i = 0; i < table.segmentCount(); i++) {
          SegmentedBytes segment = bytes.slice(table.startOf(i), table.byteSizeOf(i));
          straddling += segment.segmentCount() > 1 ? segment.byteSize() : 0;
        }
        CopyLedger.Snapshot before = CopyLedger.snapshot();
        try (MessageView view = MessageView.of(bytes, pool)) {
          assertEquals(straddling, view.copiedByteSize());
          assertEquals(straddling == 0, view.isInPlace());
          assertEquals(straddling, CopyLedger.snapshot().since(before).byteCount(GATHER));
          assertEquals(message.length, view.byteSize());
          assertEquals(straddling == 0, pool.availableByteSize() == CAPACITY);
          view.visit(CameraFrame.factory, frame -> SampleFrame.check(frame, pixels));
          SampleFrame.check(view.root(CameraFrame.factory), pixels);
          assertSame(view.reader(), view.reader());
          SegmentedBytes seen =
              view.read(CameraFrame.factory, frame -> view.bytesOf(frame.getPixels()));
          assertArrayEquals(SampleFrame.pixels(pixels), seen.copyToByteArray());
        }
      }
    }
  }

  @Test
  void anUnalignedMessageIsReadInPlace() throws Exception {
    byte[] message = SampleFrame.serialized(333, 8);
    for (int shift = 0; shift < 8; shift++) {
      MemorySegment memory = arena.allocate(message.length + 8L, 8).asSlice(shift, message.length);
      memory.copyFrom(MemorySegment.ofArray(message));
      SegmentedBytes bytes = SegmentedBytes.fromSegments(List.of(memory.asReadOnly()), false);
      try (MessageView view = MessageView.of(bytes, pool)) {
        assertTrue(view.isInPlace());
        view.visit(CameraFrame.factory, frame -> SampleFrame.check(frame, 333));
        SegmentedBytes pixels =
            view.read(CameraFrame.factory, frame -> view.bytesOf(frame.getPixels()));
        long offset = pixels.segment(0).address() - memory.address();
        assertTrue(offset > 0 && offset + 333 <= message.length);
      }
    }
  }

  @Test
  void onlyTheStraddlingSegmentIsGathered() throws Exception {
    byte[] message = SampleFrame.serialized(10_000, 64);
    // Table, first segment and landing pad in one piece; the pixels in pieces of a network batch.
    SegmentTable table = SegmentTable.parse(whole(message), ReadLimits.defaults());
    assertEquals(2, table.segmentCount());
    SegmentedBytes all = whole(message);
    SegmentedBytes bytes =
        SegmentedBytes.concat(
            List.of(
                all.slice(0, table.startOf(1) + 8),
                all.slice(table.startOf(1) + 8, 4000),
                all.slice(table.startOf(1) + 4008)));
    try (MessageView view = MessageView.of(bytes, pool)) {
      assertFalse(view.isInPlace());
      assertEquals(table.byteSizeOf(1), view.copiedByteSize());
      view.visit(CameraFrame.factory, frame -> SampleFrame.check(frame, 10_000));
    }
  }

  @Test
  void messagesBehindEachOtherAreReadOneByOne() throws Exception {
    SegmentedBytes stream =
        SegmentedBytes.concat(
            List.of(whole(SampleFrame.serialized(10, 8)), whole(SampleFrame.serialized(20, 64))));
    try (MessageView first = MessageView.of(stream, pool);
        MessageView second = MessageView.of(stream.slice(first.byteSize()), pool)) {
      first.visit(CameraFrame.factory, frame -> SampleFrame.check(frame, 10));
      second.visit(CameraFrame.factory, frame -> SampleFrame.check(frame, 20));
      assertEquals(stream.byteSize(), first.byteSize() + second.byteSize());
    }
  }

  @Test
  void aFrameLargerThanTheRuntimesOwnLimitIsReadWithTheDefaults() throws Exception {
    long byteSize = 96L << 20;
    try (OffHeapPool large = new OffHeapPool(1L << 28);
        LoanMessage message = LoanMessage.of(large)) {
      CameraFrame.Builder frame = message.initRoot(CameraFrame.factory);
      // Untouched memory: no page of it is ever there.
      message.initUnzeroed(byteSize, frame::initPixels);
      try (MessageView view = MessageView.of(message.handOver(), large)) {
        SegmentedBytes pixels =
            view.read(CameraFrame.factory, root -> view.bytesOf(root.getPixels()));
        assertEquals(byteSize, pixels.byteSize());
      }
    }
  }

  @Test
  void aViewOfAFieldKeepsTheOwnerOfThePayload() throws Exception {
    try (LoanMessage message = LoanMessage.of(pool)) {
      CameraFrame.Builder frame = message.initRoot(CameraFrame.factory);
      message.initUnzeroed(100, frame::initPixels).fill((byte) 3);
      SegmentedBytes bytes = message.handOver();
      SegmentedBytes pixels;
      try (MessageView view = MessageView.of(bytes, pool)) {
        pixels = view.read(CameraFrame.factory, root -> view.bytesOf(root.getPixels()));
        assertTrue(view.bytesOf(new Data.Reader()).isEmpty());
        Data.Reader foreign = new Data.Reader(new byte[8]);
        assertThrows(IllegalArgumentException.class, () -> view.bytesOf(foreign));
      }
      assertSame(Lend.owner(bytes, 1), Lend.owner(pixels, 0));
    }
  }

  @Test
  void aClosedViewAndEndedMemoryAreMisuseAndNotTheMessagesFault() throws Exception {
    byte[] message = SampleFrame.serialized(333, 8);
    MessageView view = MessageView.of(Layout.WORDS.of(message, arena, new Random(0)), pool);
    view.close();
    view.close();
    assertThrows(IllegalStateException.class, view::reader);
    assertThrows(IllegalStateException.class, () -> view.bytesOf(new Data.Reader()));
    assertThrows(IllegalStateException.class, () -> view.read(CameraFrame.factory, root -> root));

    Arena ended = Arena.ofConfined();
    SegmentedBytes bytes = Layout.WHOLE.of(message, ended, new Random(0));
    try (MessageView late = MessageView.of(bytes, pool)) {
      ended.close();
      assertThrows(
          IllegalStateException.class,
          () -> late.read(CameraFrame.factory, CameraFrame.Reader::getSequence));
    }
  }

  @Test
  void ofAMessageWhoseMemoryHasEndedInPartNothingStaysGathered() throws Exception {
    byte[] message = SampleFrame.serialized(10_000, 64);
    SegmentedBytes all = whole(message);
    long second = SegmentTable.parse(all, ReadLimits.defaults()).startOf(1);
    try (OffHeapPool other = new OffHeapPool(CAPACITY)) {
      SegmentedBytes ended;
      try (Loan loan = other.loan(message.length - second)) {
        all.slice(second).copyTo(loan.segment());
        ended = loan.handOver();
      }
      SegmentedBytes bytes =
          SegmentedBytes.concat(List.of(all.slice(0, second - 8), all.slice(second - 8, 8), ended));
      assertThrows(IllegalStateException.class, () -> MessageView.of(bytes, pool));
    }
  }

  @Test
  void whatTheBodyThrowsComesOutAsItIs() throws Exception {
    try (MessageView view = MessageView.of(whole(SampleFrame.serialized(1, 64)), pool)) {
      IOException checked = new IOException();
      assertSame(
          checked,
          assertThrows(
              IOException.class,
              () ->
                  view.visit(
                      CameraFrame.factory,
                      root -> {
                        throw checked;
                      })));
      assertThrows(
          IndexOutOfBoundsException.class,
          () -> view.read(CameraFrame.factory, root -> List.of().get(1)));
      assertThrows(
          IndexOutOfBoundsException.class,
          () -> view.read(CameraFrame.factory, root -> root.getPixels().asByteBuffer().get(1)));
      assertThrows(
          NumberFormatException.class,
          () -> view.read(CameraFrame.factory, root -> Long.parseLong(root.getFrameId() + "")));
    }
  }

  @Test
  void aFullPoolIsToldApartFromAMessageThatCouldNeverFit() throws Exception {
    byte[] message = SampleFrame.serialized(5000, 64);
    SegmentedBytes bytes = Layout.WORDS.of(message, arena, new Random(0));
    try (Loan _ = pool.loan(CAPACITY)) {
      assertThrows(PoolExhaustedException.class, () -> MessageView.of(bytes, pool));
    }
    try (OffHeapPool tiny = new OffHeapPool(4096)) {
      CapnProtoException e =
          assertThrows(CapnProtoException.class, () -> MessageView.of(bytes, tiny));
      assertTrue(e.toString().contains("capacityByteSize=4096"), e.toString());
    }
  }

  @Test
  void eachReadCountsItsTraversalAnew() throws Exception {
    ReadLimits limits = ReadLimits.defaults().withTraversalLimitWordCount(100);
    try (MessageView view = MessageView.of(whole(SampleFrame.serialized(400, 64)), limits, pool)) {
      for (int i = 0; i < 100; i++) {
        int size = view.read(CameraFrame.factory, root -> root.getPixels().size());
        assertEquals(400, size);
      }
      assertThrows(
          CapnProtoException.class,
          () ->
              view.visit(
                  CameraFrame.factory,
                  root -> {
                    for (int i = 0; i < 3; i++) {
                      root.getPixels();
                    }
                  }));
    }
  }

  @Test
  void anotherStructThanWasSentIsReadAsFarAsItsPointersAllow() throws Exception {
    try (MessageView view = MessageView.of(whole(SampleFrame.serialized(400, 64)), pool)) {
      assertThrows(
          CapnProtoException.class,
          () -> view.visit(Tensor.factory, tensor -> tensor.getShape().size()));
    }
  }
}
