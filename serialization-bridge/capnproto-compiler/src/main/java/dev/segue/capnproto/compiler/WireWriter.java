package dev.segue.capnproto.compiler;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Encodes a tree as one segment, each target before the targets of its own pointers. */
final class WireWriter {
  private static final int MAX_WORD_COUNT = 1 << 27;

  private ByteBuffer words = allocate(1024);
  private int wordCount;
  private final Set<Wire> wanted;
  private final IdentityHashMap<Wire, Place> places = new IdentityHashMap<>();

  private WireWriter(Set<Wire> wanted) {
    this.wanted = wanted;
  }

  /** The position of a target in its segment, in words: its pointer and its first word. */
  record Place(int pointer, int body) {}

  /** A segment, and where those of its targets lie that were asked for. */
  record Segment(Bytes bytes, Map<Wire, Place> places) {}

  /** Returns a framed message. */
  static byte[] message(Wire root) {
    ByteBuffer segment = ByteBuffer.wrap(segment(root));
    int byteSize = segment.remaining();
    return allocate(byteSize / 8 + 1).putInt(0).putInt(byteSize / 8).put(segment).array();
  }

  /** Returns a segment that begins with the pointer to the root. */
  static byte[] segment(@Nullable Wire root) {
    return segment(root, Set.of()).bytes().array();
  }

  /**
   * Returns such a segment.
   *
   * @param wanted the targets whose places are asked for, by identity
   */
  static Segment segment(@Nullable Wire root, Set<Wire> wanted) {
    WireWriter writer = new WireWriter(wanted);
    writer.write(writer.reserve(1), root);
    byte[] bytes = new byte[writer.wordCount * 8];
    writer.words.get(0, bytes);
    return new Segment(new Bytes(bytes), writer.places);
  }

  private static ByteBuffer allocate(int wordCount) {
    return ByteBuffer.allocate(wordCount * 8).order(ByteOrder.LITTLE_ENDIAN);
  }

  private int reserve(long count) {
    int at = wordCount;
    if (at + count > MAX_WORD_COUNT) {
      throw new IllegalStateException(
          "a message is too large: words=" + (at + count) + " limit=" + MAX_WORD_COUNT);
    }
    wordCount += (int) count;
    if (wordCount * 8 > words.capacity()) {
      ByteBuffer larger =
          allocate(Math.max(wordCount, Math.min(words.capacity() / 4, MAX_WORD_COUNT)));
      words = larger.put(0, words, 0, at * 8);
    }
    return at;
  }

  private void put(int at, long word) {
    words.putLong(at * 8, word);
  }

  private void write(int at, @Nullable Wire target) {
    if (target != null && wanted.contains(target)) {
      places.put(target, new Place(at, wordCount));
    }
    if (target instanceof Wire.Struct struct) {
      int words = struct.dataWordCount() + struct.pointerCount();
      int body = reserve(words);
      long offset = words == 0 ? -1 : body - at - 1;
      put(at, (offset << 2 & 0xffff_ffffL) | sizes(struct.dataWordCount(), struct.pointerCount()));
      write(body, struct, struct.dataWordCount());
    } else if (target instanceof Wire.Scalars list) {
      int body = reserve((list.data().length + 7L) / 8);
      words.put(body * 8, list.data());
      put(at, listPointer(body - at - 1L, list.elementSize(), list.count()));
    } else if (target instanceof Wire.Pointers list) {
      int body = reserve(list.count());
      put(at, listPointer(body - at - 1L, Wire.POINTER, list.count()));
      for (int i = 0; i < list.count(); i++) {
        write(body + i, list.element(i));
      }
    } else if (target instanceof Wire.Structs list) {
      write(at, list.elements());
    } else if (target instanceof Wire.Capability capability) {
      put(at, capability.index() << 32 | 3);
    }
  }

  private void write(int at, List<Wire.Struct> elements) {
    int dataWordCount = elements.stream().mapToInt(Wire.Struct::dataWordCount).max().orElse(0);
    int pointerCount = elements.stream().mapToInt(Wire.Struct::pointerCount).max().orElse(0);
    int elementWordCount = dataWordCount + pointerCount;
    int tag = reserve(1 + (long) elements.size() * elementWordCount);
    put(at, listPointer(tag - at - 1L, Wire.COMPOSITE, elements.size() * elementWordCount));
    put(tag, (long) elements.size() << 2 | sizes(dataWordCount, pointerCount));
    int body = tag + 1;
    for (Wire.Struct element : elements) {
      write(body, element, dataWordCount);
      body += elementWordCount;
    }
  }

  private void write(int body, Wire.Struct struct, int dataWordCount) {
    words.put(body * 8, struct.data());
    for (int i = 0; i < struct.pointerCount(); i++) {
      write(body + dataWordCount + i, struct.pointer(i));
    }
  }

  private static long sizes(int dataWordCount, int pointerCount) {
    return (long) dataWordCount << 32 | (long) pointerCount << 48;
  }

  private static long listPointer(long offset, int elementSize, int count) {
    return (offset << 2 & 0xffff_ffffL) | 1 | (long) elementSize << 32 | (long) count << 35;
  }
}
