package dev.segue.tensor;

import dev.segue.bytes.SegmentedBytes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the JSON of a safetensors header: exactly the shape that it has, nothing else. */
final class SafetensorsHeader extends HeaderText {
  /** The name that is not a tensor's. */
  static final String METADATA = "__metadata__";

  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private @Nullable Map<String, String> metadata;

  /** A whole header. */
  record Parsed(Map<String, Entry> entries, Map<String, String> metadata) {}

  /** One tensor's description. */
  record Entry(ElementType type, List<Long> shape, long begin, long end) {
    long byteSize() {
      return end - begin;
    }

    Tensor of(SegmentedBytes elements) {
      return Tensor.of(type, dimensions(), elements);
    }

    private long[] dimensions() {
      return shape.stream().mapToLong(Long::longValue).toArray();
    }

    /**
     * Checks that its elements have the place that its shape asks for.
     *
     * @throws IllegalArgumentException if it is another
     * @throws ArithmeticException if no number says how large it would be
     */
    void check() {
      Tensor.checkByteSize(type, dimensions(), byteSize());
    }
  }

  private SafetensorsHeader(String text) {
    super(text);
  }

  static Parsed parse(SegmentedBytes json) throws TensorFormatException {
    SafetensorsHeader header = new SafetensorsHeader(EncodedName.decoded("safetensors", json));
    header.readAll();
    if (!header.isAtEnd()) {
      throw header.bad("something follows the header");
    }
    Map<String, String> metadata = header.metadata;
    return new Parsed(header.entries, metadata == null ? Map.of() : metadata);
  }

  private void readAll() throws TensorFormatException {
    expect('{');
    for (boolean more = !takes('}'); more; more = more()) {
      String name = string();
      expect(':');
      if (name.equals(METADATA)) {
        if (metadata != null) {
          throw bad("it has " + METADATA + " twice");
        }
        metadata = metadata();
      } else if (entries.put(name, entry()) != null) {
        throw bad("two tensors are named " + Excerpt.of(name));
      }
    }
  }

  private boolean more() throws TensorFormatException {
    if (takes(',')) {
      return true;
    }
    expect('}');
    return false;
  }

  private Map<String, String> metadata() throws TensorFormatException {
    Map<String, String> all = new LinkedHashMap<>();
    expect('{');
    for (boolean more = !takes('}'); more; more = more()) {
      String key = string();
      expect(':');
      if (all.put(key, string()) != null) {
        throw bad(METADATA + " has " + Excerpt.of(key) + " twice");
      }
    }
    return Collections.unmodifiableMap(all);
  }

  private Entry entry() throws TensorFormatException {
    @Nullable ElementType type = null;
    @Nullable List<Long> shape = null;
    @Nullable List<Long> offsets = null;
    expect('{');
    for (boolean more = !takes('}'); more; more = more()) {
      String name = string();
      expect(':');
      switch (name) {
        case "dtype" -> type = ElementType.ofSafetensors(string());
        case "shape" -> shape = numbers();
        case "data_offsets" -> offsets = numbers();
        default -> throw bad("a tensor has " + Excerpt.of(name));
      }
    }
    if (type == null || shape == null || offsets == null || offsets.size() != 2) {
      throw bad("a tensor lacks dtype, shape or data_offsets");
    }
    return new Entry(type, shape, offsets.get(0), offsets.get(1));
  }

  private List<Long> numbers() throws TensorFormatException {
    List<Long> numbers = new ArrayList<>();
    expect('[');
    if (!takes(']')) {
      do {
        numbers.add(number());
      } while (takes(','));
      expect(']');
    }
    return numbers;
  }

  private String string() throws TensorFormatException {
    expect('"');
    StringBuilder string = new StringBuilder();
    while (true) {
      char c = next();
      if (c == '"') {
        return string.toString();
      }
      if (c < ' ') {
        throw bad("a control character in a string");
      }
      string.append(c == '\\' ? escaped() : c);
    }
  }

  private char escaped() throws TensorFormatException {
    char c = next();
    return switch (c) {
      case '"', '\\', '/' -> c;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> {
        int code = 0;
        for (int i = 0; i < 4; i++) {
          char hex = next();
          int digit = hex < 0x80 ? Character.digit(hex, 16) : -1;
          if (digit < 0) {
            throw bad("an escape is none");
          }
          code = code << 4 | digit;
        }
        yield (char) code;
      }
      default -> throw bad("an escape is none");
    };
  }

  @Override
  TensorFormatException bad(String what) {
    return new TensorFormatException("safetensors: header at character " + at() + ": " + what);
  }

  /** Writes a string as JSON. */
  static void quote(String string, StringBuilder to) {
    to.append('"');
    for (int i = 0; i < string.length(); i++) {
      char c = string.charAt(i);
      if (c == '"' || c == '\\') {
        to.append('\\').append(c);
      } else if (c < ' ') {
        to.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        to.append(c);
      }
    }
    to.append('"');
  }
}
