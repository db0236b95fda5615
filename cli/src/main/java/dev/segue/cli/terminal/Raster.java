package dev.segue.cli.terminal;

import java.util.Arrays;

/**
 * A small picture: pixels as {@code 0xRRGGBB}, row by row.
 *
 * <p>Owner: the caller. Lifetime: unlimited. Threads: any, once it is made.
 */
public final class Raster {
  /** So many samples of a row, and rows, are averaged for one pixel. */
  private static final int MOST_SAMPLES = 2;

  private final int width;
  private final int height;
  private final int[] pixels;

  /** The source of pixels. */
  public interface Source {
    /** One pixel as {@code 0xRRGGBB}. */
    int pixel(int x, int y);
  }

  private Raster(int width, int height) {
    this.width = width;
    this.height = height;
    this.pixels = new int[width * height];
  }

  /**
   * Scales a picture down until it fits; a smaller one stays as it is.
   *
   * @param width of the source, in pixels, at least 1
   * @param height of the source
   * @param maxWidth what the result must fit into
   * @param maxHeight what the result must fit into
   */
  public static Raster scaled(int width, int height, int maxWidth, int maxHeight, Source source) {
    double scale = Math.min(1, Math.min((double) maxWidth / width, (double) maxHeight / height));
    Raster raster =
        new Raster(
            Math.clamp(Math.round(width * scale), 1, maxWidth),
            Math.clamp(Math.round(height * scale), 1, maxHeight));
    for (int y = 0; y < raster.height; y++) {
      for (int x = 0; x < raster.width; x++) {
        raster.pixels[y * raster.width + x] =
            average(
                source,
                at(x, raster.width, width),
                at(x + 1, raster.width, width),
                at(y, raster.height, height),
                at(y + 1, raster.height, height));
      }
    }
    return raster;
  }

  private static int at(int index, int count, int size) {
    return (int) ((long) index * size / count);
  }

  private static int average(Source source, int left, int right, int top, int bottom) {
    int columns = Math.clamp(right - left, 1, MOST_SAMPLES);
    int rows = Math.clamp(bottom - top, 1, MOST_SAMPLES);
    int red = 0;
    int green = 0;
    int blue = 0;
    for (int j = 0; j < rows; j++) {
      for (int i = 0; i < columns; i++) {
        int pixel =
            source.pixel(left + i * (right - left) / columns, top + j * (bottom - top) / rows);
        red += pixel >> 16 & 0xff;
        green += pixel >> 8 & 0xff;
        blue += pixel & 0xff;
      }
    }
    int count = columns * rows;
    return (red / count) << 16 | (green / count) << 8 | (blue / count);
  }

  public int width() {
    return width;
  }

  public int height() {
    return height;
  }

  /** One pixel as {@code 0xRRGGBB}; black below the last row. */
  public int pixel(int x, int y) {
    return y < height ? pixels[y * width + x] : 0;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Raster raster
        && width == raster.width
        && Arrays.equals(pixels, raster.pixels);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(pixels);
  }
}
