package dev.segue.tensor;

import dev.segue.bytes.BytesReader;
import dev.segue.bytes.SegmentedBytes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * NumPy's {@code .npy} (format versions 1 to 3): a header, then the elements.
 *
 * <p>Source: numpy.lib.format. Elements begin at a multiple of 64, so a file in aligned memory is a
 * view.
 */
public final class Npy {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final int HEADER_BYTE_SIZE_LIMIT = 1 << 20;
  private static final int ALIGNMENT = 64;
  private static final Pattern HEADER =
      Pattern.compile(
          "\\{\\s*(?:'descr':\\s*'([^']*)'|'fortran_order':\\s*(True|False)"
              + "|'shape':\\s*\\(([\\d,\\sL]*)\\)|[,\\s])+}\\s*");

  private Npy() {}

  /**
   * The tensor in a file: a view.
   *
   * @throws TensorFormatException if it is no such file, holds Python objects, big-endian or
   *     structured elements, or lies in Fortran order
   */
  public static Tensor read(SegmentedBytes file) throws TensorFormatException {
    if (file.byteSize() < 10) {
      throw new TensorFormatException("npy: byteSize=" + file.byteSize() + " is no file");
    }
    BytesReader reader = file.reader();
    for (byte b : MAGIC) {
      if (reader.readByte() != b) {
        throw new TensorFormatException("npy: it does not begin with \\x93NUMPY");
      }
    }
    int major = reader.readByte();
    int minor = reader.readByte();
    if (major < 1 || major > 3 || (major > 1 && file.byteSize() < 12)) {
      throw new TensorFormatException("npy: version=" + major + "." + minor + " is not known");
    }
    long headerByteSize = major == 1 ? reader.readShort() & 0xFFFF : reader.readInt() & 0xFFFFFFFFL;
    if (headerByteSize > Math.min(reader.remainingByteSize(), HEADER_BYTE_SIZE_LIMIT)) {
      throw new TensorFormatException("npy: headerByteSize=" + headerByteSize + " is too large");
    }
    String header = reader.readSlice(headerByteSize).copyToUtf8String();
    return tensor(header, file.slice(reader.positionByteOffset()));
  }

  private static Tensor tensor(String header, SegmentedBytes elements)
      throws TensorFormatException {
    Matcher matcher = HEADER.matcher(header);
    if (!matcher.matches()
        || matcher.group(1) == null
        || matcher.group(2) == null
        || matcher.group(3) == null) {
      throw new TensorFormatException("npy: header is not understood: " + header.strip());
    }
    ElementType type = ElementType.ofNumpy(matcher.group(1));
    long[] shape = shape(matcher.group(3));
    if (matcher.group(2).equals("True") && shape.length > 1) {
      throw new TensorFormatException("npy: it lies in Fortran order, which is no view in C order");
    }
    try {
      return Tensor.of(type, shape, elements);
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new TensorFormatException("npy: " + e.getMessage());
    }
  }

  private static long[] shape(String text) throws TensorFormatException {
    List<Long> shape = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      String number = part.strip();
      if (number.endsWith("L")) {
        number = number.substring(0, number.length() - 1);
      }
      if (number.isEmpty()) {
        continue;
      }
      try {
        shape.add(Long.parseLong(number));
      } catch (NumberFormatException e) {
        throw new TensorFormatException("npy: shape=(" + text + ") is not understood");
      }
    }
    return shape.stream().mapToLong(Long::longValue).toArray();
  }

  /**
   * A file of a tensor: a new header and the tensor's own segments, not joined.
   *
   * @throws IllegalArgumentException if NumPy has no such element type
   */
  public static SegmentedBytes write(Tensor tensor) {
    String descr = tensor.type().numpy();
    if (descr == null) {
      throw new IllegalArgumentException("npy of " + tensor + ": NumPy has no such element type");
    }
    StringBuilder header =
        new StringBuilder("{'descr': '")
            .append(descr)
            .append("', 'fortran_order': False, 'shape': (");
    long[] shape = tensor.shape();
    for (int i = 0; i < shape.length; i++) {
      header.append(i == 0 ? "" : " ").append(shape[i]).append(i + 1 < shape.length ? "," : "");
    }
    header.append(shape.length == 1 ? ",), }" : "), }");
    int fixed = MAGIC.length + 4;
    while ((fixed + header.length() + 1) % ALIGNMENT != 0) {
      header.append(' ');
    }
    header.append('\n');
    byte[] bytes = new byte[fixed + header.length()];
    System.arraycopy(MAGIC, 0, bytes, 0, MAGIC.length);
    bytes[6] = 1;
    bytes[8] = (byte) header.length();
    bytes[9] = (byte) (header.length() >> 8);
    byte[] text = header.toString().getBytes(StandardCharsets.ISO_8859_1);
    System.arraycopy(text, 0, bytes, fixed, text.length);
    return SegmentedBytes.concat(List.of(SegmentedBytes.copyOf(bytes), tensor.bytes()));
  }
}
