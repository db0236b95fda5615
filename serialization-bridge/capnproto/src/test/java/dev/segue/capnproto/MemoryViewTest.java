package dev.segue.capnproto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.schema.Frames.PointCloud;
import dev.segue.capnproto.schema.Frames.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.capnproto.AnyPointer;
import org.capnproto.FromPointerBuilder;
import org.capnproto.FromPointerReader;
import org.capnproto.ListBuilder;
import org.capnproto.ListReader;
import org.capnproto.MessageBuilder;
import org.capnproto.PrimitiveList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** {@code Data} and lists of numbers as memory, by their addresses. */
class MemoryViewTest {
  private static final int CAPACITY = 1 << 16;

  private final OffHeapPool pool = new OffHeapPool(CAPACITY);

  @AfterEach
  void thePoolIsEmptyAgain() {
    assertEquals(CAPACITY, pool.availableByteSize());
    pool.close();
  }

  private static void assertIsInside(SegmentedBytes message, MemorySegment part) {
    for (int i = 0; i < message.segmentCount(); i++) {
      MemorySegment segment = message.segment(i);
      long offset = part.address() - segment.address();
      if (offset >= 0 && offset + part.byteSize() <= segment.byteSize()) {
        return;
      }
    }
    throw new AssertionError(part + " is a copy: it is not within " + message);
  }

  @Test
  void dataAndListsOfAMessageAreReadWhereTheyLie() throws Exception {
    try (LoanMessage message = LoanMessage.of(pool)) {
      Tensor.Builder tensor = message.initRoot(Tensor.factory);
      PrimitiveList.Long.Builder shape = tensor.initShape(3);
      for (int i = 0; i < 3; i++) {
        shape.set(i, 1_000_000_007L * (i + 1));
      }
      tensor.setValues(new byte[] {1, 2, 3, 4, 5});
      SegmentedBytes bytes = message.handOver();
      try (MessageView view = MessageView.of(bytes, pool)) {
        view.visit(
            Tensor.factory,
            read -> {
              MemorySegment list = view.segmentOf(read.getShape());
              assertEquals(24, list.byteSize());
              assertTrue(list.isReadOnly());
              assertIsInside(bytes, list);
              assertIsInside(bytes, view.bytesOf(read.getShape()).segment(0));
              for (int i = 0; i < 3; i++) {
                long element = list.get(ValueLayout.JAVA_LONG_UNALIGNED, i * 8L);
                assertEquals(1_000_000_007L * (i + 1), element);
              }
              MemorySegment data = view.segmentOf(read.getValues());
              assertEquals(5, data.byteSize());
              assertIsInside(bytes, data);
              assertEquals(5, data.get(ValueLayout.JAVA_BYTE, 4));
            });
      }
    }
  }

  @Test
  void dataAndListsOfALoanAreWrittenWhereTheyLie() throws Exception {
    try (LoanMessage message = LoanMessage.of(pool)) {
      Tensor.Builder tensor = message.initRoot(Tensor.factory);
      MemorySegment shape = message.segmentOf(tensor.initShape(2));
      MemorySegment values = message.segmentOf(tensor.initValues(3));
      shape.set(ValueLayout.JAVA_LONG_UNALIGNED, 8, 77);
      values.set(ValueLayout.JAVA_BYTE, 2, (byte) 9);
      SegmentedBytes bytes = message.handOver();
      assertIsInside(bytes, shape);
      assertIsInside(bytes, values);
      try (MessageView view = MessageView.of(bytes, pool)) {
        view.visit(
            Tensor.factory,
            read -> {
              assertEquals(77, read.getShape().get(1));
              assertEquals(9, read.getValues().asByteBuffer().get(2));
            });
      }
      assertThrows(IllegalStateException.class, () -> message.segmentOf(tensor.getShape()));
    }
  }

  private <B extends ListBuilder, R extends ListReader> void assertByteSize(
      long byteSize, FromPointerBuilder<B> builder, FromPointerReader<R> reader) throws Exception {
    try (LoanMessage message = LoanMessage.of(pool)) {
      B list = message.initRoot(AnyPointer.factory).initAs(builder, 9);
      MemorySegment written = message.segmentOf(list);
      assertEquals(byteSize, written.byteSize());
      written.fill((byte) 1);
      SegmentedBytes bytes = message.handOver();
      assertIsInside(bytes, written);
      try (MessageView view = MessageView.of(bytes, pool)) {
        MemorySegment read = view.read(reader, view::segmentOf);
        assertEquals(written.address(), read.address());
        assertEquals(byteSize, read.byteSize());
      }
    }
  }

  @Test
  void everyKindOfNumberHasItsSize() throws Exception {
    assertByteSize(2, PrimitiveList.Boolean.factory, PrimitiveList.Boolean.factory);
    assertByteSize(9, PrimitiveList.Byte.factory, PrimitiveList.Byte.factory);
    assertByteSize(18, PrimitiveList.Short.factory, PrimitiveList.Short.factory);
    assertByteSize(36, PrimitiveList.Int.factory, PrimitiveList.Int.factory);
    assertByteSize(36, PrimitiveList.Float.factory, PrimitiveList.Float.factory);
    assertByteSize(72, PrimitiveList.Long.factory, PrimitiveList.Long.factory);
    assertByteSize(72, PrimitiveList.Double.factory, PrimitiveList.Double.factory);
  }

  @Test
  void aListThatANewerSchemaMadeStructsOfHasNoView() throws Exception {
    try (LoanMessage message = LoanMessage.of(pool)) {
      message.initRoot(AnyPointer.factory).initAs(PointCloud.Field.listFactory, 2);
      try (MessageView view = MessageView.of(message.handOver(), pool)) {
        CapnProtoException fault =
            assertThrows(
                CapnProtoException.class,
                () -> view.read(PrimitiveList.Int.factory, view::segmentOf));
        assertTrue(
            String.valueOf(fault.getMessage()).contains("stepBitCount=128"), fault::toString);
        assertThrows(
            IllegalArgumentException.class,
            () -> view.read(PointCloud.Field.listFactory, view::segmentOf));
      }
    }
  }

  @Test
  void aFieldThatIsNotSetIsEmptyAndOneOfAnotherMessageIsRefused() throws Exception {
    MessageBuilder other = new MessageBuilder();
    Tensor.Builder foreign = other.initRoot(Tensor.factory);
    foreign.initShape(2);
    foreign.initValues(2);
    try (LoanMessage message = LoanMessage.of(pool)) {
      message.initRoot(Tensor.factory);
      assertThrows(IllegalArgumentException.class, () -> message.segmentOf(foreign.getShape()));
      assertThrows(IllegalArgumentException.class, () -> message.segmentOf(foreign.getValues()));
      try (MessageView view = MessageView.of(message.handOver(), pool)) {
        Tensor.Reader read = view.root(Tensor.factory);
        assertEquals(0, view.segmentOf(read.getShape()).byteSize());
        assertEquals(List.of(), view.bytesOf(read.getShape()).segments());
        assertEquals(0, view.segmentOf(read.getValues()).byteSize());
        Tensor.Reader wrong = foreign.asReader();
        assertThrows(IllegalArgumentException.class, () -> view.segmentOf(wrong.getShape()));
        assertThrows(IllegalArgumentException.class, () -> view.segmentOf(wrong.getValues()));
      }
    }
  }
}
