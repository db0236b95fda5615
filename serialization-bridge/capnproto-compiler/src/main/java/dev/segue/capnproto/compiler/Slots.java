package dev.segue.capnproto.compiler;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The space that a group's fields take, without what others of them cover. */
final class Slots {
  private Slots() {}

  /**
   * A range of a struct.
   *
   * @param bits the size, 0 for a pointer
   * @param offset in units of the size, or a pointer's index
   */
  record Slot(int bits, long offset) {
    long start() {
      return offset * bits;
    }

    boolean covers(Slot other) {
      if (bits == 0 || other.bits == 0) {
        return bits == other.bits && offset == other.offset;
      }
      return start() <= other.start() && other.start() + other.bits <= start() + bits;
    }

    /** Returns the statement that sets the range to zero. */
    String clear() {
      return switch (bits) {
        case 0 -> "_clearPointerField(" + offset + ");";
        case 1 -> "_setBooleanField(" + offset + ", false);";
        case 8 -> "_setByteField(" + offset + ", (byte) 0);";
        case 16 -> "_setShortField(" + offset + ", (short) 0);";
        case 32 -> "_setIntField(" + offset + ", 0);";
        default -> "_setLongField(" + offset + ", 0L);";
      };
    }
  }

  /** Returns the ranges by position: data first, then pointers. */
  static List<Slot> of(CodeRequest request, Node group) throws SchemaException {
    List<Slot> found = new ArrayList<>();
    add(request, group, found, 0);
    found.sort(
        Comparator.comparing((Slot slot) -> slot.bits == 0)
            .thenComparingLong(slot -> slot.bits == 0 ? slot.offset : slot.start())
            .thenComparing(Comparator.comparingInt((Slot slot) -> slot.bits).reversed()));
    List<Slot> slots = new ArrayList<>();
    for (Slot slot : found) {
      if (slots.isEmpty() || !slots.get(slots.size() - 1).covers(slot)) {
        slots.add(slot);
      }
    }
    return slots;
  }

  private static void add(CodeRequest request, Node node, List<Slot> found, int depth)
      throws SchemaException {
    if (!(node.body() instanceof Node.Struct struct) || depth > 100) {
      throw new SchemaException("a request's groups contain each other: " + node.displayName());
    }
    if (struct.discriminantCount() > 0) {
      found.add(new Slot(16, struct.discriminantOffset()));
    }
    for (Node.Field field : struct.fields()) {
      if (field.isGroup()) {
        add(request, request.node(field.groupId()), found, depth + 1);
      } else if (field.type().bits() != 0) {
        found.add(new Slot(Math.max(0, field.type().bits()), field.offset()));
      }
    }
  }
}
