package dev.segue.capnproto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.LendingArena;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.capnproto.schema.Frames.CameraFrame;
import dev.segue.capnproto.schema.Frames.PointCloud;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.capnproto.Allocator;
import org.capnproto.AnyPointer;
import org.capnproto.MessageBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FramingTest {
  /** Small segments, so that a message has many. */
  private static Allocator direct(int segmentByteSize, List<ByteBuffer> made) {
    return minimum -> {
      ByteBuffer buffer = ByteBuffer.allocateDirect(Math.max(minimum, segmentByteSize));
      made.add(buffer);
      return buffer;
    };
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 16, 24, 32, 64, 128, 1024, 8192})
  void theBytesAreThoseOfTheRuntimeAndLieInTheBuildersMemory(int segmentByteSize) {
    List<ByteBuffer> memory = new ArrayList<>();
    MessageBuilder builder = new MessageBuilder(direct(segmentByteSize, memory));
    CameraFrame.Builder frame = builder.initRoot(CameraFrame.factory);
    SampleFrame.fillHead(frame);
    frame.setPixels(SampleFrame.pixels(5000));

    CopyLedger.Snapshot before = CopyLedger.snapshot();
    SegmentedBytes bytes = Framing.borrow(builder);
    assertEquals(0, CopyLedger.snapshot().since(before).totalByteCount());
    assertEquals(memory.size() + 1, bytes.segmentCount());
    for (int i = 0; i < memory.size(); i++) {
      assertTrue(bytes.segment(i + 1).isReadOnly());
      assertEquals(
          MemorySegment.ofBuffer(memory.get(i).clear()).address(), bytes.segment(i + 1).address());
    }
    assertArrayEquals(SampleFrame.serialized(builder), bytes.copyToByteArray());
    SampleFrame.check(bytes, 5000);
    assertEquals(bytes, Framing.copyOf(builder));
  }

  @Test
  void aHeapBuilderIsRefusedWithTheIndexAndCanBeCopied() {
    MessageBuilder builder = new MessageBuilder();
    SampleFrame.fillHead(builder.initRoot(CameraFrame.factory));
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> Framing.borrow(builder));
    assertTrue(e.toString().contains("segment index=0 byteSize="), e.toString());
    SegmentedBytes copy = Framing.copyOf(builder);
    assertArrayEquals(SampleFrame.serialized(builder), copy.copyToByteArray());
    SampleFrame.check(copy, 0);
  }

  @Test
  void aBuilderThatWasNeverUsedIsANullRoot() {
    SegmentedBytes bytes = Framing.borrow(new MessageBuilder(direct(64, new ArrayList<>())));
    assertEquals(16, bytes.byteSize());
    assertEquals(1L << 32, bytes.reader().readLong());
  }

  @Test
  void moreSegmentsThanReadersTakeAreRefused() {
    MessageBuilder builder = new MessageBuilder(direct(8, new ArrayList<>()));
    var clouds = builder.getRoot(AnyPointer.factory).initAs(PointCloud.listFactory, 512);
    for (int i = 0; i < 512; i++) {
      clouds.get(i).setFrameId("x");
    }
    assertThrows(IllegalStateException.class, () -> Framing.borrow(builder));
  }

  @Test
  void memoryOfALendingArenaOutlivesItsCloseWhileLent() {
    LendingArena arena = new LendingArena();
    MessageBuilder builder =
        new MessageBuilder(minimum -> arena.allocate(Math.max(minimum, 64), 8).asByteBuffer());
    CameraFrame.Builder frame = builder.initRoot(CameraFrame.factory);
    SampleFrame.fillHead(frame);
    SegmentedBytes bytes = Framing.borrow(builder);
    assertNull(Lend.owner(bytes, 0));
    Lend.begin(bytes);
    arena.close();
    SampleFrame.check(bytes, 0);
    Lend.end(bytes);
    assertTrue(arena.isFreed());
    assertThrows(IllegalStateException.class, () -> bytes.segment(1).get(ValueLayout.JAVA_BYTE, 0));
  }
}
