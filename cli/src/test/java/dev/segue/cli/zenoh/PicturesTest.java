package dev.segue.cli.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.schema.Frames;
import dev.segue.capnproto.schema.Frames.PixelFormat;
import dev.segue.cli.terminal.Graphics;
import dev.segue.cli.terminal.Raster;
import dev.segue.cli.terminal.Terminal;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.nio.channels.Channels;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Random;
import javax.imageio.ImageIO;
import org.capnproto.MessageBuilder;
import org.capnproto.Serialize;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PicturesTest {
  private static final String CAMERA = "application/capnp;CameraFrame";

  private final Pictures pictures =
      new Pictures(Graphics.BLOCKS, new Terminal(24, 80, Optional.empty()));

  @AfterEach
  void close() {
    pictures.close();
  }

  private static SegmentedBytes frame(
      PixelFormat format, int width, int height, int row, byte[] pixels) throws Exception {
    MessageBuilder message = new MessageBuilder();
    Frames.CameraFrame.Builder frame = message.initRoot(Frames.CameraFrame.factory);
    frame.setWidthPixels(width);
    frame.setHeightPixels(height);
    frame.setRowByteSize(row);
    frame.setFormat(format);
    frame.setPixels(pixels);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Serialize.write(Channels.newChannel(out), message);
    return SegmentedBytes.copyOf(out.toByteArray());
  }

  /** Two rows of two pixels, with two bytes behind each row. */
  @ParameterizedTest
  @CsvSource({
    "RGB8,8,102030405060ffff112131415161,102030,112131",
    "BGR8,8,102030405060ffff112131415161,302010,312111",
    "RGBA8,10,10203000405060000f0f1121310041516100,102030,112131",
    "MONO8,4,1020ffff1121,101010,111111",
    "MONO16,6,00100020ffff00110021,101010,111111",
    "INT32,10,1000000020000000ffff11000000ff010000,101010,111111",
    "YUYV,6,eb80eb80ffff10801080,ffffff,000000",
    "NV12,4,ebebffff1010ffff8080,ffffff,000000",
  })
  void framesHaveTheColorsOfTheirFormat(
      PixelFormat format, int row, String hex, String first, String below) throws Exception {
    byte[] pixels = HexFormat.of().parseHex(hex);
    Raster raster = pictures.rasterOf(CAMERA, frame(format, 2, 2, row, pixels)).orElseThrow();
    assertEquals(Integer.parseInt(first, 16), raster.pixel(0, 0));
    assertEquals(Integer.parseInt(below, 16), raster.pixel(0, 1));
  }

  @Test
  void aFrameWhoseBytesDoNotFitIsNoPicture() throws Exception {
    byte[] pixels = new byte[64];
    for (int[] size : new int[][] {{4, 6, 12}, {4, 4, 8}, {0, 4, 12}, {4, 0, 12}, {-1, 4, -1}}) {
      assertEquals(
          Optional.empty(),
          pictures.rasterOf(CAMERA, frame(PixelFormat.RGB8, size[0], size[1], size[2], pixels)));
    }
    assertEquals(Optional.empty(), pictures.rasterOf(CAMERA, SegmentedBytes.copyOf(pixels)));
    assertEquals(Optional.empty(), pictures.rasterOf("text/plain", SegmentedBytes.copyOf(pixels)));
  }

  private static byte[] file(String format, int width, int height, int color) throws Exception {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        image.setRGB(x, y, color);
      }
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertTrue(ImageIO.write(image, format, out));
    return out.toByteArray();
  }

  @ParameterizedTest
  @ValueSource(strings = {"png", "jpeg", "bmp"})
  void imageFilesAreShownWholeAndSmall(String format) throws Exception {
    byte[] file = file(format, 1920, 1080, 0x205080);
    Raster raster = pictures.rasterOf("image/" + format, SegmentedBytes.copyOf(file)).orElseThrow();
    assertEquals(78, raster.width());
    assertEquals(44, raster.height());
    int pixel = raster.pixel(77, 43);
    assertTrue(Math.abs((pixel & 0xff) - 0x80) < 4 && Math.abs((pixel >> 16) - 0x20) < 4);
    Raster framed =
        pictures
            .rasterOf(
                CAMERA,
                frame(format.equals("png") ? PixelFormat.PNG : PixelFormat.JPEG, 0, 0, 0, file))
            .orElseThrow();
    assertEquals(raster, framed);
  }

  /** Whoever publishes may send anything. */
  @Test
  void aDamagedImageFileIsNoPictureOrOneAndNeverAFault() throws Exception {
    Random random = new Random(12);
    for (String format : new String[] {"png", "jpeg", "bmp", "gif"}) {
      byte[] file = file(format, 200, 100, 0x205080);
      for (int i = 0; i < 200; i++) {
        byte[] damaged = Arrays.copyOf(file, 1 + random.nextInt(file.length));
        for (int j = 0; j < 5; j++) {
          damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
        }
        pictures
            .rasterOf("image/" + format, SegmentedBytes.copyOf(damaged))
            .ifPresent(raster -> assertTrue(raster.width() <= 80 && raster.height() <= 44));
      }
    }
  }

  /** 40,000 × 40,000 pixels in some 200 KB would take 5 GB. */
  @Test
  void aFileOfTooManyPixelsIsNotRead() throws Exception {
    byte[] file = file("png", 20, 20, 0);
    file[18] = (byte) 0x9c; // the width's and the height's third byte
    file[22] = (byte) 0x9c;
    assertEquals(Optional.empty(), pictures.rasterOf("image/png", SegmentedBytes.copyOf(file)));
  }
}
