package dev.segue.capnproto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.schema.Frames.CameraFrame;
import dev.segue.capnproto.schema.Frames.PixelFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import org.capnproto.BuilderArena.AllocationStrategy;
import org.capnproto.MessageBuilder;
import org.capnproto.Serialize;

/** A camera frame with known content, and the runtime's own serialization of it as the oracle. */
final class SampleFrame {
  private SampleFrame() {}

  static byte pixel(int index) {
    return (byte) (index * 31 + 7);
  }

  static byte[] pixels(int byteSize) {
    byte[] pixels = new byte[byteSize];
    for (int i = 0; i < byteSize; i++) {
      pixels[i] = pixel(i);
    }
    return pixels;
  }

  static void fillHead(CameraFrame.Builder frame) {
    frame.setCaptureTimeNanos(1_700_000_000_123_456_789L);
    frame.setSequence(42);
    frame.setFrameId("camera/front");
    frame.setWidthPixels(640);
    frame.setHeightPixels(480);
    frame.setRowByteSize(640 * 3);
    frame.setFormat(PixelFormat.BGR8);
  }

  static void check(CameraFrame.Reader frame, int pixelByteSize) {
    assertEquals(1_700_000_000_123_456_789L, frame.getCaptureTimeNanos());
    assertEquals(42, frame.getSequence());
    assertEquals("camera/front", frame.getFrameId().toString());
    assertEquals(640, frame.getWidthPixels());
    assertEquals(480, frame.getHeightPixels());
    assertEquals(640 * 3, frame.getRowByteSize());
    assertEquals(PixelFormat.BGR8, frame.getFormat());
    assertArrayEquals(pixels(pixelByteSize), frame.getPixels().toArray());
  }

  static void check(SegmentedBytes bytes, int pixelByteSize) {
    try (OffHeapPool pool = new OffHeapPool(1 << 24);
        MessageView view = MessageView.of(bytes, pool)) {
      view.visit(CameraFrame.factory, frame -> check(frame, pixelByteSize));
    } catch (CapnProtoException e) {
      throw new AssertionError(e);
    }
  }

  /** As capnproto-java serializes it; small segments make many. */
  static byte[] serialized(int pixelByteSize, int segmentWords) {
    MessageBuilder builder = new MessageBuilder(segmentWords, AllocationStrategy.FIXED_SIZE);
    CameraFrame.Builder frame = builder.initRoot(CameraFrame.factory);
    fillHead(frame);
    frame.setPixels(pixels(pixelByteSize));
    return serialized(builder);
  }

  static byte[] serialized(MessageBuilder builder) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      Serialize.write(Channels.newChannel(out), builder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}
