package dev.segue.bytes;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(Layout.class)
record BytesInputStreamTest(Layout layout) {

  @Test
  void readsByteByByteToTheEnd() throws IOException {
    for (byte[] content : Content.all()) {
      try (InputStream stream = layout.of(content).asInputStream()) {
        for (int i = 0; i < content.length; i++) {
          assertEquals(content.length - i, stream.available());
          assertEquals(content[i] & 0xFF, stream.read());
        }
        assertEquals(0, stream.available());
        assertEquals(-1, stream.read());
        assertEquals(-1, stream.read());
        assertEquals(-1, stream.read(new byte[3]));
        assertEquals(0, stream.read(new byte[0]));
      }
    }
  }

  @Test
  void readsBlocksAsAByteArrayInputStreamDoes() throws IOException {
    for (byte[] content : Content.all()) {
      InputStream oracle = new ByteArrayInputStream(content);
      InputStream stream = layout.of(content).asInputStream();
      int read;
      do {
        byte[] expected = new byte[20];
        byte[] actual = new byte[20];
        read = oracle.read(expected, 3, 13);
        assertEquals(read, stream.read(actual, 3, 13));
        assertArrayEquals(expected, actual);
      } while (read > 0);
    }
  }

  @Test
  void aBlockOutOfBoundsIsRejected() {
    InputStream stream = layout.of(Content.random(8)).asInputStream();
    assertThrows(IndexOutOfBoundsException.class, () -> stream.read(new byte[3], 1, 3));
    assertThrows(IndexOutOfBoundsException.class, () -> stream.read(new byte[3], -1, 1));
    assertThrows(IndexOutOfBoundsException.class, () -> stream.read(new byte[3], 0, -1));
  }

  @Test
  void skipsAtMostToTheEnd() throws IOException {
    byte[] content = Content.random(64);
    InputStream stream = layout.of(content).asInputStream();
    assertEquals(0, stream.skip(-1));
    assertEquals(0, stream.skip(0));
    assertEquals(10, stream.skip(10));
    assertEquals(content[10] & 0xFF, stream.read());
    assertEquals(53, stream.skip(Long.MAX_VALUE));
    assertEquals(0, stream.skip(1));
    assertEquals(-1, stream.read());
  }

  @Test
  void resetGoesBackToTheMarkOrToTheStart() throws IOException {
    byte[] content = Content.random(64);
    InputStream stream = layout.of(content).asInputStream();
    assertTrue(stream.markSupported());
    stream.skipNBytes(40);
    stream.reset();
    assertEquals(content[0] & 0xFF, stream.read());
    stream.skipNBytes(19);
    stream.mark(1);
    stream.skipNBytes(44);
    assertEquals(-1, stream.read());
    stream.reset();
    assertEquals(content[20] & 0xFF, stream.read());
    stream.reset();
    assertEquals(44, stream.available());
  }

  @Test
  void transfersAllOfIt() throws IOException {
    byte[] content = Content.random(4097);
    ByteArrayOutputStream target = new ByteArrayOutputStream();
    assertEquals(4097, layout.of(content).asInputStream().transferTo(target));
    assertArrayEquals(content, target.toByteArray());
  }
}
