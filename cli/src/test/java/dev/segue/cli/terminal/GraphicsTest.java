package dev.segue.cli.terminal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Base64;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.zip.Inflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class GraphicsTest {
  private static final int[][] FLAG = {
    {0xff0000, 0xff0000, 0x00ff00}, {0x0000ff, 0x0000ff, 0x0000ff}, {0xffffff, 0, 0x336699},
  };

  private static Raster flag() {
    return Raster.scaled(3, 3, 80, 48, (x, y) -> FLAG[y][x]);
  }

  @ParameterizedTest
  @CsvSource({"640,480,64,48", "1920,1080,80,45", "10,1000,1,48", "30000,1,80,1", "7,5,7,5"})
  void aPictureFitsAndKeepsItsShape(int width, int height, int shownWidth, int shownHeight) {
    Raster raster = Raster.scaled(width, height, 80, 48, (_, _) -> 0x102030);
    assertEquals(shownWidth, raster.width());
    assertEquals(shownHeight, raster.height());
    assertEquals(0x102030, raster.pixel(shownWidth - 1, shownHeight - 1));
  }

  @Test
  void pixelsThatShareAPlaceAreAveraged() {
    Raster raster = Raster.scaled(4, 2, 2, 1, (x, y) -> x < 2 ? (x + y) % 2 * 0xff00fe : 0x80);
    assertEquals(0x7f007f, raster.pixel(0, 0));
    assertEquals(0x000080, raster.pixel(1, 0));
  }

  @Test
  void aCharacterHasTwoPixels() {
    assertEquals(
        """
        E[38;2;255;0;0mE[48;2;0;0;255m▀▀E[38;2;0;255;0m▀E[0m
        E[38;2;255;255;255mE[48;2;0;0;0m▀E[38;2;0;0;0m▀E[38;2;51;102;153m▀E[0m
        """
            .replace('E', '\u001b'),
        Graphics.BLOCKS.text(flag()));
  }

  @Test
  void kittyGetsThePixelsAsTheyAreInPiecesOfAtMost4096() throws Exception {
    Raster noise = Raster.scaled(100, 60, 480, 360, (x, y) -> (x * 7919 + y * 104_729) & 0xffffff);
    String text = Graphics.KITTY.text(noise);
    Pattern piece = Pattern.compile("\u001b_G([^;]*);([A-Za-z0-9+/=]{1,4096})\u001b\\\\");
    MatchResult[] pieces = piece.matcher(text).results().toArray(MatchResult[]::new);
    assertTrue(pieces.length > 2, text);
    assertEquals("a=T,f=24,o=z,q=2,s=100,v=60,m=1", pieces[0].group(1));
    assertEquals("m=0", pieces[pieces.length - 1].group(1));
    assertEquals("\n", piece.matcher(text).replaceAll(""));
    String data = Arrays.stream(pieces).map(each -> each.group(2)).collect(Collectors.joining());
    byte[] pixels = new byte[100 * 60 * 3];
    try (Inflater inflater = new Inflater()) {
      inflater.setInput(Base64.getDecoder().decode(data));
      assertEquals(pixels.length, inflater.inflate(pixels));
      assertTrue(inflater.finished());
    }
    int last = noise.pixel(99, 59);
    assertArrayEquals(
        new byte[] {(byte) (last >> 16), (byte) (last >> 8), (byte) last},
        Arrays.copyOfRange(pixels, pixels.length - 3, pixels.length));
  }

  /** Reads sixels as a terminal does. */
  @Test
  void sixelsHaveEachPixelInTheNearestOf216Colors() {
    int[] colors = {0xff0000, 0x00ff00, 0x0000ff, 0xffffff, 0, 0x336699, 0xcccccc};
    Raster raster = Raster.scaled(50, 20, 480, 360, (x, y) -> colors[(x / 5 + y) % colors.length]);
    String text = Graphics.SIXEL.text(raster);
    Matcher whole = Pattern.compile("\u001bP0;1q\"1;1;50;20(.*)\u001b\\\\\n").matcher(text);
    assertTrue(whole.matches(), text);
    int[] palette = new int[256];
    int[] shown = new int[50 * 24];
    int x = 0;
    int y = 0;
    int color = 0;
    Matcher tokens =
        Pattern.compile("#(\\d+);2;(\\d+);(\\d+);(\\d+)|#(\\d+)|!(\\d+)(.)|([?-~])|(\\$)|(-)")
            .matcher(whole.group(1));
    int end = 0;
    while (tokens.find()) {
      assertEquals(end, tokens.start());
      end = tokens.end();
      if (tokens.group(1) != null) {
        palette[number(tokens, 1)] =
            percent(tokens, 2) << 16 | percent(tokens, 3) << 8 | percent(tokens, 4);
      } else if (tokens.group(5) != null) {
        color = number(tokens, 5);
      } else if (tokens.group(9) != null) {
        x = 0;
      } else if (tokens.group(10) != null) {
        x = 0;
        y += 6;
      } else {
        int count = tokens.group(6) == null ? 1 : number(tokens, 6);
        int bits = (tokens.group(6) == null ? tokens.group(8) : tokens.group(7)).charAt(0) - '?';
        for (int i = 0; i < count; i++, x++) {
          for (int row = 0; row < 6; row++) {
            if ((bits >> row & 1) != 0) {
              shown[(y + row) * 50 + x] = palette[color];
            }
          }
        }
      }
    }
    assertEquals(whole.group(1).length(), end);
    for (int row = 0; row < 20; row++) {
      for (int column = 0; column < 50; column++) {
        assertEquals(raster.pixel(column, row), shown[row * 50 + column], row + "," + column);
      }
    }
  }

  private static int number(Matcher tokens, int group) {
    return Integer.parseInt(tokens.group(group));
  }

  private static int percent(Matcher tokens, int group) {
    return number(tokens, group) * 255 / 100;
  }

  @ParameterizedTest
  @CsvSource({
    "'',BLOCKS",
    "ESC[?62;22c,BLOCKS",
    "ESC[?64;14;24c,BLOCKS",
    "ESC[?62;4;22c,SIXEL",
    "ESC_Gi=31;OKESC\\ESC[?62;4c,KITTY",
    "ESC_Gi=31;EINVALESC\\ESC[?62c,BLOCKS",
  })
  void aTerminalSaysWhatItCan(String answer, Graphics expected) {
    assertEquals(expected, Terminal.graphicsOf(answer.replace("ESC", "\u001b")));
  }

  @Test
  void aPictureLeavesRoomForItsLine() {
    assertEquals(80, Graphics.BLOCKS.maxWidth(200));
    assertEquals(40, Graphics.BLOCKS.maxWidth(40));
    assertEquals(44, Graphics.BLOCKS.maxHeight(24));
    assertEquals(2, Graphics.BLOCKS.maxHeight(1));
    assertEquals(480, Graphics.SIXEL.maxWidth(80));
    assertEquals(352, Graphics.KITTY.maxHeight(24));
  }
}
