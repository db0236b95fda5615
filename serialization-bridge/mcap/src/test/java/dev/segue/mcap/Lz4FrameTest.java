package dev.segue.mcap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** LZ4 frames as others write them, as nobody may, and our own. */
@Timeout(60)
class Lz4FrameTest {
  /** {@code b"abcd" * 300} by Python's lz4 4.4.5: both checksums, its size, linked blocks. */
  private static final String OF_OTHERS =
      "04224d187c40b00400000000000071120000004f616263640400ffffffff98506461626364ff457eae"
          + "0000000088adb350";

  private static final String MAGIC = "04224d18";

  /** Version 1, linked blocks, no checksums. */
  private static final String HEAD = MAGIC + "404000";

  private static final String END = "00000000";
  private static final int BLOCK = 4 << 20;

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  private static byte[] decompress(byte[] frame, int byteSize) throws McapFormatException {
    byte[] to = new byte[byteSize];
    Lz4Frame.decompress("a chunk", MemorySegment.ofArray(frame), MemorySegment.ofArray(to));
    return to;
  }

  private static String text(String frame, int byteSize) throws McapFormatException {
    return new String(decompress(bytes(frame), byteSize), StandardCharsets.UTF_8);
  }

  private static void assertRefused(String why, String frame, int byteSize) {
    McapFormatException refused =
        assertThrows(McapFormatException.class, () -> text(frame, byteSize), frame);
    String message = String.valueOf(refused.getMessage());
    assertTrue(message.contains(why), message);
    assertTrue(message.startsWith("a chunk: LZ4 frame: "), message);
  }

  /** A block with its length, as it is or compressed. */
  private static String block(boolean isStored, String content) {
    int byteSize = content.length() / 2;
    int head = Integer.reverseBytes(byteSize | (isStored ? 1 << 31 : 0));
    return HexFormat.of().toHexDigits(head) + content;
  }

  private static String hex(String text) {
    return HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void framesOfOthersAreRead() throws Exception {
    assertEquals("abcd".repeat(300), text(OF_OTHERS, 1200));
    for (int i = 0; i < OF_OTHERS.length(); i += 2) {
      String cut = OF_OTHERS.substring(0, i);
      assertThrows(McapFormatException.class, () -> text(cut, 1200), cut);
    }
    assertRefused("it has byteSize=1200, the chunk says 1201", OF_OTHERS, 1201);
    assertRefused("it ends too early", OF_OTHERS, 1199);
  }

  @Test
  void whatSaysThatItIsAnotherFormatIsRefused() throws Exception {
    String blocks = block(true, hex("xyz")) + END;
    assertEquals("xyz", text(HEAD + blocks, 3));
    assertRefused("magic", "05224d18" + "404000" + blocks, 3);
    for (String flags : new String[] {"00", "80", "c0"}) {
      assertRefused("only version 1", MAGIC + flags + "4000" + blocks, 3);
    }
    assertRefused("flags=65", MAGIC + "4140" + "11223344" + "00" + blocks, 3);
  }

  @Test
  void blocksAreStoredOrLinked() throws Exception {
    String first = block(true, hex("0123456789"));
    // No literals and five of ten bytes before; then one literal.
    String linked = block(false, "01" + "0a00" + "10" + hex("x"));
    assertEquals("0123456789" + "01234" + "x", text(HEAD + first + linked + END, 16));
    String checked = MAGIC + "504000" + first + "aabbccdd" + linked + "aabbccdd" + END;
    assertEquals("0123456789" + "01234" + "x", text(checked, 16));
    assertRefused(
        "distance=11 at byteOffset=10",
        HEAD + first + block(false, "01" + "0b00" + "10" + hex("x")) + END,
        16);
    assertRefused(
        "distance=0 at byteOffset=10",
        HEAD + first + block(false, "01" + "0000" + "10" + hex("x")) + END,
        16);
    assertRefused("it ends too early", HEAD + block(true, hex("0123456789")).substring(0, 20), 10);
    assertRefused("it ends too early", HEAD + "ffffffff" + hex("0123") + END, 4);
  }

  /** What overlaps itself repeats, whatever both lengths are. */
  @Test
  void matchesRepeatWhatIsBeforeThem() throws Exception {
    String alphabet = "abcdefghijklmnopqrstuvwxyz";
    for (int distance = 1; distance <= alphabet.length(); distance++) {
      for (int count : new int[] {4, 5, 18, 19, 20, 273, 274, 275, 528, 529, 1000}) {
        String literals = lengthened("f", alphabet.length() - 15);
        String matched = count - 4 < 15 ? null : lengthened("", count - 4 - 15);
        String token = "f" + (matched == null ? Integer.toHexString(count - 4) : "f");
        String content =
            token
                + literals.substring(1)
                + hex(alphabet)
                + HexFormat.of().toHexDigits(Short.reverseBytes((short) distance))
                + (matched == null ? "" : matched)
                + "00";
        StringBuilder expected = new StringBuilder(alphabet);
        for (int i = 0; i < count; i++) {
          expected.append(expected.charAt(expected.length() - distance));
        }
        assertEquals(
            expected.toString(),
            text(HEAD + block(false, content) + END, alphabet.length() + count),
            "distance=" + distance + " count=" + count);
      }
    }
  }

  /** A length beyond what its half of the token says: 255 as often as it fits, and the rest. */
  private static String lengthened(String before, int more) {
    return before + "ff".repeat(more / 255) + HexFormat.of().toHexDigits((byte) (more % 255));
  }

  @Test
  void ourFramesAreReadAndNeverLargerThanSaid() throws Exception {
    SplittableRandom random = new SplittableRandom(1);
    for (int byteSize :
        new int[] {0, 1, 12, 13, 1000, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 5}) {
      byte[] noise = new byte[byteSize];
      random.nextBytes(noise);
      byte[] same = new byte[byteSize];
      Arrays.fill(same, (byte) 7);
      long ofNoise = compressed(noise);
      long ofSame = compressed(same);
      if (byteSize > 100) {
        assertEquals(7L + 4L * Math.ceilDiv(byteSize, BLOCK) + byteSize + 4, ofNoise);
        assertTrue(ofSame < 40 + byteSize / 200, () -> "byteSize=" + byteSize + " " + ofSame);
      }
    }
  }

  /** Returns how large its frame is, which is read again. */
  private static long compressed(byte[] content) throws McapFormatException {
    // Exactly as much memory as is said to be enough.
    MemorySegment to = MemorySegment.ofArray(new byte[(int) Lz4Frame.largest(content.length)]);
    long count = Lz4Frame.compress(MemorySegment.ofArray(content), to);
    byte[] frame = to.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE);
    assertArrayEquals(content, decompress(frame, content.length));
    // Version 1, independent blocks of up to 4 MiB.
    assertEquals(MAGIC + "6070" + "73", HexFormat.of().formatHex(frame, 0, 7));
    byte[] cut = Arrays.copyOf(frame, frame.length - 1);
    assertThrows(McapFormatException.class, () -> decompress(cut, content.length));
    return count;
  }

  @Test
  void checksumsOfFewBytesAreThoseOfXxHash() {
    assertEquals(0x02CC5D05, checksum(""));
    assertEquals(0x550D7456, checksum(hex("a")));
    assertEquals(0x32D153FF, checksum(hex("abc")));
    // Descriptors of frames by Python's lz4: the byte behind each is the second of its checksum.
    for (String head :
        new String[] {
          "6440a7",
          "6840ca03000000000000a8",
          "684050460000000000" + "0074",
          "7c40ca030000000000006b",
          "7c405046000000000000ae",
          "7c40b00400000000000071"
        }) {
      String descriptor = head.substring(0, head.length() - 2);
      String second = head.substring(head.length() - 2);
      assertEquals(Integer.parseInt(second, 16), checksum(descriptor) >>> 8 & 0xFF, head);
    }
    byte[] within = bytes("00" + hex("abc") + "00");
    assertEquals(0x32D153FF, Xxh32.ofFew(within, 1, 3));
  }

  private static int checksum(String hex) {
    byte[] bytes = bytes(hex);
    return Xxh32.ofFew(bytes, 0, bytes.length);
  }
}
