package dev.segue.capnproto;

import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.dynamic.MessageFormat;
import dev.segue.capnproto.dynamic.MessageSchemas;
import dev.segue.capnproto.dynamic.MessageType;
import dev.segue.capnproto.schema.Frames.CameraFrame;
import dev.segue.capnproto.schema.Frames.PointCloud;
import dev.segue.capnproto.schema.Frames.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Any bytes as a message: its segment table and its pointers. The first byte says how large the
 * pieces are that the message lies in, 0 for one piece.
 */
public final class MessageFuzz {
  private static final long CAPACITY = 1 << 20;
  private static final OffHeapPool POOL = new OffHeapPool(CAPACITY);
  private static final MessageFormat TEXT = MessageFormat.text().withMaxCharCount(1 << 16);
  private static final List<MessageType> TYPES =
      List.of(
          MessageSchemas.ofGenerated(CameraFrame.class),
          MessageSchemas.ofGenerated(PointCloud.class),
          MessageSchemas.ofGenerated(Tensor.class));

  private MessageFuzz() {}

  /** Reads everything, or ends in {@link CapnProtoException}, and gives back what was gathered. */
  public static void fuzzerTestOneInput(byte[] data) {
    if (data.length == 0) {
      return;
    }
    try (Arena arena = Arena.ofConfined();
        MessageView view =
            MessageView.of(pieces(data, data[0] & 0xFF, arena), ReadLimits.defaults(), POOL)) {
      readAll(view);
    } catch (CapnProtoException _) {
      // The message is hostile, and that is what is said of it.
    }
    if (POOL.availableByteSize() != CAPACITY) {
      throw new AssertionError("not given back: " + POOL);
    }
  }

  private static SegmentedBytes pieces(byte[] data, int pieceByteSize, Arena arena) {
    List<MemorySegment> pieces = new ArrayList<>();
    int step = pieceByteSize == 0 ? data.length : pieceByteSize;
    for (int at = 1; at < data.length; at += step) {
      int byteSize = Math.min(step, data.length - at);
      MemorySegment piece = arena.allocate(byteSize, Long.BYTES);
      MemorySegment.copy(MemorySegment.ofArray(data), at, piece, 0, byteSize);
      pieces.add(piece.asReadOnly());
    }
    return SegmentedBytes.fromSegments(pieces, false);
  }

  private static void readAll(MessageView view) throws CapnProtoException {
    long sum = 0;
    for (MessageType type : TYPES) {
      try {
        sum += type.toText(view, TEXT).length();
      } catch (CapnProtoException _) {
        // The generated classes are tried as well.
      }
    }
    try {
      sum += view.read(CameraFrame.factory, frame -> read(view, frame));
    } catch (CapnProtoException _) {
      // The other types are tried as well.
    }
    try {
      sum += view.read(PointCloud.factory, MessageFuzz::read);
    } catch (CapnProtoException _) {
      // As above.
    }
    sum += view.read(Tensor.factory, MessageFuzz::read);
    if (sum == Long.MIN_VALUE) {
      throw new AssertionError("all of it was read");
    }
  }

  private static long read(MessageView view, CameraFrame.Reader frame) throws CapnProtoException {
    SegmentedBytes pixels = view.bytesOf(frame.getPixels());
    return frame.getSequence()
        + frame.getFrameId().toString().length()
        + frame.getFormat().name().length()
        + frame.getPixels().toArray().length
        + (pixels.isEmpty() ? 0 : pixels.byteAt(pixels.byteSize() - 1));
  }

  private static long read(PointCloud.Reader cloud) {
    long sum = cloud.getFrameId().toString().length();
    for (PointCloud.Field.Reader field : cloud.getFields()) {
      sum += field.getName().toString().length() + field.getElement().name().length();
    }
    return sum + cloud.getPoints().asByteBuffer().remaining();
  }

  private static long read(Tensor.Reader tensor) {
    long sum = tensor.getValues().size();
    sum += tensor.getElement().name().length();
    var shape = tensor.getShape();
    for (int i = 0; i < shape.size(); i++) {
      sum += shape.get(i);
    }
    return sum;
  }
}
