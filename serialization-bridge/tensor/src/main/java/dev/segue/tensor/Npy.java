package dev.segue.tensor;

import dev.segue.bytes.BytesReader;
import dev.segue.bytes.SegmentedBytes;
import java.nio.charset.StandardCharsets;
import java.util.List;

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

  private Npy() {}

  /**
   * The tensor in a file: a view.
   *
   * @throws TensorFormatException if it is not such a file, holds Python objects, big-endian or
   *     structured elements, or lies in Fortran order
   */
  public static Tensor read(SegmentedBytes file) throws TensorFormatException {
    if (file.byteSize() < 10) {
      throw new TensorFormatException("npy: file too short: byteSize=" + file.byteSize());
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
    NpyHeader.Description described = NpyHeader.parse(header);
    long[] shape = described.shape().stream().mapToLong(Long::longValue).toArray();
    if (described.fortranOrder() && shape.length > 1) {
      throw new TensorFormatException(
          "npy: the array is in Fortran order; only C order can be viewed");
    }
    try {
      return Tensor.of(described.type(), shape, elements);
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new TensorFormatException("npy: " + e.getMessage());
    }
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
    // Version 1 counts the header in two bytes, version 2 in four.
    int major = MAGIC.length + 4 + header.length() + ALIGNMENT > 0xFFFF ? 2 : 1;
    int fixed = MAGIC.length + (major == 1 ? 4 : 6);
    while ((fixed + header.length() + 1) % ALIGNMENT != 0) {
      header.append(' ');
    }
    header.append('\n');
    if (header.length() > HEADER_BYTE_SIZE_LIMIT) {
      throw new IllegalArgumentException(
          "npy of a tensor of dimensionCount=" + shape.length + ": its header would be too large");
    }
    byte[] bytes = new byte[fixed + header.length()];
    System.arraycopy(MAGIC, 0, bytes, 0, MAGIC.length);
    bytes[6] = (byte) major;
    for (int i = 8; i < fixed; i++) {
      bytes[i] = (byte) (header.length() >> (8 * (i - 8)));
    }
    byte[] text = header.toString().getBytes(StandardCharsets.ISO_8859_1);
    System.arraycopy(text, 0, bytes, fixed, text.length);
    return SegmentedBytes.concat(List.of(SegmentedBytes.copyOf(bytes), tensor.bytes()));
  }
}
