package dev.segue.cli.zenoh;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Lines of a text, each as it is: bytes that are not text are a fault, and so is a line without an
 * end, which would fill the memory. A line feed ends a line, with a carriage return before it or
 * without.
 *
 * <p>Owner: the caller, of the stream as well. Lifetime: that of the stream. Threads: one.
 */
final class Utf8Lines {
  private final InputStream in;
  private final String name;
  private final int maxByteSize;
  private final byte[] buffer = new byte[1 << 16];
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private int at;
  private int end;
  private long number;

  /**
   * The lines of a stream.
   *
   * @param name what errors call it
   * @param maxByteSize how long a line may be
   */
  Utf8Lines(InputStream in, String name, int maxByteSize) {
    this.in = in;
    this.name = name;
    this.maxByteSize = maxByteSize;
  }

  /**
   * The next line; empty at the end.
   *
   * @throws IOException if it can't be read, is not UTF-8 text, or is too long
   */
  Optional<String> next() throws IOException {
    number++;
    line.reset();
    boolean isAny = false;
    while (true) {
      if (at == end) {
        end = Math.max(0, in.read(buffer));
        at = 0;
        if (end == 0) {
          return isAny ? Optional.of(text()) : Optional.empty();
        }
      }
      isAny = true;
      int start = at;
      while (at < end && buffer[at] != '\n') {
        at++;
      }
      if (line.size() + (at - start) > maxByteSize) {
        throw new IOException(
            name + ", line " + number + ": it is longer than byteSize=" + maxByteSize);
      }
      line.write(buffer, start, at - start);
      if (at < end) {
        at++;
        return Optional.of(text());
      }
    }
  }

  private String text() throws IOException {
    byte[] bytes = line.toByteArray();
    int length = bytes.length;
    if (length > 0 && bytes[length - 1] == '\r') {
      length--;
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes, 0, length))
          .toString();
    } catch (CharacterCodingException e) {
      throw new IOException(
          name + ", line " + number + ": not UTF-8 text; --file publishes bytes unchanged", e);
    }
  }
}
