package dev.segue.capnproto.compiler;

import java.util.ArrayList;
import java.util.List;

/**
 * Places the fields of structs, as Cap'n Proto defines it: in the order of their ordinals, each in
 * the smallest hole that fits; the members of a union share space, each with holes of its own.
 * Offsets are in units of the field's size.
 */
final class StructLayout {
  private StructLayout() {}

  /** A layout that releases before 0.6 of Cap'n Proto got wrong, which none may change. */
  static final class AmbiguousLayoutException extends RuntimeException {
    private static final long serialVersionUID = 1;

    AmbiguousLayoutException() {
      super("old compilers laid it out with fields that overlap", null, false, false);
    }
  }

  /** Takes the fields. */
  sealed interface Area {
    /** Adds a field of no size. */
    void addVoid();

    /** Adds a field of 2^{@code lgSize} bits, and returns its offset. */
    int addData(int lgSize);

    /** Adds a pointer, and returns its index. */
    int addPointer();

    /** Widens a field to 2^{@code factor} times its size, if the space behind it is unused. */
    boolean widen(int lgSize, int offset, int factor);
  }

  /** The struct itself. */
  static final class Top implements Area {
    private final Holes holes = new Holes();
    private int dataWordCount;
    private int pointerCount;

    int dataWordCount() {
      return dataWordCount;
    }

    int pointerCount() {
      return pointerCount;
    }

    @Override
    public void addVoid() {}

    @Override
    public int addData(int lgSize) {
      int hole = holes.take(lgSize);
      if (hole != Holes.NO_HOLE) {
        return hole;
      }
      int offset = dataWordCount++ << (6 - lgSize);
      holes.addBehind(lgSize, offset + 1);
      return offset;
    }

    @Override
    public int addPointer() {
      return pointerCount++;
    }

    @Override
    public boolean widen(int lgSize, int offset, int factor) {
      return holes.widen(lgSize, offset, factor);
    }
  }

  /** Space that the members of a union share. */
  private static final class Shared {
    private int lgSize;
    private int offset;

    Shared(int lgSize, int offset) {
      this.lgSize = lgSize;
      this.offset = offset;
    }

    boolean widen(Area area, int wanted) {
      if (wanted <= lgSize) {
        return true;
      }
      if (!area.widen(lgSize, offset, wanted - lgSize)) {
        return false;
      }
      offset >>= wanted - lgSize;
      lgSize = wanted;
      return true;
    }
  }

  /** A union: each member is a group, which a single field is in by itself. */
  static final class Union {
    private static final int LG_DISCRIMINANT = 4;

    private final Area parent;
    private final List<Shared> data = new ArrayList<>();
    private final List<Integer> pointers = new ArrayList<>();
    private int groupCount;
    private int discriminantOffset = -1;

    Union(Area parent) {
      this.parent = parent;
    }

    int discriminantOffset() {
      return discriminantOffset;
    }

    /** Places the discriminant; returns whether it wasn't placed before. */
    boolean addDiscriminant() {
      if (discriminantOffset >= 0) {
        return false;
      }
      discriminantOffset = parent.addData(LG_DISCRIMINANT);
      return true;
    }

    private void addFirstMember() {
      groupCount++;
      if (groupCount == 2) {
        addDiscriminant();
      }
    }
  }

  /** The part of shared space that one group uses. */
  private static final class Usage {
    private static final int UNUSED = -1;

    private final Holes holes = new Holes();
    private int lgUsed;

    Usage(int lgUsed) {
      this.lgUsed = lgUsed;
    }

    /** Returns the size of the smallest hole that a field fits in, or {@link Holes#NO_HOLE}. */
    int smallest(Shared shared, int lgSize) {
      if (lgUsed == UNUSED) {
        return lgSize <= shared.lgSize ? shared.lgSize : Holes.NO_HOLE;
      }
      if (lgSize >= lgUsed) {
        // Using twice the field's size makes its second half free.
        return lgSize < shared.lgSize ? lgSize : Holes.NO_HOLE;
      }
      int hole = holes.smallest(lgSize);
      if (hole != Holes.NO_HOLE) {
        return hole;
      }
      return lgUsed < shared.lgSize ? lgUsed : Holes.NO_HOLE;
    }

    int take(Shared shared, int lgSize) {
      int within;
      if (lgUsed == UNUSED) {
        within = 0;
        lgUsed = lgSize;
      } else if (lgSize >= lgUsed) {
        holes.addBehind(lgUsed, 1, lgSize);
        lgUsed = lgSize + 1;
        within = 1;
      } else {
        within = holes.take(lgSize);
        if (within == Holes.NO_HOLE) {
          within = 1 << (lgUsed - lgSize);
          holes.addBehind(lgSize, within + 1, lgUsed);
          lgUsed++;
        }
      }
      return (shared.offset << (shared.lgSize - lgSize)) + within;
    }

    /** Takes space by making the shared space larger; returns {@link Holes#NO_HOLE} if it can't. */
    int takeByWidening(Area area, Shared shared, int lgSize) {
      if (lgUsed == UNUSED) {
        if (!shared.widen(area, lgSize)) {
          return Holes.NO_HOLE;
        }
        lgUsed = lgSize;
        return shared.offset << (shared.lgSize - lgSize);
      }
      int wanted = Math.max(lgUsed, lgSize) + 1;
      if (wanted > shared.lgSize && !shared.widen(area, wanted)) {
        return Holes.NO_HOLE;
      }
      holes.addBehind(lgUsed, 1, wanted);
      lgUsed = wanted;
      return (shared.offset << (shared.lgSize - lgSize)) + holes.take(lgSize);
    }

    boolean widen(Area area, Shared shared, int lgSize, int offset, int factor) {
      if (offset != 0 || lgUsed != lgSize) {
        return holes.widen(lgSize, offset, factor);
      }
      int wanted = lgSize + factor;
      if (wanted > shared.lgSize && !shared.widen(area, wanted)) {
        return false;
      }
      throw new AmbiguousLayoutException();
    }
  }

  /** A member of a union. */
  static final class Group implements Area {
    private final Union union;
    private final List<Usage> usages = new ArrayList<>();
    private int pointerUsage;
    private boolean hasMembers;

    Group(Union union) {
      this.union = union;
    }

    private void addMember() {
      if (!hasMembers) {
        hasMembers = true;
        union.addFirstMember();
      }
    }

    @Override
    public void addVoid() {
      addMember();
      // An outer union must know of it, since its second member brings its discriminant.
      union.parent.addVoid();
    }

    @Override
    public int addData(int lgSize) {
      addMember();
      int best = -1;
      int bestSize = Integer.MAX_VALUE;
      for (int i = 0; i < union.data.size(); i++) {
        if (usages.size() == i) {
          usages.add(new Usage(Usage.UNUSED));
        }
        int size = usages.get(i).smallest(union.data.get(i), lgSize);
        if (size != Holes.NO_HOLE && size < bestSize) {
          bestSize = size;
          best = i;
        }
      }
      if (best >= 0) {
        return usages.get(best).take(union.data.get(best), lgSize);
      }
      for (int i = 0; i < union.data.size(); i++) {
        int offset = usages.get(i).takeByWidening(union.parent, union.data.get(i), lgSize);
        if (offset != Holes.NO_HOLE) {
          return offset;
        }
      }
      int offset = union.parent.addData(lgSize);
      union.data.add(new Shared(lgSize, offset));
      usages.add(new Usage(lgSize));
      return offset;
    }

    @Override
    public int addPointer() {
      addMember();
      if (pointerUsage == union.pointers.size()) {
        union.pointers.add(union.parent.addPointer());
      }
      return union.pointers.get(pointerUsage++);
    }

    @Override
    public boolean widen(int lgSize, int offset, int factor) {
      boolean impossible = lgSize + factor > 6 || (offset & (1 << factor) - 1) != 0;
      for (int i = 0; i < usages.size(); i++) {
        Shared shared = union.data.get(i);
        if (shared.lgSize >= lgSize && offset >> (shared.lgSize - lgSize) == shared.offset) {
          int within = offset - (shared.offset << (shared.lgSize - lgSize));
          boolean widened = usages.get(i).widen(union.parent, shared, lgSize, within, factor);
          if (impossible && widened) {
            throw new AmbiguousLayoutException();
          }
          return widened;
        }
      }
      throw new IllegalStateException("a field that was never placed is to be widened");
    }
  }
}
