package dev.segue.cli.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class Utf8LinesTest {
  /** Gives one byte at a time, as a slow pipe does. */
  private static Utf8Lines slow(byte[] text, int maxByteSize) {
    InputStream in =
        new ByteArrayInputStream(text) {
          @Override
          public int read(byte[] target, int offset, int length) {
            return super.read(target, offset, 1);
          }
        };
    return new Utf8Lines(in, "input", maxByteSize);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static List<String> all(Utf8Lines lines) throws IOException {
    List<String> all = new ArrayList<>();
    for (Optional<String> line = lines.next(); line.isPresent(); line = lines.next()) {
      all.add(line.get());
    }
    return all;
  }

  @Test
  void eachLineIsAsItIs() throws IOException {
    byte[] text = utf8("one\n\nzwölf 🎥\r\na\rb\nlast");
    List<String> lines = List.of("one", "", "zwölf 🎥", "a\rb", "last");
    assertEquals(lines, all(slow(text, 100)));
    assertEquals(lines, all(new Utf8Lines(new ByteArrayInputStream(text), "input", 100)));
    assertEquals(List.of(), all(slow(new byte[0], 100)));
    assertEquals(List.of("a"), all(slow(utf8("a\n"), 100)));
  }

  @Test
  void bytesThatAreNoTextAreAFaultAndNotReplaced() throws IOException {
    Utf8Lines lines = slow(new byte[] {'a', '\n', 'b', (byte) 0xff, '\n'}, 100);
    assertEquals(Optional.of("a"), lines.next());
    IOException e = assertThrows(IOException.class, lines::next);
    assertEquals("input, line 2: not UTF-8 text; --file publishes bytes unchanged", e.getMessage());
  }

  @Test
  void aLineWithoutAnEndIsAFault() throws IOException {
    InputStream endless =
        new InputStream() {
          @Override
          public int read() {
            return 'x';
          }

          @Override
          public int read(byte[] target, int offset, int length) {
            Arrays.fill(target, offset, offset + length, (byte) 'x');
            return length;
          }
        };
    Utf8Lines lines = new Utf8Lines(endless, "input", 1 << 20);
    IOException e = assertThrows(IOException.class, lines::next);
    assertEquals("input, line 1: it is longer than byteSize=1048576", e.getMessage());
    assertEquals(Optional.of("xxxx"), slow(utf8("xxxx\n"), 4).next());
  }
}
