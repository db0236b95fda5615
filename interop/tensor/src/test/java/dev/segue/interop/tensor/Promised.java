package dev.segue.interop.tensor;

import dev.segue.tensor.ElementType;
import dev.segue.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The tensor that a name promises; peer.py says how, and makes the same. */
final class Promised {
  private Promised() {}

  static String nameOf(ElementType type, long... shape) {
    String dimensions =
        Arrays.stream(shape).mapToObj(Long::toString).collect(Collectors.joining("x"));
    return type.name().toLowerCase(Locale.ROOT)
        + "-"
        + (dimensions.isEmpty() ? "scalar" : dimensions);
  }

  static Tensor tensor(Arena arena, String name) {
    String[] words = name.split(" ", 2)[0].split("-", 2);
    ElementType type = ElementType.valueOf(words[0].toUpperCase(Locale.ROOT));
    long[] shape =
        words[1].equals("scalar")
            ? new long[0]
            : Arrays.stream(words[1].split("x", -1)).mapToLong(Long::parseLong).toArray();
    long count = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    MemorySegment elements = arena.allocate(Math.max(1, count * type.byteSize()), 64);
    for (long i = 0; i < count; i++) {
      switch (type) {
        case COMPLEX64 -> {
          write(elements, 2 * i, Float.BYTES, bits(ElementType.FLOAT32, i));
          write(elements, 2 * i + 1, Float.BYTES, Float.floatToIntBits((float) (i + 1)));
        }
        case COMPLEX128 -> {
          write(elements, 2 * i, Double.BYTES, bits(ElementType.FLOAT64, i));
          write(elements, 2 * i + 1, Double.BYTES, Double.doubleToLongBits((double) (i + 1)));
        }
        default -> write(elements, i, type.byteSize(), bits(type, i));
      }
    }
    return Tensor.of(type, shape, elements.asSlice(0, count * type.byteSize()).asReadOnly());
  }

  private static void write(MemorySegment elements, long index, int byteSize, long bits) {
    for (int b = 0; b < byteSize; b++) {
      elements.set(ValueLayout.JAVA_BYTE, index * byteSize + b, (byte) (bits >> (8 * b)));
    }
  }

  private static long bits(ElementType type, long i) {
    float value = i / 4f - 3;
    return switch (type) {
      case BOOL -> i % 3 == 0 ? 1 : 0;
      case INT8, UINT8, INT16, UINT16, INT32, UINT32, INT64, UINT64 -> 37 * i + 5;
      case FLOAT16 -> Float.floatToFloat16(value);
      case BFLOAT16 -> Float.floatToIntBits(value) >>> 16;
      case FLOAT32 -> Float.floatToIntBits(value);
      case FLOAT64 -> Double.doubleToLongBits(value);
      default -> throw new IllegalArgumentException("peer.py makes none of type=" + type);
    };
  }
}
