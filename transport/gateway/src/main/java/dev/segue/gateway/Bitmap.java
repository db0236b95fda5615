package dev.segue.gateway;

import dev.segue.bytes.Loan;
import dev.segue.bytes.LoanPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.schema.Frames.PixelFormat;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Windows bitmaps of a camera's image: a header, and the camera's own rows behind it, lent, where
 * the format has pixels like them; else converted ones in a loan.
 *
 * <pre>
 *   RGBA8   32 bits with masks      [header][pixels as they lie]
 *   MONO8    8 bits with a palette  [header][palette][row][pad][row][pad]…
 *   BGR8    24 bits                 [header][row][pad][row][pad]…
 *   others  24 bits                 [header][loan]
 * </pre>
 *
 * @see <a
 *     href="https://learn.microsoft.com/windows/win32/api/wingdi/ns-wingdi-bitmapv4header">BITMAPV4HEADER</a>
 */
final class Bitmap {
  private static final int FILE_HEADER = 14;
  private static final int INFO_HEADER = 40;
  private static final int V4_HEADER = 108;
  private static final int BIT_FIELDS = 3;
  private static final int PALETTE = 4 * 256;
  private static final SegmentedBytes PAD = SegmentedBytes.copyOf(new byte[3]);

  private Bitmap() {}

  /** Of every {@code step}th pixel; a loan of {@code pool} is only taken to convert. */
  static Picture of(CameraImage image, int step, LoanPool pool) {
    PixelFormat format = image.format();
    boolean asTheyLie =
        format == PixelFormat.RGBA8 || format == PixelFormat.MONO8 || format == PixelFormat.BGR8;
    if (step == 1 && asTheyLie) {
      int bits = format == PixelFormat.RGBA8 ? 32 : format == PixelFormat.BGR8 ? 24 : 8;
      List<SegmentedBytes> parts = new ArrayList<>();
      parts.add(header(image.width(), image.height(), bits));
      addRows(image, bits / 8, parts);
      return new Picture("image/bmp", SegmentedBytes.concat(parts), List.of(), true);
    }
    return converted(new PixelRows(image, step), pool);
  }

  private static void addRows(CameraImage image, int bytesPerPixel, List<SegmentedBytes> parts) {
    int row = image.width() * bytesPerPixel;
    int stride = strideOf(row);
    if (image.rowByteSize() == stride
        && image.pixels().byteSize() >= (long) stride * image.height()) {
      parts.add(image.pixels().slice(0, (long) stride * image.height()));
      return;
    }
    for (int y = 0; y < image.height(); y++) {
      parts.add(image.pixels().slice((long) y * image.rowByteSize(), row));
      if (stride > row) {
        parts.add(PAD.slice(0, stride - row));
      }
    }
  }

  private static Picture converted(PixelRows rows, LoanPool pool) {
    int stride = strideOf(3 * rows.width());
    byte[] bgr = new byte[stride];
    Loan loan = pool.loan((long) stride * rows.height());
    try {
      for (int y = 0; y < rows.height(); y++) {
        rows.read(y, bgr);
        MemorySegment.copy(
            MemorySegment.ofArray(bgr), 0, loan.segment(), (long) y * stride, stride);
      }
      return new Picture(
          "image/bmp",
          SegmentedBytes.concat(List.of(header(rows.width(), rows.height(), 24), loan.handOver())),
          List.of(loan),
          false);
    } catch (RuntimeException | Error e) {
      loan.close();
      throw e;
    }
  }

  /** Rows are padded to four bytes. */
  private static int strideOf(int rowByteSize) {
    return (rowByteSize + 3) & ~3;
  }

  private static SegmentedBytes header(int width, int height, int bits) {
    int info = bits == 32 ? V4_HEADER : INFO_HEADER;
    int palette = bits == 8 ? PALETTE : 0;
    int start = FILE_HEADER + info + palette;
    int pixels = strideOf(width * bits / 8) * height;
    byte[] bytes = new byte[start];
    ByteBuffer out = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    out.put("BM".getBytes(StandardCharsets.US_ASCII))
        .putInt(start + pixels)
        .putInt(0)
        .putInt(start);
    out.putInt(info).putInt(width).putInt(-height); // negative: the first row is the top one
    out.putShort((short) 1).putShort((short) bits);
    out.putInt(bits == 32 ? BIT_FIELDS : 0).putInt(pixels).putInt(2835).putInt(2835);
    out.putInt(bits == 8 ? 256 : 0).putInt(0);
    if (bits == 32) {
      // Red, green, blue by the order of their bytes; the fourth byte is ignored.
      out.putInt(0x0000FF).putInt(0x00FF00).putInt(0xFF0000).putInt(0);
    }
    for (int i = 0; palette > 0 && i < 256; i++) {
      out.putInt(i << 16 | i << 8 | i);
    }
    return SegmentedBytes.copyOf(bytes);
  }
}
