package dev.segue.cli.demo;

import dev.segue.cli.CommandFailedException;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import javax.imageio.ImageIO;

/** The images of a folder by name, over and over, fitted into the frame. */
final class ImageFolder implements FrameSource {
  private static final List<String> ENDINGS = List.of(".png", ".jpg", ".jpeg", ".bmp", ".gif");
  private static final long DECODED_BYTE_SIZE = 512L << 20;
  private static final ValueLayout.OfInt BIG_ENDIAN =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private final List<Path> files;
  private final int width;
  private final int height;
  private final Arena arena = Arena.ofConfined();
  private final List<MemorySegment> decoded = new ArrayList<>();
  private final long mostDecoded;

  ImageFolder(Path directory, FrameOptions options) throws CommandFailedException {
    this.files = list(directory);
    this.width = options.width;
    this.height = options.height;
    this.mostDecoded = DECODED_BYTE_SIZE / options.frameByteSize();
  }

  /** The images of a folder by name. */
  static List<Path> list(Path directory) throws CommandFailedException {
    try (Stream<Path> entries = Files.list(directory)) {
      List<Path> images = entries.filter(ImageFolder::isImage).sorted().toList();
      if (images.isEmpty()) {
        throw new CommandFailedException(
            "--from " + directory + ": no images in it (" + String.join(", ", ENDINGS) + ")");
      }
      return images;
    } catch (IOException e) {
      throw new CommandFailedException("--from " + directory + ": " + e.getMessage(), e);
    }
  }

  private static boolean isImage(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return ENDINGS.stream().anyMatch(name::endsWith) && Files.isRegularFile(file);
  }

  @Override
  public void capture(MemorySegment frame, Lane lane, long sequence) throws CommandFailedException {
    int index = (int) (sequence % files.size());
    if (index < decoded.size()) {
      frame.copyFrom(decoded.get(index));
      return;
    }
    decode(files.get(index), frame);
    if (index == decoded.size() && index < mostDecoded) {
      decoded.add(arena.allocate(frame.byteSize()).copyFrom(frame));
    }
  }

  private void decode(Path file, MemorySegment frame) throws CommandFailedException {
    BufferedImage image;
    try {
      image = ImageIO.read(file.toFile());
    } catch (IOException e) {
      throw new CommandFailedException("image " + file + ": " + e.getMessage(), e);
    }
    if (image == null) {
      throw new CommandFailedException("image " + file + ": not in a format that Java reads");
    }
    BufferedImage fitted = fit(image);
    int[] row = new int[width];
    for (int y = 0; y < height; y++) {
      fitted.getRGB(0, y, width, 1, row, 0, width);
      long at = (long) y * width;
      for (int x = 0; x < width; x++) {
        frame.setAtIndex(BIG_ENDIAN, at + x, row[x] << Byte.SIZE | 0xFF);
      }
    }
  }

  private BufferedImage fit(BufferedImage image) {
    double scale = Math.min((double) width / image.getWidth(), (double) height / image.getHeight());
    int fittedWidth = (int) Math.max(1, Math.round(image.getWidth() * scale));
    int fittedHeight = (int) Math.max(1, Math.round(image.getHeight() * scale));
    BufferedImage fitted = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = fitted.createGraphics();
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
    graphics.drawImage(
        image,
        (width - fittedWidth) / 2,
        (height - fittedHeight) / 2,
        fittedWidth,
        fittedHeight,
        null);
    graphics.dispose();
    return fitted;
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
