package dev.segue.cli.zenoh;

import dev.segue.bytes.BytesReader;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.MessageView;
import dev.segue.capnproto.schema.Frames;
import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.Printable;
import dev.segue.tensor.ElementType;
import dev.segue.tensor.Npy;
import dev.segue.tensor.Npz;
import dev.segue.tensor.Safetensors;
import dev.segue.tensor.Tensor;
import dev.segue.tensor.TensorFormatException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * Tensors as people and programs read them: the type, the shape and the first numbers, of a file of
 * NumPy or safetensors and of the message {@code Tensor} of {@code frames.capnp}. Of a file no more
 * is read than its header and these numbers; an archive is read whole, up to 64 MiB.
 *
 * <p>Files of PyTorch are left out: whoever publishes may send anything, and what a pickle builds
 * can be many times as large as itself.
 */
final class TensorText {
  private static final int MOST_TENSORS = 16;
  private static final int MOST_DIMENSIONS = 16;
  private static final int MOST_NUMBERS = 8;
  private static final int LONGEST_NAME = 64;
  private static final long LARGEST_HEADER = 1 << 20;
  private static final long LARGEST_ARCHIVE = 64 << 20;
  private static final int HEADER_LENGTH_BYTE_SIZE = 8;
  private static final int NPY = 0x4d554e93; // "\x93NUM", little-endian as all below
  private static final int ZIP = 0x04034b50; // "PK\3\4"

  private final Map<String, Tensor> tensors;

  private TensorText(Map<String, Tensor> tensors) {
    this.tensors = tensors;
  }

  /** The tensors of a file; empty if the payload is none, or is damaged. */
  static Optional<TensorText> ofFile(SegmentedBytes payload) {
    if (payload.byteSize() <= HEADER_LENGTH_BYTE_SIZE) {
      return Optional.empty();
    }
    try {
      int begin = payload.reader().readInt();
      if (begin == NPY) {
        return Optional.of(new TensorText(Map.of("", Npy.read(payload))));
      }
      if (begin == ZIP) {
        return payload.byteSize() > LARGEST_ARCHIVE
            ? Optional.empty()
            : Optional.of(new TensorText(Npz.read(payload)));
      }
      return isLikeSafetensors(payload)
          ? Optional.of(new TensorText(Safetensors.read(payload)))
          : Optional.empty();
    } catch (TensorFormatException _) {
      return Optional.empty();
    }
  }

  /** It has no mark of its own: the length of a header, which begins with a brace. */
  private static boolean isLikeSafetensors(SegmentedBytes payload) {
    long header = payload.reader().readLong();
    return header > 0 && header <= LARGEST_HEADER && payload.byteAt(HEADER_LENGTH_BYTE_SIZE) == '{';
  }

  /** The tensor in a message of type {@code Tensor}; empty if its bytes don't fit its shape. */
  static Optional<TensorText> ofMessage(MessageView view) throws CapnProtoException {
    return view.read(Frames.Tensor.factory, tensor -> ofMessage(view, tensor));
  }

  private static Optional<TensorText> ofMessage(MessageView view, Frames.Tensor.Reader message)
      throws CapnProtoException {
    Optional<ElementType> type = typeOf(message.getElement());
    if (type.isEmpty() || !message.hasValues()) {
      return Optional.empty();
    }
    var shape = message.getShape();
    long[] dimensions = new long[shape.size()];
    for (int i = 0; i < dimensions.length; i++) {
      dimensions[i] = shape.get(i);
    }
    try {
      Tensor tensor = Tensor.of(type.get(), dimensions, view.bytesOf(message.getValues()));
      return Optional.of(new TensorText(Map.of("", tensor)));
    } catch (IllegalArgumentException | ArithmeticException _) {
      return Optional.empty();
    }
  }

  private static Optional<ElementType> typeOf(Frames.ElementType element) {
    return switch (element) {
      case UINT8 -> Optional.of(ElementType.UINT8);
      case INT8 -> Optional.of(ElementType.INT8);
      case UINT16 -> Optional.of(ElementType.UINT16);
      case INT16 -> Optional.of(ElementType.INT16);
      case UINT32 -> Optional.of(ElementType.UINT32);
      case INT32 -> Optional.of(ElementType.INT32);
      case UINT64 -> Optional.of(ElementType.UINT64);
      case INT64 -> Optional.of(ElementType.INT64);
      case FLOAT16 -> Optional.of(ElementType.FLOAT16);
      case BFLOAT16 -> Optional.of(ElementType.BFLOAT16);
      case FLOAT32 -> Optional.of(ElementType.FLOAT32);
      case FLOAT64 -> Optional.of(ElementType.FLOAT64);
      case _NOT_IN_SCHEMA -> Optional.empty();
    };
  }

  /** One line: each tensor's name, type, shape and first numbers. */
  String line() {
    List<String> shown = new ArrayList<>();
    for (Map.Entry<String, Tensor> each : first()) {
      Tensor tensor = each.getValue();
      String name = each.getKey().isEmpty() ? "" : shortened(each.getKey()) + " ";
      String numbers = numbers(tensor).stream().map(n -> " " + n).collect(Collectors.joining());
      String more = tensor.elementCount() > MOST_NUMBERS ? " …" : "";
      shown.add(Printable.of(name) + typeOf(tensor) + " " + shape(tensor) + ":" + numbers + more);
    }
    if (tensors.size() > MOST_TENSORS) {
      shown.add("… and " + (tensors.size() - MOST_TENSORS) + " more");
    }
    return String.join("; ", shown);
  }

  /** Adds the first tensors, and how many there are. */
  JsonObject with(JsonObject json) {
    String all =
        first().stream()
            .map(each -> json(each.getKey(), each.getValue()).toString())
            .collect(Collectors.joining(",", "[", "]"));
    return json.with("tensorCount", tensors.size()).withJson("tensors", all);
  }

  private static JsonObject json(String name, Tensor tensor) {
    String numbers =
        numbers(tensor).stream()
            .map(number -> isJson(number) ? number : "\"" + number + "\"")
            .collect(Collectors.joining(",", "[", "]"));
    JsonObject json = new JsonObject();
    if (!name.isEmpty()) {
      json.with("name", shortened(name));
    }
    return json.with("type", typeOf(tensor))
        .withJson("shape", shape(tensor).replace("…", "-1"))
        .withJson("first", numbers);
  }

  /** NaN, infinities, complex numbers and bytes are texts there. */
  private static boolean isJson(String number) {
    return number.equals("true")
        || number.equals("false")
        || number.chars().allMatch(c -> (c >= '0' && c <= '9') || "+-.E".indexOf(c) >= 0);
  }

  private List<Map.Entry<String, Tensor>> first() {
    return tensors.entrySet().stream().limit(MOST_TENSORS).toList();
  }

  private static String shortened(String name) {
    return name.length() <= LONGEST_NAME ? name : name.substring(0, LONGEST_NAME) + "…";
  }

  private static String typeOf(Tensor tensor) {
    return tensor.type().toString().toLowerCase(Locale.ROOT);
  }

  private static String shape(Tensor tensor) {
    long[] shape = tensor.shape();
    String more = shape.length > MOST_DIMENSIONS ? ", …" : "";
    return LongStream.of(shape)
        .limit(MOST_DIMENSIONS)
        .mapToObj(Long::toString)
        .collect(Collectors.joining(", ", "[", more + "]"));
  }

  /** The first numbers; of elements that are packed, the first bytes. */
  private static List<String> numbers(Tensor tensor) {
    int bits = Math.max(Byte.SIZE, tensor.type().bitSize());
    long count = Math.min(MOST_NUMBERS, tensor.bytes().byteSize() * Byte.SIZE / bits);
    BytesReader reader = tensor.bytes().reader();
    List<String> numbers = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      numbers.add(next(tensor.type(), reader));
    }
    return numbers;
  }

  private static String next(ElementType type, BytesReader reader) {
    return switch (type) {
      case BOOL -> Boolean.toString(reader.readByte() != 0);
      case INT8 -> Integer.toString(reader.readByte());
      case UINT8 -> Integer.toString(reader.readByte() & 0xFF);
      case INT16 -> Integer.toString(reader.readShort());
      case UINT16 -> Integer.toString(reader.readShort() & 0xFFFF);
      case INT32 -> Integer.toString(reader.readInt());
      case UINT32 -> Integer.toUnsignedString(reader.readInt());
      case INT64 -> Long.toString(reader.readLong());
      case UINT64 -> Long.toUnsignedString(reader.readLong());
      case FLOAT16 -> Float.toString(Float.float16ToFloat(reader.readShort()));
      case BFLOAT16 -> Float.toString(Float.intBitsToFloat(reader.readShort() << Short.SIZE));
      case FLOAT32 -> single(reader);
      case FLOAT64 -> twice(reader);
      case COMPLEX64 -> complex(single(reader), single(reader));
      case COMPLEX128 -> complex(twice(reader), twice(reader));
      case FLOAT4_E2M1,
          FLOAT6_E2M3,
          FLOAT6_E3M2,
          FLOAT8_E4M3,
          FLOAT8_E5M2,
          FLOAT8_E8M0,
          FLOAT8_E4M3FNUZ,
          FLOAT8_E5M2FNUZ ->
          "0x" + HexFormat.of().toHexDigits(reader.readByte());
    };
  }

  private static String complex(String real, String imaginary) {
    return real + (imaginary.startsWith("-") ? "" : "+") + imaginary + "i";
  }

  private static String single(BytesReader reader) {
    return Float.toString(Float.intBitsToFloat(reader.readInt()));
  }

  private static String twice(BytesReader reader) {
    return Double.toString(Double.longBitsToDouble(reader.readLong()));
  }
}
