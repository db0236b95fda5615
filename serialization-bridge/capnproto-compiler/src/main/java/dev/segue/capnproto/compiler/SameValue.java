package dev.segue.capnproto.compiler;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Compares values as readers see them: structs may have grown, and an empty list or struct is none.
 */
final class SameValue {
  private SameValue() {}

  static boolean of(Value one, Value other) {
    return one.bits() == other.bits() && of(pointer(one), pointer(other));
  }

  /** An empty text has its zero byte. */
  private static @Nullable Wire pointer(Value value) {
    boolean isEmptyText =
        value.tag() == Type.Simple.TEXT.tag()
            && value.pointer() instanceof Wire.Scalars list
            && list.count() == 1;
    return isEmptyText ? null : value.pointer();
  }

  private static boolean of(@Nullable Wire one, @Nullable Wire other) {
    if (one == null || other == null || isEmpty(one) || isEmpty(other)) {
      return isEmpty(one) && isEmpty(other);
    }
    if (one instanceof Wire.Struct left && other instanceof Wire.Struct right) {
      return of(left, right);
    }
    if (one instanceof Wire.Scalars left && other instanceof Wire.Scalars right) {
      return left.elementSize() == right.elementSize()
          && left.count() == right.count()
          && Arrays.equals(left.data(), right.data());
    }
    if (one instanceof Wire.Pointers left && other instanceof Wire.Pointers right) {
      boolean same = left.count() == right.count();
      for (int i = 0; same && i < left.count(); i++) {
        same = of(left.element(i), right.element(i));
      }
      return same;
    }
    if (one instanceof Wire.Structs left && other instanceof Wire.Structs right) {
      boolean same = left.elements().size() == right.elements().size();
      for (int i = 0; same && i < left.elements().size(); i++) {
        same = of(left.elements().get(i), right.elements().get(i));
      }
      return same;
    }
    return one instanceof Wire.Capability && one.equals(other);
  }

  private static boolean of(Wire.Struct left, Wire.Struct right) {
    for (int i = 0; i < Math.max(left.dataWordCount(), right.dataWordCount()); i++) {
      if (left.int64(8 * i) != right.int64(8 * i)) {
        return false;
      }
    }
    for (int i = 0; i < Math.max(left.pointerCount(), right.pointerCount()); i++) {
      if (!of(left.pointer(i), right.pointer(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isEmpty(@Nullable Wire wire) {
    if (wire instanceof Wire.Struct struct) {
      return isZero(struct);
    }
    if (wire instanceof Wire.Scalars list) {
      return list.count() == 0;
    }
    if (wire instanceof Wire.Pointers list) {
      return list.count() == 0;
    }
    return wire instanceof Wire.Structs list ? list.elements().isEmpty() : wire == null;
  }

  private static boolean isZero(Wire.Struct struct) {
    for (int i = 0; i < struct.dataWordCount(); i++) {
      if (struct.int64(8 * i) != 0) {
        return false;
      }
    }
    for (int i = 0; i < struct.pointerCount(); i++) {
      if (!isEmpty(struct.pointer(i))) {
        return false;
      }
    }
    return true;
  }
}
