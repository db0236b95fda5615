package dev.segue.cli.zenoh;

import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.PoolExhaustedException;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.cli.terminal.Graphics;
import dev.segue.cli.terminal.Raster;
import dev.segue.cli.terminal.Terminal;
import dev.segue.zenoh.ReceivedSample;
import dev.segue.zenoh.SampleKind;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Samples as pictures in the terminal: image files, and frames of cameras. Two in a second at most,
 * so that the text between them can be read.
 *
 * <p>Owner: the command. Lifetime: until {@link #close()}. Threads: one.
 */
final class Pictures implements AutoCloseable, CameraPixels.Maker {
  private static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final long POOL_BYTE_SIZE = 1 << 30;
  private static final long MOST_PIXELS = 64L << 20;

  private final Graphics graphics;
  private final int maxWidth;
  private final int maxHeight;
  private final OffHeapPool pool = new OffHeapPool(POOL_BYTE_SIZE);
  private long next = System.nanoTime();

  Pictures(Graphics graphics, Terminal terminal) {
    this.graphics = graphics;
    this.maxWidth = graphics.maxWidth(terminal.columnCount());
    this.maxHeight = graphics.maxHeight(terminal.rowCount());
  }

  /**
   * Returns what to write for a sample; empty if it is not a picture, or one was shown just now.
   */
  Optional<String> textOf(ReceivedSample sample) {
    if (sample.kind() == SampleKind.DELETE || System.nanoTime() - next < 0) {
      return Optional.empty();
    }
    Optional<Raster> raster = rasterOf(sample.encoding().text(), sample.payload());
    if (raster.isPresent()) {
      next = System.nanoTime() + PERIOD_NANOS;
    }
    return raster.map(graphics::text);
  }

  Optional<Raster> rasterOf(String encoding, SegmentedBytes payload) {
    if (encoding.startsWith("image/")) {
      return ofFile(payload);
    }
    if (!encoding.startsWith("application/capnp")) {
      return Optional.empty();
    }
    try {
      return CameraPixels.picture(payload, pool, this);
    } catch (PoolExhaustedException _) {
      return Optional.empty();
    }
  }

  @Override
  public Raster ofPixels(int width, int height, Raster.Source source) {
    return Raster.scaled(width, height, maxWidth, maxHeight, source);
  }

  /** Empty if it is not an image file that Java reads, or too large a one. */
  @Override
  public Optional<Raster> ofFile(SegmentedBytes file) {
    try (ImageInputStream in = new MemoryCacheImageInputStream(file.asInputStream())) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
      return readers.hasNext() ? read(readers.next(), in) : Optional.empty();
    } catch (IOException | RuntimeException _) {
      return Optional.empty(); // What is wrong with a file, its reader says in many ways.
    }
  }

  private Optional<Raster> read(ImageReader reader, ImageInputStream in) throws IOException {
    try {
      reader.setInput(in, true, true);
      int width = reader.getWidth(0);
      int height = reader.getHeight(0);
      if ((long) width * height > MOST_PIXELS) {
        return Optional.empty();
      }
      // Twice as large as it is shown, so that its pixels can be averaged.
      int step = Math.max(1, Math.min(width / (2 * maxWidth), height / (2 * maxHeight)));
      ImageReadParam param = reader.getDefaultReadParam();
      param.setSourceSubsampling(step, step, 0, 0);
      BufferedImage image = reader.read(0, param);
      return Optional.of(
          ofPixels(image.getWidth(), image.getHeight(), (x, y) -> image.getRGB(x, y) & 0xffffff));
    } finally {
      reader.dispose();
    }
  }

  @Override
  public void close() {
    pool.close();
  }
}
