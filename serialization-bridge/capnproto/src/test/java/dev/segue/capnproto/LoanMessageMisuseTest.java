package dev.segue.capnproto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.schema.Frames;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.capnproto.FromPointerBuilder;
import org.capnproto.ListReader;
import org.capnproto.PrimitiveList;
import org.capnproto.SegmentBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class LoanMessageMisuseTest {
  private final OffHeapPool pool = new OffHeapPool(1 << 20);

  @Test
  void aCloseOnAnotherThreadIsRefusedAndChangesNothing() throws Exception {
    try (pool;
        LoanMessage message = LoanMessage.of(pool)) {
      Frames.CameraFrame.Builder frame = message.initRoot(Frames.CameraFrame.factory);
      CompletionException refused =
          assertThrows(
              CompletionException.class, () -> CompletableFuture.runAsync(message::close).join());
      assertInstanceOf(WrongThreadException.class, refused.getCause());
      frame.setSequence(7);
      frame.initPixels(10_000);
      SegmentedBytes bytes = message.handOver();
      try (MessageView view = MessageView.of(bytes, pool)) {
        int byteSize = view.read(Frames.CameraFrame.factory, read -> read.getPixels().size());
        assertEquals(10_000, byteSize);
      }
    }
  }

  @Test
  void aListThatIsLongerThanAPointerCanCountIsRefused() throws CapnProtoException {
    int most = (1 << 29) - 1;
    pool.close();
    try (OffHeapPool large = new OffHeapPool(1 << 28)) {
      for (int count : new int[] {most, most + 1, most + 100}) {
        try (LoanMessage message = LoanMessage.of(large)) {
          message.initRoot(bits(count)).set(count - 1, true);
          if (count == most) {
            try (MessageView view = MessageView.of(message.handOver(), large)) {
              assertEquals(count, view.read(PrimitiveList.Boolean.factory, ListReader::size));
            }
          } else {
            IllegalStateException refused =
                assertThrows(IllegalStateException.class, message::handOver);
            String reason = String.valueOf(refused.getMessage());
            assertTrue(reason.contains("2^29 - 1"), reason);
          }
        }
      }
      assertEquals(large.capacityByteSize(), large.availableByteSize());
    }
  }

  /** A root that is a list of bits. */
  private static FromPointerBuilder<PrimitiveList.Boolean.Builder> bits(int count) {
    return new FromPointerBuilder<>() {
      @Override
      public PrimitiveList.Boolean.Builder fromPointerBuilder(SegmentBuilder segment, int pointer) {
        throw new UnsupportedOperationException();
      }

      @Override
      public PrimitiveList.Boolean.Builder initFromPointerBuilder(
          SegmentBuilder segment, int pointer, int size) {
        return PrimitiveList.Boolean.factory.initFromPointerBuilder(segment, pointer, count);
      }
    };
  }

  @Test
  void anEmbeddingWithinAnEmbeddingIsRefusedAndAllMemoryGoesBack() {
    try (pool) {
      try (LoanMessage message = LoanMessage.of(pool);
          CapturedData outer = CapturedData.of(pool, 1000);
          CapturedData inner = CapturedData.of(pool, 1000)) {
        Frames.CameraFrame.Builder frame = message.initRoot(Frames.CameraFrame.factory);
        IllegalStateException refused =
            assertThrows(
                IllegalStateException.class,
                () ->
                    message.embed(
                        outer,
                        1000,
                        _ -> {
                          message.embed(inner, 1000, frame::initPixels);
                          return frame.getPixels();
                        }));
        String reason = String.valueOf(refused.getMessage());
        assertTrue(reason.contains("still running"), reason);
        message.embed(inner, 1000, frame::initPixels);
      }
      assertEquals(pool.capacityByteSize(), pool.availableByteSize());
    }
  }

  @Test
  void aHandOverWithinAnEmbeddingIsRefusedAndTheMessageGoesOn() {
    try (pool;
        LoanMessage message = LoanMessage.of(pool);
        CapturedData pixels = CapturedData.of(pool, 1000)) {
      Frames.CameraFrame.Builder frame = message.initRoot(Frames.CameraFrame.factory);
      message.embed(
          pixels,
          1000,
          byteSize -> {
            assertThrows(IllegalStateException.class, message::handOver);
            return frame.initPixels(byteSize);
          });
      assertTrue(message.handOver().byteSize() < 2000);
    }
  }
}
