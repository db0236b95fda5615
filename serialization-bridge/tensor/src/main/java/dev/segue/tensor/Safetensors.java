package dev.segue.tensor;

import dev.segue.bytes.SegmentedBytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Files of the safetensors package: a JSON header, then all elements without a gap.
 *
 * <p>Source: the format's description in the safetensors repository. Files are checked as strictly
 * as there: offsets in order, without holes or overlaps, up to the end of the file.
 */
public final class Safetensors {
  /** What says how long the header is. */
  static final int SIZE_BYTE_SIZE = 8;

  private static final long HEADER_BYTE_SIZE_LIMIT = 100_000_000;
  private static final int ALIGNMENT = 64;

  private Safetensors() {}

  /**
   * The tensors of a file by their names, in the order of their elements: views.
   *
   * @throws TensorFormatException if it is not such a file
   */
  public static Map<String, Tensor> read(SegmentedBytes file) throws TensorFormatException {
    SafetensorsHeader.Parsed header = header(file);
    long headerByteSize = file.reader().readLong();
    SegmentedBytes elements = file.slice(SIZE_BYTE_SIZE + headerByteSize);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, SafetensorsHeader.Entry> each :
        ordered(header.entries(), elements.byteSize())) {
      SafetensorsHeader.Entry entry = each.getValue();
      tensors.put(
          each.getKey(), entry.of(elements.slice(entry.begin(), entry.end() - entry.begin())));
    }
    return tensors;
  }

  /**
   * The tensors in the order of their elements.
   *
   * @throws TensorFormatException if they are not one behind the other, each of its size, up to the
   *     end of the file
   */
  static List<Map.Entry<String, SafetensorsHeader.Entry>> ordered(
      Map<String, SafetensorsHeader.Entry> entries, long byteSize) throws TensorFormatException {
    List<Map.Entry<String, SafetensorsHeader.Entry>> ordered = new ArrayList<>(entries.entrySet());
    ordered.sort(
        (a, b) -> {
          int begins = Long.compare(a.getValue().begin(), b.getValue().begin());
          return begins != 0 ? begins : Long.compare(a.getValue().end(), b.getValue().end());
        });
    long at = 0;
    for (Map.Entry<String, SafetensorsHeader.Entry> each : ordered) {
      SafetensorsHeader.Entry entry = each.getValue();
      if (entry.begin() != at || entry.end() < at || entry.end() > byteSize) {
        throw new TensorFormatException(
            "safetensors: tensor "
                + Excerpt.of(each.getKey())
                + " begin="
                + entry.begin()
                + " end="
                + entry.end()
                + ", the one before ends at "
                + at);
      }
      try {
        entry.check();
      } catch (IllegalArgumentException | ArithmeticException e) {
        throw new TensorFormatException(
            "safetensors: tensor " + Excerpt.of(each.getKey()) + ": " + e.getMessage());
      }
      at = entry.end();
    }
    if (at != byteSize) {
      throw new TensorFormatException(
          "safetensors: the tensors end at " + at + ", the file at " + byteSize);
    }
    return ordered;
  }

  /**
   * Returns the metadata of a file: its {@code __metadata__}, empty if it has none.
   *
   * @throws TensorFormatException if it is not such a file
   */
  public static Map<String, String> metadata(SegmentedBytes file) throws TensorFormatException {
    return header(file).metadata();
  }

  private static SafetensorsHeader.Parsed header(SegmentedBytes file) throws TensorFormatException {
    if (file.byteSize() < SIZE_BYTE_SIZE) {
      throw new TensorFormatException("safetensors: file too short: byteSize=" + file.byteSize());
    }
    long headerByteSize =
        checkHeaderByteSize(file.reader().readLong(), file.byteSize() - SIZE_BYTE_SIZE);
    return SafetensorsHeader.parse(file.slice(SIZE_BYTE_SIZE, headerByteSize));
  }

  /** Refuses a header that can't be one. */
  static long checkHeaderByteSize(long headerByteSize, long restByteSize)
      throws TensorFormatException {
    long largest = Math.min(HEADER_BYTE_SIZE_LIMIT, restByteSize);
    if (headerByteSize < 2 || headerByteSize > largest) {
      throw new TensorFormatException(
          "safetensors: headerByteSize="
              + Long.toUnsignedString(headerByteSize)
              + ", it can have from 2 to "
              + largest);
    }
    return headerByteSize;
  }

  /** {@link #write(Map, Map)} without metadata. */
  public static SegmentedBytes write(Map<String, Tensor> tensors) {
    return write(tensors, Map.of());
  }

  /**
   * A file of named tensors: a header and the tensors' own segments, not joined. Those of large
   * elements come first, so that all are aligned.
   *
   * @param metadata of the file as a whole ({@code __metadata__}), such as {@code format=pt}
   * @throws IllegalArgumentException if a tensor is named {@code __metadata__}, which the format
   *     keeps for itself, or has elements that the format does not know, or if the header would
   *     have more than 100,000,000 bytes, which readers refuse
   */
  public static SegmentedBytes write(Map<String, Tensor> tensors, Map<String, String> metadata) {
    if (tensors.containsKey(SafetensorsHeader.METADATA)) {
      throw new IllegalArgumentException(
          "safetensors: a tensor can't be named " + SafetensorsHeader.METADATA);
    }
    List<Map.Entry<String, Tensor>> ordered = new ArrayList<>(tensors.entrySet());
    ordered.sort(
        (a, b) -> Integer.compare(b.getValue().type().bitSize(), a.getValue().type().bitSize()));
    StringBuilder header = new StringBuilder("{");
    if (!metadata.isEmpty()) {
      SafetensorsHeader.quote(SafetensorsHeader.METADATA, header);
      header.append(":{");
      String separator = "";
      for (Map.Entry<String, String> each : new TreeMap<>(metadata).entrySet()) {
        header.append(separator);
        SafetensorsHeader.quote(each.getKey(), header);
        header.append(':');
        SafetensorsHeader.quote(each.getValue(), header);
        separator = ",";
      }
      header.append('}');
    }
    List<SegmentedBytes> parts = new ArrayList<>();
    long at = 0;
    for (Map.Entry<String, Tensor> each : ordered) {
      Tensor tensor = each.getValue();
      String dtype = tensor.type().safetensors();
      if (dtype == null) {
        throw new IllegalArgumentException(
            "safetensors of " + tensor + ": the format has no such element type");
      }
      long end = Math.addExact(at, tensor.bytes().byteSize());
      header.append(header.length() == 1 ? "" : ",");
      SafetensorsHeader.quote(each.getKey(), header);
      header.append(":{\"dtype\":\"").append(dtype);
      header
          .append("\",\"shape\":")
          .append(Arrays.toString(tensor.shape()).replace(" ", ""))
          .append(",\"data_offsets\":[")
          .append(at)
          .append(',')
          .append(end)
          .append("]}");
      parts.add(tensor.bytes());
      at = end;
    }
    header.append('}');
    byte[] json = EncodedName.of("safetensors", header.toString());
    if (json.length > HEADER_BYTE_SIZE_LIMIT - ALIGNMENT) {
      throw new IllegalArgumentException(
          "safetensors of tensorCount="
              + tensors.size()
              + ": headerByteSize="
              + json.length
              + ", readers take at most "
              + HEADER_BYTE_SIZE_LIMIT);
    }
    int padded = Math.ceilDiv(json.length + SIZE_BYTE_SIZE, ALIGNMENT) * ALIGNMENT - SIZE_BYTE_SIZE;
    ByteBuffer head = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN);
    head.putLong(padded).put(json);
    while (head.hasRemaining()) {
      head.put((byte) ' ');
    }
    parts.addFirst(SegmentedBytes.copyOf(head.array()));
    return SegmentedBytes.concat(parts);
  }
}
