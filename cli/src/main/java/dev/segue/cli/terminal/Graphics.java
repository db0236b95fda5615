package dev.segue.cli.terminal;

import java.util.Arrays;
import java.util.Base64;
import java.util.zip.Deflater;

/** The ways to show a picture in a terminal. */
public enum Graphics {
  /** Two pixels in each character: {@code ▀} in the upper one's color on the lower one's. */
  BLOCKS(1, 2, 80, 48) {
    @Override
    void write(Raster raster, StringBuilder out) {
      for (int y = 0; y < raster.height(); y += 2) {
        int upper = -1;
        int lower = -1;
        for (int x = 0; x < raster.width(); x++) {
          int above = raster.pixel(x, y);
          int below = raster.pixel(x, y + 1);
          if (above != upper) {
            color(out, 38, above);
            upper = above;
          }
          if (below != lower) {
            color(out, 48, below);
            lower = below;
          }
          out.append('▀');
        }
        out.append("\u001b[0m\n");
      }
    }
  },
  /** Six rows at a time, of at most 216 colors (DEC's sixel graphics). */
  SIXEL(8, 16, 480, 360) {
    @Override
    void write(Raster raster, StringBuilder out) {
      out.append("\u001bP0;1q\"1;1;").append(raster.width()).append(';').append(raster.height());
      for (int color = 0; color < SIXEL_COLORS; color++) {
        out.append('#').append(color).append(";2;");
        out.append(color / 36 * 20).append(';').append(color / 6 % 6 * 20);
        out.append(';').append(color % 6 * 20);
      }
      for (int y = 0; y < raster.height(); y += 6) {
        band(raster, y, out);
        out.append('-');
      }
      out.append("\u001b\\\n");
    }
  },
  /** The pixels as they are (kitty's graphics protocol). */
  KITTY(8, 16, 480, 360) {
    @Override
    void write(Raster raster, StringBuilder out) {
      String data = Base64.getEncoder().encodeToString(deflated(raster));
      for (int from = 0; from < data.length(); from += KITTY_PIECE) {
        int to = Math.min(from + KITTY_PIECE, data.length());
        out.append("\u001b_G");
        if (from == 0) {
          out.append("a=T,f=24,o=z,q=2,s=").append(raster.width());
          out.append(",v=").append(raster.height()).append(',');
        }
        out.append("m=").append(to < data.length() ? 1 : 0).append(';');
        out.append(data, from, to).append("\u001b\\");
      }
      out.append('\n');
    }
  };

  private static final int SIXEL_COLORS = 216;
  private static final int KITTY_PIECE = 4096;

  private final int cellWidth;
  private final int cellHeight;
  private final int maxWidth;
  private final int maxHeight;

  Graphics(int cellWidth, int cellHeight, int maxWidth, int maxHeight) {
    this.cellWidth = cellWidth;
    this.cellHeight = cellHeight;
    this.maxWidth = maxWidth;
    this.maxHeight = maxHeight;
  }

  /**
   * Returns how wide a picture may be, in pixels.
   *
   * @param columnCount of the terminal
   */
  public int maxWidth(int columnCount) {
    return Math.clamp((long) columnCount * cellWidth, 1, maxWidth);
  }

  /**
   * Returns how high a picture may be, in pixels: so that the line above it can still be seen.
   *
   * @param rowCount of the terminal
   */
  public int maxHeight(int rowCount) {
    return Math.clamp((rowCount - 2L) * cellHeight, cellHeight, maxHeight);
  }

  /** Returns what to write at the beginning of a line; the next line begins behind it. */
  public String text(Raster raster) {
    StringBuilder out = new StringBuilder();
    write(raster, out);
    return out.toString();
  }

  abstract void write(Raster raster, StringBuilder out);

  private static void color(StringBuilder out, int which, int pixel) {
    out.append("\u001b[").append(which).append(";2;").append(pixel >> 16 & 0xff);
    out.append(';').append(pixel >> 8 & 0xff).append(';').append(pixel & 0xff).append('m');
  }

  private static int sixelColor(int pixel) {
    return level(pixel >> 16) * 36 + level(pixel >> 8) * 6 + level(pixel);
  }

  /** Of six. */
  private static int level(int value) {
    return ((value & 0xff) * 5 + 127) / 255;
  }

  private static void band(Raster raster, int top, StringBuilder out) {
    int width = raster.width();
    byte[][] bits = new byte[SIXEL_COLORS][];
    for (int y = top; y < Math.min(top + 6, raster.height()); y++) {
      for (int x = 0; x < width; x++) {
        int color = sixelColor(raster.pixel(x, y));
        byte[] row = bits[color];
        if (row == null) {
          row = new byte[width];
          bits[color] = row;
        }
        row[x] |= (byte) (1 << (y - top));
      }
    }
    for (int color = 0; color < SIXEL_COLORS; color++) {
      byte[] row = bits[color];
      if (row != null) {
        out.append('#').append(color);
        runs(row, out);
        out.append('$');
      }
    }
  }

  private static void runs(byte[] row, StringBuilder out) {
    for (int x = 0; x < row.length; ) {
      int end = x + 1;
      while (end < row.length && row[end] == row[x]) {
        end++;
      }
      char sixel = (char) ('?' + row[x]);
      if (end - x > 3) {
        out.append('!').append(end - x).append(sixel);
      } else {
        out.repeat(sixel, end - x);
      }
      x = end;
    }
  }

  private static byte[] deflated(Raster raster) {
    byte[] pixels = new byte[3 * raster.width() * raster.height()];
    for (int y = 0, at = 0; y < raster.height(); y++) {
      for (int x = 0; x < raster.width(); x++, at += 3) {
        int pixel = raster.pixel(x, y);
        pixels[at] = (byte) (pixel >> 16);
        pixels[at + 1] = (byte) (pixel >> 8);
        pixels[at + 2] = (byte) pixel;
      }
    }
    try (Deflater deflater = new Deflater(Deflater.BEST_SPEED)) {
      deflater.setInput(pixels);
      deflater.finish();
      byte[] out = new byte[pixels.length + pixels.length / 1000 + 64];
      return Arrays.copyOf(out, deflater.deflate(out));
    }
  }
}
