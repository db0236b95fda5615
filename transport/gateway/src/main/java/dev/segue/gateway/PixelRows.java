package dev.segue.gateway;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.spi.Lend;
import java.lang.foreign.MemorySegment;

/**
 * Reads rows of a camera's image as blue, green, red, one byte each; every {@code step}th pixel of
 * every {@code step}th row.
 *
 * <p>Threads: one at a time.
 */
final class PixelRows {
  private static final CopyLedger.Site PIXELS =
      CopyLedger.site("gateway.pixels", "no image file has pixels in the camera's format or size");

  private final CameraImage image;
  private final int step;
  private final byte[] row;
  private final byte[] chroma;

  PixelRows(CameraImage image, int step) {
    this.image = image;
    this.step = step;
    this.row = new byte[image.pixelRowByteSize()];
    this.chroma =
        new byte
            [image.format() == dev.segue.capnproto.schema.Frames.PixelFormat.NV12 ? row.length : 0];
  }

  int width() {
    return Math.ceilDiv(image.width(), step);
  }

  int height() {
    return Math.ceilDiv(image.height(), step);
  }

  /** Fills {@code bgr}, of three times the width, with row {@code y} of those that are taken. */
  void read(int y, byte[] bgr) {
    int from = y * step;
    fetch((long) from * image.rowByteSize(), row);
    if (chroma.length > 0) {
      fetch((long) (image.height() + from / 2) * image.rowByteSize(), chroma);
    }
    int width = width();
    for (int x = 0, at = 0; x < width; x++, at += 3) {
      convert(x * step, bgr, at);
    }
  }

  private void fetch(long byteOffset, byte[] into) {
    long byteSize = Math.min(into.length, image.pixels().byteSize() - byteOffset);
    Lend.copyTo(PIXELS, image.pixels(), byteOffset, MemorySegment.ofArray(into), 0, byteSize);
  }

  private void convert(int x, byte[] bgr, int at) {
    switch (image.format()) {
      case RGB8 -> set(bgr, at, row[3 * x], row[3 * x + 1], row[3 * x + 2]);
      case BGR8 -> set(bgr, at, row[3 * x + 2], row[3 * x + 1], row[3 * x]);
      case RGBA8 -> set(bgr, at, row[4 * x], row[4 * x + 1], row[4 * x + 2]);
      case MONO8 -> gray(bgr, at, row[x]);
      case MONO16 -> gray(bgr, at, row[2 * x + 1]);
      case INT32 -> gray(bgr, at, clamp(int32(4 * x)));
      case YUYV -> {
        int pair = 4 * (x / 2);
        yuv(bgr, at, row[2 * x], row[pair + 1], row[pair + 3]);
      }
      case NV12 -> {
        int pair = 2 * (x / 2);
        yuv(bgr, at, row[x], chroma[pair], chroma[pair + 1]);
      }
      case JPEG, PNG, _NOT_IN_SCHEMA ->
          throw new IllegalArgumentException("rows of " + image.format());
    }
  }

  private int int32(int at) {
    return (row[at] & 0xFF)
        | (row[at + 1] & 0xFF) << 8
        | (row[at + 2] & 0xFF) << 16
        | row[at + 3] << 24;
  }

  private static void set(byte[] bgr, int at, byte red, byte green, byte blue) {
    bgr[at] = blue;
    bgr[at + 1] = green;
    bgr[at + 2] = red;
  }

  private static void gray(byte[] bgr, int at, byte value) {
    set(bgr, at, value, value, value);
  }

  /** ITU-R BT.601, from the limited range, in 16.16 fixed point. */
  private static void yuv(byte[] bgr, int at, byte luma, byte blue, byte red) {
    int y = 76_309 * ((luma & 0xFF) - 16) + 32_768;
    int u = (blue & 0xFF) - 128;
    int v = (red & 0xFF) - 128;
    set(
        bgr,
        at,
        clamp((y + 104_597 * v) >> 16),
        clamp((y - 25_675 * u - 53_279 * v) >> 16),
        clamp((y + 132_201 * u) >> 16));
  }

  private static byte clamp(int value) {
    return (byte) Math.clamp(value, 0, 255);
  }
}
