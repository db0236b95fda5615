package dev.segue.cli.demo;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/**
 * Writes RGBA pixels as a PNG, without the desktop classes.
 *
 * @see <a href="https://www.w3.org/TR/png-3/">the specification</a>
 */
final class PngWriter {
  private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  private static final int BITS_PER_CHANNEL = 8;
  private static final int RGBA = 6;
  private static final int FILTER_UP = 2;

  private PngWriter() {}

  static void write(Path file, MemorySegment pixels, int width, int height, int rowByteSize)
      throws IOException {
    try (DataOutputStream out =
        new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file)))) {
      out.write(SIGNATURE);
      chunk(out, "IHDR", header(width, height));
      chunk(out, "IDAT", deflated(pixels, width, height, rowByteSize));
      chunk(out, "IEND", new byte[0]);
    }
  }

  private static byte[] header(int width, int height) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream header = new DataOutputStream(bytes);
    header.writeInt(width);
    header.writeInt(height);
    header.writeByte(BITS_PER_CHANNEL);
    header.writeByte(RGBA);
    header.write(new byte[3]); // deflate, filter per row, not interlaced
    return bytes.toByteArray();
  }

  private static byte[] deflated(MemorySegment pixels, int width, int height, int rowByteSize)
      throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Deflater deflater = new Deflater(Deflater.BEST_SPEED);
    try (DeflaterOutputStream out = new DeflaterOutputStream(bytes, deflater, 1 << 16)) {
      byte[] above = new byte[width * FrameOptions.BYTES_PER_PIXEL];
      byte[] row = new byte[above.length];
      byte[] filtered = new byte[above.length + 1];
      filtered[0] = FILTER_UP;
      for (int y = 0; y < height; y++) {
        MemorySegment.copy(
            pixels, ValueLayout.JAVA_BYTE, (long) y * rowByteSize, row, 0, row.length);
        for (int i = 0; i < row.length; i++) {
          filtered[i + 1] = (byte) (row[i] - above[i]);
        }
        out.write(filtered);
        byte[] swapped = above;
        above = row;
        row = swapped;
      }
    } finally {
      deflater.end();
    }
    return bytes.toByteArray();
  }

  private static void chunk(DataOutputStream out, String type, byte[] data) throws IOException {
    byte[] name = type.getBytes(StandardCharsets.US_ASCII);
    CRC32 crc = new CRC32();
    crc.update(name);
    crc.update(data);
    out.writeInt(data.length);
    out.write(name);
    out.write(data);
    out.writeInt((int) crc.getValue());
  }
}
