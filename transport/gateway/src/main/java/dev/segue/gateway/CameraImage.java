package dev.segue.gateway;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.MessageView;
import dev.segue.capnproto.schema.Frames;
import dev.segue.capnproto.schema.Frames.PixelFormat;
import java.util.Optional;

/**
 * The image in a {@code CameraFrame} of {@code frames.capnp}, checked: as many bytes as its size
 * and format need are there.
 *
 * <p>Owner: the {@link MessageView} it was read from. Lifetime: the view's. Threads: any.
 *
 * @param rowByteSize from one row to the next
 * @param frameId the camera's coordinate frame; empty if it doesn't say
 * @param captureNanos since the Unix epoch; 0 if it doesn't say
 */
record CameraImage(
    int width,
    int height,
    int rowByteSize,
    PixelFormat format,
    SegmentedBytes pixels,
    String frameId,
    long captureNanos) {
  private static final int LONGEST_FRAME_ID = 256;
  private static final int LARGEST_SIDE = 32_768;
  private static final long LARGEST_PIXEL_COUNT = 64L << 20;

  /**
   * The attributes that outlive the frame.
   *
   * @param width in pixels; 0 when an image file knows
   */
  record Shape(int width, int height, PixelFormat format) {}

  Shape shape() {
    return new Shape(width, height, format);
  }

  /** Empty when the message is something else. */
  static Optional<CameraImage> of(MessageView message) {
    try {
      return message.read(Frames.CameraFrame.factory, frame -> checked(message, frame));
    } catch (CapnProtoException e) {
      return Optional.empty();
    }
  }

  private static Optional<CameraImage> checked(MessageView message, Frames.CameraFrame.Reader frame)
      throws CapnProtoException {
    long width = Integer.toUnsignedLong(frame.getWidthPixels());
    long height = Integer.toUnsignedLong(frame.getHeightPixels());
    long row = Integer.toUnsignedLong(frame.getRowByteSize());
    PixelFormat format = frame.getFormat();
    if (format == PixelFormat._NOT_IN_SCHEMA || !frame.hasPixels()) {
      return Optional.empty();
    }
    SegmentedBytes pixels = message.bytesOf(frame.getPixels());
    String frameId =
        frame.hasFrameId() && frame.getFrameId().size() <= LONGEST_FRAME_ID
            ? frame.getFrameId().toString()
            : "";
    long captured = Math.max(0, frame.getCaptureTimeNanos());
    if (format == PixelFormat.JPEG || format == PixelFormat.PNG) {
      return Optional.of(new CameraImage(0, 0, 0, format, pixels, frameId, captured));
    }
    boolean sized =
        width > 0
            && height > 0
            && width <= LARGEST_SIDE
            && height <= LARGEST_SIDE
            && width * height <= LARGEST_PIXEL_COUNT
            && row >= rowBytes(format, width)
            && row <= pixels.byteSize()
            && neededByteSize(format, width, height, row) <= pixels.byteSize();
    return sized
        ? Optional.of(
            new CameraImage(
                (int) width, (int) height, (int) row, format, pixels, frameId, captured))
        : Optional.empty();
  }

  /** Returns how many bytes the pixels of one row take; NV12: of its luma. */
  private static long rowBytes(PixelFormat format, long width) {
    return switch (format) {
      case RGB8, BGR8 -> 3 * width;
      case RGBA8, INT32 -> 4 * width;
      case MONO16 -> 2 * width;
      case YUYV -> 2 * (width + (width & 1));
      case NV12 -> width + (width & 1);
      case MONO8, JPEG, PNG, _NOT_IN_SCHEMA -> width;
    };
  }

  private static long neededByteSize(PixelFormat format, long width, long height, long row) {
    long rows = format == PixelFormat.NV12 ? height + (height + 1) / 2 : height;
    return (rows - 1) * row + rowBytes(format, width);
  }

  /** Returns how many bytes the pixels of one row take, without what pads it; NV12: of its luma. */
  int pixelRowByteSize() {
    return (int) rowBytes(format, width);
  }

  /** Returns whether the pixels are an image file as they are. */
  boolean isFile() {
    return format == PixelFormat.JPEG || format == PixelFormat.PNG;
  }
}
