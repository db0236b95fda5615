package dev.segue.recording;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.segue.mcap.McapChannel;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A channel in full, as the private record of a sample has it that is in {@code segue/other}: lines
 * with zeros in between, in UTF-8.
 *
 * <pre>
 *   zenoh.key_length=B  key=…  zenoh.encoding=…  zenoh.congestion_control=…  zenoh.express=…
 *   zenoh.kind=…  zenoh.priority=…  zenoh.reliability=…
 * </pre>
 *
 * <p>Keys and encodings are whatever a publisher says, zeros and lines such as these included. So
 * the key is as many bytes as its length says, the last five lines are the last of their names, and
 * the encoding is what is between. Recordings of before have no length, and the congestion control
 * between the key and the encoding.
 */
final class ChannelLines {
  private static final String KEY_LENGTH = "zenoh.key_length=";
  private static final String KEY = "key=";
  private static final List<String> LAST =
      List.of(
          SampleChannel.CONGESTION_CONTROL,
          SampleChannel.EXPRESS,
          SampleChannel.KIND,
          SampleChannel.PRIORITY,
          SampleChannel.RELIABILITY);

  private final byte[] bytes;
  private final Map<String, String> values = new HashMap<>();

  /** The text that is not read yet: its end is taken off line by line. */
  private String text;

  private ChannelLines(byte[] bytes) {
    this.bytes = bytes;
    this.text = new String(bytes, UTF_8);
  }

  static byte[] of(String key, Map<String, String> metadata) {
    StringBuilder lines = new StringBuilder();
    lines.append(KEY_LENGTH).append(key.getBytes(UTF_8).length);
    lines.append('\0').append(KEY).append(key);
    lines.append(begin(SampleChannel.ENCODING)).append(metadata.get(SampleChannel.ENCODING));
    LAST.forEach(name -> lines.append(begin(name)).append(metadata.get(name)));
    return lines.toString().getBytes(UTF_8);
  }

  private static String begin(String name) {
    return '\0' + name + '=';
  }

  /**
   * Reads them as a channel without an id.
   *
   * @throws IOException if no recorder writes such ones
   */
  static McapChannel read(byte[] bytes) throws IOException {
    return new ChannelLines(bytes).read();
  }

  private McapChannel read() throws IOException {
    boolean isOld = text.startsWith(KEY);
    for (String name : LAST.subList(isOld ? 1 : 0, LAST.size()).reversed()) {
      take(name, text.lastIndexOf(begin(name)));
    }
    String key;
    if (isOld) {
      int end = text.indexOf(begin(SampleChannel.CONGESTION_CONTROL));
      take(SampleChannel.ENCODING, text.indexOf(begin(SampleChannel.ENCODING), Math.max(0, end)));
      take(SampleChannel.CONGESTION_CONTROL, end);
      key = text.substring(KEY.length());
    } else {
      key = keyOfLength();
    }
    return new McapChannel(0, 0, key, "", values);
  }

  /** Takes the line that begins at a place, and all behind it. */
  private void take(String name, int at) throws IOException {
    if (at < 0) {
      throw notWritten(name);
    }
    values.put(name, text.substring(at + begin(name).length()));
    text = text.substring(0, at);
  }

  private String keyOfLength() throws IOException {
    String begin = '\0' + KEY;
    int at = text.indexOf(begin);
    int from = at + begin.length();
    if (at < 0 || !text.startsWith(KEY_LENGTH)) {
      throw notWritten(KEY);
    }
    int byteSize;
    try {
      byteSize = Integer.parseInt(text.substring(KEY_LENGTH.length(), at));
    } catch (NumberFormatException e) {
      throw notWritten(KEY_LENGTH);
    }
    if (byteSize < 0 || byteSize > bytes.length - from) {
      throw notWritten(KEY_LENGTH);
    }
    String key = new String(bytes, from, byteSize, UTF_8);
    int end = from + key.length();
    if (!text.startsWith(key + begin(SampleChannel.ENCODING), from)) {
      throw notWritten(KEY_LENGTH);
    }
    take(SampleChannel.ENCODING, end);
    return key;
  }

  private IOException notWritten(String name) {
    return new IOException(
        "recorded sample: its channel of byteSize=" + bytes.length + " has no right " + name);
  }
}
