package dev.segue.cli.zenoh;

import dev.segue.bytes.LoanPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.MessageView;
import dev.segue.capnproto.ReadLimits;
import dev.segue.capnproto.schema.Frames;
import dev.segue.capnproto.schema.Frames.PixelFormat;
import dev.segue.cli.terminal.Raster;
import java.util.Optional;

/**
 * The pixels of a {@code CameraFrame} of {@code frames.capnp}, once it was checked that as many
 * bytes are there as its size and format need.
 */
final class CameraPixels implements Raster.Source {
  private static final int LARGEST_SIDE = 32_768;

  private final SegmentedBytes pixels;
  private final PixelFormat format;
  private final int height;
  private final long row;

  private CameraPixels(SegmentedBytes pixels, PixelFormat format, int height, long row) {
    this.pixels = pixels;
    this.format = format;
    this.height = height;
    this.row = row;
  }

  /** Makes a picture of pixels, or of an image file. */
  interface Maker {
    Raster ofPixels(int width, int height, Raster.Source source);

    Optional<Raster> ofFile(SegmentedBytes file);
  }

  /** Makes a picture of a message; empty if it is not a frame of a camera. */
  static Optional<Raster> picture(SegmentedBytes message, LoanPool pool, Maker maker) {
    try (MessageView view = MessageView.of(message, ReadLimits.defaults(), pool)) {
      return view.read(Frames.CameraFrame.factory, frame -> picture(view, frame, maker));
    } catch (CapnProtoException e) {
      return Optional.empty();
    }
  }

  private static Optional<Raster> picture(
      MessageView view, Frames.CameraFrame.Reader frame, Maker maker) throws CapnProtoException {
    long width = Integer.toUnsignedLong(frame.getWidthPixels());
    long height = Integer.toUnsignedLong(frame.getHeightPixels());
    long row = Integer.toUnsignedLong(frame.getRowByteSize());
    PixelFormat format = frame.getFormat();
    if (format == PixelFormat._NOT_IN_SCHEMA || !frame.hasPixels()) {
      return Optional.empty();
    }
    SegmentedBytes pixels = view.bytesOf(frame.getPixels());
    if (format == PixelFormat.JPEG || format == PixelFormat.PNG) {
      return maker.ofFile(pixels);
    }
    boolean fits =
        width > 0
            && height > 0
            && width <= LARGEST_SIDE
            && height <= LARGEST_SIDE
            && row >= rowBytes(format, width)
            && neededByteSize(format, width, height, row) <= pixels.byteSize();
    return fits
        ? Optional.of(
            maker.ofPixels(
                (int) width, (int) height, new CameraPixels(pixels, format, (int) height, row)))
        : Optional.empty();
  }

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

  private int at(long byteOffset) {
    return pixels.byteAt(byteOffset) & 0xff;
  }

  @Override
  public int pixel(int x, int y) {
    long line = y * row;
    return switch (format) {
      case RGB8 -> rgb(at(line + 3L * x), at(line + 3L * x + 1), at(line + 3L * x + 2));
      case BGR8 -> rgb(at(line + 3L * x + 2), at(line + 3L * x + 1), at(line + 3L * x));
      case RGBA8 -> rgb(at(line + 4L * x), at(line + 4L * x + 1), at(line + 4L * x + 2));
      case MONO8 -> gray(at(line + x));
      case MONO16 -> gray(at(line + 2L * x + 1));
      case INT32 -> gray(Math.clamp(int32(line + 4L * x), 0, 255));
      case YUYV -> {
        long pair = line + 4L * (x / 2);
        yield yuv(at(line + 2L * x), at(pair + 1), at(pair + 3));
      }
      case NV12 -> {
        long pair = (height + y / 2) * row + 2L * (x / 2);
        yield yuv(at(line + x), at(pair), at(pair + 1));
      }
      case JPEG, PNG, _NOT_IN_SCHEMA -> throw new IllegalStateException("pixels of " + format);
    };
  }

  private int int32(long at) {
    return at(at) | at(at + 1) << 8 | at(at + 2) << 16 | at(at + 3) << 24;
  }

  private static int rgb(int red, int green, int blue) {
    return red << 16 | green << 8 | blue;
  }

  private static int gray(int value) {
    return rgb(value, value, value);
  }

  /** ITU-R BT.601, from the limited range, in 16.16 fixed point. */
  private static int yuv(int luma, int blue, int red) {
    int y = 76_309 * (luma - 16) + 32_768;
    int u = blue - 128;
    int v = red - 128;
    return rgb(
        Math.clamp((y + 104_597 * v) >> 16, 0, 255),
        Math.clamp((y - 25_675 * u - 53_279 * v) >> 16, 0, 255),
        Math.clamp((y + 132_201 * u) >> 16, 0, 255));
  }
}
