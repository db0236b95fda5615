package dev.segue.capnproto.compiler;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Requests as text that is equal for requests of equal meaning: every bit counts, order doesn't.
 */
final class Canonical {
  private Canonical() {}

  /** Fails with the lines that differ. */
  static void assertEqual(byte[] expected, byte[] found) throws WireException {
    Map<String, String> theirs = request(expected);
    Map<String, String> ours = request(found);
    StringBuilder differences = new StringBuilder();
    Set<String> names = new TreeSet<>(theirs.keySet());
    names.addAll(ours.keySet());
    for (String name : names) {
      if (!Objects.equals(theirs.get(name), ours.get(name))) {
        differences.append(name).append("\n  expected: ").append(theirs.get(name));
        differences.append("\n  found:    ").append(ours.get(name)).append('\n');
      }
    }
    assertEquals("", differences.toString());
  }

  /** Returns a line for each node, comment and file, sorted by what it is of. */
  private static Map<String, String> request(byte[] message) throws WireException {
    Wire.Struct root = WireReader.readRoot(message);
    Map<String, String> lines = new TreeMap<>();
    for (int list : new int[] {0, 1, 3}) {
      if (root.pointer(list) instanceof Wire.Structs structs) {
        for (Wire.Struct element : structs.elements()) {
          String id = Long.toHexString(element.int64(0));
          // The C++ compiler has one entry without an id for the structs of all methods.
          if (element.int64(0) == 0) {
            continue;
          }
          lines.put(
              (list == 0 ? "node" : list == 1 ? "file" : "comments")
                  + " "
                  + id
                  + " "
                  + (list == 3 ? "" : Blobs.string(element.pointer(0))),
              // A list without an element says no more than none.
              list == 3 ? text(element).replace(" null {})", ")") : text(element));
        }
      }
    }
    return lines;
  }

  static String text(Wire wire) {
    StringBuilder text = new StringBuilder();
    append(wire, text);
    return text.toString();
  }

  private static void append(@Nullable Wire wire, StringBuilder text) {
    if (wire instanceof Wire.Struct struct) {
      int words = struct.dataWordCount();
      while (words > 0 && struct.int64(8 * (words - 1)) == 0) {
        words--;
      }
      text.append('(').append(HexFormat.of().formatHex(struct.data(), 0, words * 8));
      int pointers = struct.pointerCount();
      while (pointers > 0 && struct.pointer(pointers - 1) == null) {
        pointers--;
      }
      for (int i = 0; i < pointers; i++) {
        text.append(' ');
        append(struct.pointer(i), text);
      }
      text.append(')');
    } else if (wire instanceof Wire.Scalars list) {
      byte[] data = list.data();
      boolean isText = list.elementSize() == Wire.BYTE && list.count() > 0;
      for (int i = 0; isText && i < data.length - 1; i++) {
        isText = data[i] >= ' ' && data[i] < 0x7f;
      }
      text.append('<').append(list.elementSize()).append(' ').append(list.count()).append(' ');
      text.append(
          isText
              ? new String(data, java.nio.charset.StandardCharsets.US_ASCII).replace("\0", "$")
              : HexFormat.of().formatHex(data));
      text.append('>');
    } else if (wire instanceof Wire.Pointers list) {
      text.append('[');
      for (int i = 0; i < list.count(); i++) {
        append(list.element(i), text);
      }
      text.append(']');
    } else if (wire instanceof Wire.Structs list) {
      text.append('{');
      list.elements().forEach(element -> append(element, text));
      text.append('}');
    } else {
      text.append(wire);
    }
  }
}
