package dev.segue.capnproto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.schema.Frames.CameraFrame;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the caller's code throws comes out as it is, however often and however it is thrown. */
class WireFaultTest {
  private final OffHeapPool pool = new OffHeapPool(1 << 20);

  private static final class Stackless extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Stackless() {
      super("stackless", null, false, false);
    }
  }

  @AfterEach
  void closePool() {
    pool.close();
  }

  private MessageView good() throws CapnProtoException {
    return MessageView.of(SegmentedBytes.copyOf(SampleFrame.serialized(50, 64)), pool);
  }

  @Test
  void anExceptionOfTheCallersWithoutAStackIsTheCallers() throws CapnProtoException {
    Stackless thrown = new Stackless();
    try (MessageView view = good()) {
      Stackless caught =
          assertThrows(
              Stackless.class,
              () ->
                  view.visit(
                      CameraFrame.factory,
                      _ -> {
                        throw thrown;
                      }));
      assertSame(thrown, caught);
    }
  }

  @Test
  void aNullPointerOfTheCallersIsTheCallersWhenHotSpotOmitsItsStack() throws CapnProtoException {
    try (MessageView view = good()) {
      NullPointerException last = null;
      for (int i = 0; i < 2_000_000 && (last == null || last.getStackTrace().length > 0); i++) {
        last = assertThrows(NullPointerException.class, () -> dereference(view, null));
      }
      assertEquals(0, last == null ? -1 : last.getStackTrace().length, "HotSpot kept the stack");
    }
  }

  private static void dereference(MessageView view, int @Nullable [] nothing)
      throws CapnProtoException {
    view.visit(CameraFrame.factory, _ -> sum(nothing));
  }

  @SuppressWarnings("NullAway") // is what is tested
  private static void sum(int @Nullable [] nothing) {
    if (nothing.length > 3) {
      throw new AssertionError();
    }
  }

  @Test
  void aFaultOfTheMessageStaysOneHoweverHotTheReadingIs() throws CapnProtoException {
    // One segment of one word: a far pointer to segment 5, which there is not.
    byte[] hostile = {0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 5, 0, 0, 0};
    SegmentedBytes bytes = SegmentedBytes.copyOf(hostile);
    try (MessageView view = MessageView.of(bytes, pool)) {
      for (int i = 0; i < 100_000; i++) {
        CapnProtoException fault =
            assertThrows(
                CapnProtoException.class,
                () -> view.visit(CameraFrame.factory, frame -> assertTrue(frame != null)));
        assertTrue(fault.getCause() instanceof RuntimeException);
      }
    }
  }
}
