package dev.segue.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads {@code application/vnd.segue.frames} as docs/gateway.md says it. */
final class Frames {
  private final InputStream in;

  Frames(InputStream in) {
    this.in = in;
  }

  record Frame(String metadata, long payloadByteSize, int firstByte) {
    long number(String name) {
      Matcher found = Pattern.compile("\"" + name + "\":(\\d+)").matcher(metadata);
      assertEquals(true, found.find(), metadata);
      return Long.parseLong(found.group(1));
    }
  }

  /** The next one that is no heartbeat. */
  Frame next() throws IOException {
    while (true) {
      ByteBuffer header = ByteBuffer.wrap(in.readNBytes(16)).order(ByteOrder.LITTLE_ENDIAN);
      int metadataByteSize = header.getInt();
      int flags = header.getInt();
      long payloadByteSize = header.getLong();
      assertEquals(0, metadataByteSize % 8);
      String metadata = new String(in.readNBytes(metadataByteSize), StandardCharsets.UTF_8);
      byte[] payload = in.readNBytes((int) payloadByteSize);
      assertEquals(payloadByteSize, payload.length);
      if (flags == 0) {
        return new Frame(metadata.strip(), payloadByteSize, payload.length == 0 ? -1 : payload[0]);
      }
      assertEquals(1, flags);
      assertEquals(0, metadataByteSize + payloadByteSize);
    }
  }
}
