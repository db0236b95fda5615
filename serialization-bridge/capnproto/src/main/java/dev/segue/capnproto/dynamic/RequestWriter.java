package dev.segue.capnproto.dynamic;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes declarations as a {@code CodeGeneratorRequest}, each as it was encoded. */
final class RequestWriter {
  private final WordBuilder words = new WordBuilder();

  private RequestWriter() {}

  /** A request with these nodes and no requested file; a message in the stream framing. */
  static byte[] request(List<StructAt> nodes) {
    RequestWriter writer = new RequestWriter();
    int root = writer.words.allocate(1);
    // CodeGeneratorRequest: nodes, requestedFiles, capnpVersion, sourceInfo.
    int request = writer.words.allocate(4);
    writer.words.structPointer(root, request, 0, 4);
    writer.structs(request, nodes);
    return writer.words.framed();
  }

  private void structs(int pointer, List<StructAt> elements) {
    int dataWordCount = elements.stream().mapToInt(StructAt::dataWordCount).max().orElse(0);
    int pointerCount = elements.stream().mapToInt(StructAt::pointerCount).max().orElse(0);
    int step = dataWordCount + pointerCount;
    int tag = words.allocate(1L + (long) step * elements.size());
    words.listPointer(pointer, tag, ListAt.COMPOSITE, step * elements.size());
    words.tag(tag, elements.size(), dataWordCount, pointerCount);
    for (int i = 0; i < elements.size(); i++) {
      struct(tag + 1 + i * step, dataWordCount, elements.get(i));
    }
  }

  private void struct(int at, int dataWordCount, StructAt struct) {
    for (int i = 0; i < struct.dataWordCount(); i++) {
      words.bits(at, i, Long.SIZE, struct.bits(i, Long.SIZE));
    }
    for (int i = 0; i < struct.pointerCount(); i++) {
      int pointer = at + dataWordCount + i;
      StructAt inner = struct.kind(i) == Words.STRUCT ? struct.struct(i) : null;
      ListAt list = struct.kind(i) == Words.LIST ? struct.list(i) : null;
      copy(pointer, inner, list);
    }
  }

  private void copy(int pointer, @Nullable StructAt struct, @Nullable ListAt list) {
    if (struct != null) {
      int at = words.allocate(struct.dataWordCount() + (long) struct.pointerCount());
      words.structPointer(pointer, at, struct.dataWordCount(), struct.pointerCount());
      struct(at, struct.dataWordCount(), struct);
    } else if (list != null) {
      list(pointer, list);
    }
  }

  private void list(int pointer, ListAt list) {
    switch (list.elementSize()) {
      case ListAt.COMPOSITE -> structs(pointer, list.elements());
      case ListAt.POINTER -> {
        int at = words.allocate(list.count());
        words.listPointer(pointer, at, ListAt.POINTER, list.count());
        for (int i = 0; i < list.count(); i++) {
          int kind = list.kind(i);
          copy(
              at + i,
              kind == Words.STRUCT ? list.structAt(i) : null,
              kind == Words.LIST ? list.list(i) : null);
        }
      }
      default -> {
        byte[] bytes = list.allBytes();
        int at = words.allocate((bytes.length + 7L) / 8);
        words.bytes(at, bytes);
        words.listPointer(pointer, at, list.elementSize(), list.count());
      }
    }
  }
}
