package dev.segue.tensor;

import dev.segue.bytes.SegmentedBytes;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** A pickle that is put together by hand. */
final class Pickle {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  Pickle() {
    op(0x80, 2);
  }

  Pickle op(int... opcodes) {
    for (int opcode : opcodes) {
      bytes.write(opcode);
    }
    return this;
  }

  Pickle int32(int value) {
    for (int i = 0; i < 4; i++) {
      bytes.write(value >> (8 * i));
    }
    return this;
  }

  Pickle raw(String latin1) {
    bytes.writeBytes(latin1.getBytes(StandardCharsets.ISO_8859_1));
    return this;
  }

  Pickle text(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    op('X').int32(utf8.length);
    bytes.writeBytes(utf8);
    return this;
  }

  Pickle global(String module, String name) {
    return op('c').raw(module + "\n" + name + "\n");
  }

  /** The storage of this name, of so many floats. */
  Pickle storage(String name, int count) {
    return op('(')
        .text("storage")
        .global("torch", "FloatStorage")
        .text(name)
        .text("cpu")
        .op('J')
        .int32(count)
        .op('t', 'Q');
  }

  SegmentedBytes bytes() {
    return SegmentedBytes.copyOf(bytes.toByteArray());
  }

  /** The checkpoint of this pickle, which ends here, and one storage. */
  SegmentedBytes file(SegmentedBytes storage) {
    Map<String, SegmentedBytes> entries = new LinkedHashMap<>();
    entries.put("a/data.pkl", op('.').bytes());
    entries.put("a/data/0", storage);
    return StoredZip.write(entries);
  }
}
