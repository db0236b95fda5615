package dev.segue.cli.demo;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Locale;

/**
 * A picture that moves and says which frame it is; the same lane and sequence give the same bytes.
 *
 * <p>The background is drawn once and copied with another offset for each frame, so that a frame
 * costs little more than writing its memory.
 */
final class TestPattern implements FrameSource {
  static final ValueLayout.OfInt RGBA =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final int TEXT_COLOR = 0xFFFFFFFF;
  private static final int[] BALLS = {0xFFD166FF, 0xEF476FFF, 0x06D6A0FF};
  private static final double TURN = 2 * Math.PI;

  private final int width;
  private final int height;
  private final long rowByteSize;
  private final Arena arena = Arena.ofConfined();
  private final MemorySegment background;

  TestPattern(int width, int height) {
    this.width = width;
    this.height = height;
    this.rowByteSize = (long) width * FrameOptions.BYTES_PER_PIXEL;
    this.background = arena.allocate(rowByteSize * height, Integer.BYTES);
    drawBackground();
  }

  /** Night sky above, warm light below, and slanted bands whose ends meet, so that it can roll. */
  private void drawBackground() {
    double[] wave = new double[width];
    for (int x = 0; x < width; x++) {
      wave[x] = Math.sin(TURN * 3 * x / width);
    }
    for (int y = 0; y < height; y++) {
      double down = (double) y / height;
      int slant = (int) (down * width / 3);
      for (int x = 0; x < width; x++) {
        double band = 0.82 + 0.18 * wave[(x + slant) % width];
        int red = (int) ((24 + 190 * down * down) * band);
        int green = (int) ((32 + 90 * down) * band);
        int blue = (int) ((92 + 70 * Math.sin(Math.PI * down)) * band);
        setPixel(background, x, y, rgba(red, green, blue));
      }
    }
  }

  @Override
  public void capture(MemorySegment frame, Lane lane, long sequence) {
    long shift = sequence * Math.max(1, width / 320) % width * FrameOptions.BYTES_PER_PIXEL;
    for (int y = 0; y < height; y++) {
      long row = y * rowByteSize;
      MemorySegment.copy(background, row + shift, frame, row, rowByteSize - shift);
      MemorySegment.copy(background, row, frame, row + rowByteSize - shift, shift);
    }
    for (int i = 0; i < BALLS.length; i++) {
      drawBall(frame, sequence + 90L * i, i);
    }
    int scale = Math.max(1, height / 96);
    int margin = 2 * scale;
    drawText(frame, "SEGUE", margin, margin, 2 * scale);
    String state =
        lane.label().toUpperCase(Locale.ROOT) + " " + String.format(Locale.ROOT, "%06d", sequence);
    drawText(frame, state, margin, height - margin - Glyphs.HEIGHT * scale, scale);
  }

  private void drawBall(MemorySegment frame, long time, int index) {
    int radius = Math.max(2, height / (7 + 2 * index));
    int centerX = bounce(time * (5 + 2L * index) * width / 1920, width - 2 * radius) + radius;
    int centerY = bounce(time * (7 - 2L * index) * height / 1536, height - 2 * radius) + radius;
    for (int y = -radius; y <= radius; y++) {
      int half = (int) Math.sqrt((double) radius * radius - (double) y * y);
      for (int x = -half; x <= half; x++) {
        double lightX = x + 0.4 * radius;
        double lightY = y + 0.4 * radius;
        double far = (lightX * lightX + lightY * lightY) / ((double) radius * radius);
        setPixel(frame, centerX + x, centerY + y, shade(BALLS[index], 1.15 - 0.35 * far));
      }
    }
  }

  private static int bounce(long distance, int range) {
    if (range <= 0) {
      return 0;
    }
    int at = (int) (distance % (2L * range));
    return at < range ? at : 2 * range - at;
  }

  private void drawText(MemorySegment frame, String text, int left, int top, int scale) {
    for (int i = 0; i < text.length(); i++) {
      int letterLeft = left + i * (Glyphs.WIDTH + 1) * scale;
      for (int row = 0; row < Glyphs.HEIGHT * scale; row++) {
        for (int column = 0; column < Glyphs.WIDTH * scale; column++) {
          if (Glyphs.isSet(text.charAt(i), column / scale, row / scale)) {
            setPixel(frame, letterLeft + column, top + row, TEXT_COLOR);
          }
        }
      }
    }
  }

  private void setPixel(MemorySegment frame, int x, int y, int rgba) {
    if (x >= 0 && x < width && y >= 0 && y < height) {
      frame.set(RGBA, y * rowByteSize + (long) x * FrameOptions.BYTES_PER_PIXEL, rgba);
    }
  }

  private static int shade(int rgba, double light) {
    return rgba(
        (int) ((rgba >>> 24) * light),
        (int) ((rgba >>> 16 & 0xFF) * light),
        (int) ((rgba >>> 8 & 0xFF) * light));
  }

  private static int rgba(int red, int green, int blue) {
    return Math.clamp(red, 0, 255) << 24
        | Math.clamp(green, 0, 255) << 16
        | Math.clamp(blue, 0, 255) << 8
        | 0xFF;
  }

  @Override
  public boolean isLive() {
    return false;
  }

  @Override
  public void close() {
    arena.close();
  }
}
