package dev.segue.gateway;

import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.PoolExhaustedException;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.MessageView;
import dev.segue.capnproto.ReadLimits;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Any bytes as a camera's frame, in one piece and in several, and the pictures of it. */
public final class CameraImageFuzz {
  private static final long CAPACITY = 1 << 20;
  private static final OffHeapPool POOL = new OffHeapPool(CAPACITY);

  private CameraImageFuzz() {}

  /**
   * It is no frame, or one whose bytes are all there: each pixel of its pictures is what the format
   * says of those bytes, and all memory is given back.
   */
  public static void fuzzerTestOneInput(byte[] data) {
    Optional<CameraImage.Shape> whole = look(SegmentedBytes.copyOf(data));
    Optional<CameraImage.Shape> cut = look(inPieces(data));
    check(whole.equals(cut), "whole=" + whole + " cut=" + cut);
    check(POOL.availableByteSize() == CAPACITY, "not given back: " + POOL);
  }

  private static SegmentedBytes inPieces(byte[] data) {
    List<SegmentedBytes> pieces = new ArrayList<>();
    for (int at = 0; at < data.length; ) {
      int end = Math.min(data.length, at + 1 + (data[at] & 63));
      pieces.add(SegmentedBytes.copyOf(Arrays.copyOfRange(data, at, end)));
      at = end;
    }
    return SegmentedBytes.concat(pieces);
  }

  private static Optional<CameraImage.Shape> look(SegmentedBytes message) {
    try (MessageView view = MessageView.of(message, ReadLimits.defaults(), POOL)) {
      Optional<CameraImage> found = CameraImage.of(view);
      if (found.isPresent() && !found.get().isFile()) {
        for (int step = 1; step <= 3; step++) {
          checkPixels(found.get(), step);
          checkBitmap(found.get(), step);
        }
      }
      return found.map(CameraImage::shape);
    } catch (CapnProtoException | PoolExhaustedException e) {
      return Optional.empty();
    }
  }

  private static void checkPixels(CameraImage image, int step) {
    PixelRows rows = new PixelRows(image, step);
    byte[] bgr = new byte[3 * rows.width()];
    for (int y = 0; y < rows.height(); y++) {
      rows.read(y, bgr);
      for (int x = 0; x < rows.width(); x++) {
        int found =
            (bgr[3 * x + 2] & 0xFF) << 16 | (bgr[3 * x + 1] & 0xFF) << 8 | (bgr[3 * x] & 0xFF);
        int expected = pixel(image, (long) x * step, (long) y * step);
        check(
            found == expected,
            image.shape() + " x=" + x + " y=" + y + " step=" + step + " found=" + found);
      }
    }
  }

  /** The file is as long as its header says, and so are its pixels. */
  private static void checkBitmap(CameraImage image, int step) {
    try (Picture picture = Bitmap.of(image, step, POOL)) {
      SegmentedBytes file = picture.bytes();
      long start = int32(file, 10);
      long width = int32(file, 18);
      long height = -int32(file, 22);
      long bits = (file.byteAt(28) & 0xFF) | (file.byteAt(29) & 0xFF) << 8;
      check(int32(file, 2) == file.byteSize(), "file=" + file.byteSize());
      check(width == Math.ceilDiv(image.width(), step), "width=" + width);
      check(height == Math.ceilDiv(image.height(), step), "height=" + height);
      long stride = (width * bits / 8 + 3) / 4 * 4;
      check(start + stride * height == file.byteSize(), "stride=" + stride);
    }
  }

  /** From the bytes themselves, by the format alone. */
  private static int pixel(CameraImage image, long x, long y) {
    SegmentedBytes bytes = image.pixels();
    long line = y * image.rowByteSize();
    return switch (image.format()) {
      case RGB8 ->
          rgb(at(bytes, line + 3 * x), at(bytes, line + 3 * x + 1), at(bytes, line + 3 * x + 2));
      case BGR8 ->
          rgb(at(bytes, line + 3 * x + 2), at(bytes, line + 3 * x + 1), at(bytes, line + 3 * x));
      case RGBA8 ->
          rgb(at(bytes, line + 4 * x), at(bytes, line + 4 * x + 1), at(bytes, line + 4 * x + 2));
      case MONO8 -> 0x010101 * at(bytes, line + x);
      case MONO16 -> 0x010101 * at(bytes, line + 2 * x + 1);
      case INT32 -> 0x010101 * Math.clamp(int32(bytes, line + 4 * x), 0, 255);
      case YUYV -> {
        long pair = line + 4 * (x / 2);
        yield yuv(at(bytes, line + 2 * x), at(bytes, pair + 1), at(bytes, pair + 3));
      }
      case NV12 -> {
        long pair = (image.height() + y / 2) * image.rowByteSize() + 2 * (x / 2);
        yield yuv(at(bytes, line + x), at(bytes, pair), at(bytes, pair + 1));
      }
      case JPEG, PNG, _NOT_IN_SCHEMA -> throw new AssertionError(image.format());
    };
  }

  private static int rgb(int red, int green, int blue) {
    return red << 16 | green << 8 | blue;
  }

  private static int yuv(int luma, int blue, int red) {
    int y = 76_309 * (luma - 16) + 32_768;
    int u = blue - 128;
    int v = red - 128;
    return rgb(
        Math.clamp((y + 104_597 * v) >> 16, 0, 255),
        Math.clamp((y - 25_675 * u - 53_279 * v) >> 16, 0, 255),
        Math.clamp((y + 132_201 * u) >> 16, 0, 255));
  }

  private static int at(SegmentedBytes bytes, long byteOffset) {
    return bytes.byteAt(byteOffset) & 0xFF;
  }

  private static int int32(SegmentedBytes bytes, long byteOffset) {
    return at(bytes, byteOffset)
        | at(bytes, byteOffset + 1) << 8
        | at(bytes, byteOffset + 2) << 16
        | at(bytes, byteOffset + 3) << 24;
  }

  private static void check(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }
}
