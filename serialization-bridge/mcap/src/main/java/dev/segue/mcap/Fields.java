package dev.segue.mcap;

import dev.segue.bytes.BytesReader;
import dev.segue.bytes.SegmentedBytes;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** Reads the fields of one record, none beyond its end. */
final class Fields {
  /** The limit on entries in a map: each takes 200 B on the heap, and 9 B of a file. */
  static final int MAP_LIMIT = 1 << 18;

  private final String what;
  private final SegmentedBytes content;
  private final BytesReader reader;

  /**
   * Of a record's content.
   *
   * @param what the record, for messages
   */
  Fields(String what, SegmentedBytes content) {
    this.what = what;
    this.content = content;
    this.reader = content.reader();
  }

  private void need(String field, long byteSize) throws McapFormatException {
    if (byteSize < 0 || byteSize > reader.remainingByteSize()) {
      throw new McapFormatException(
          what
              + ": field "
              + field
              + " of byteSize="
              + Long.toUnsignedString(byteSize)
              + " at byteOffset="
              + reader.positionByteOffset()
              + " goes beyond the record's byteSize="
              + content.byteSize());
    }
  }

  int uint16(String field) throws McapFormatException {
    need(field, Short.BYTES);
    return Short.toUnsignedInt(reader.readShort());
  }

  long uint32(String field) throws McapFormatException {
    need(field, Integer.BYTES);
    return Integer.toUnsignedLong(reader.readInt());
  }

  /** All 64 bits; above 2^63 it is negative. */
  long uint64(String field) throws McapFormatException {
    need(field, Long.BYTES);
    return reader.readLong();
  }

  String string(String field) throws McapFormatException {
    SegmentedBytes utf8 = bytes(field, uint32(field));
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(utf8.copyToByteArray()))
          .toString();
    } catch (CharacterCodingException e) {
      McapFormatException failure =
          new McapFormatException(what + ": field " + field + " is not UTF-8");
      failure.initCause(e);
      throw failure;
    }
  }

  SegmentedBytes bytes(String field, long byteSize) throws McapFormatException {
    need(field, byteSize);
    return reader.readSlice(byteSize);
  }

  Map<String, String> stringMap(String field) throws McapFormatException {
    Fields entries = new Fields(what + " " + field, bytes(field, uint32(field)));
    Map<String, String> map = new LinkedHashMap<>();
    while (entries.reader.remainingByteSize() > 0) {
      String key = entries.string("key");
      if (map.put(key, entries.string("value")) != null) {
        throw new McapFormatException(what + ": field " + field + " has key=" + key + " twice");
      }
      if (map.size() > MAP_LIMIT) {
        throw new McapFormatException(
            what + ": field " + field + " has more than " + MAP_LIMIT + " entries");
      }
    }
    return map;
  }

  Map<Integer, Long> countMap(String field) throws McapFormatException {
    Fields entries = new Fields(what + " " + field, bytes(field, uint32(field)));
    Map<Integer, Long> map = new TreeMap<>();
    while (entries.reader.remainingByteSize() > 0) {
      int key = entries.uint16("key");
      if (map.put(key, entries.uint64("value")) != null) {
        throw new McapFormatException(what + ": field " + field + " has key=" + key + " twice");
      }
    }
    return map;
  }

  long positionByteOffset() {
    return reader.positionByteOffset();
  }

  McapSchema schema() throws McapFormatException {
    int id = uint16("id");
    if (id == 0) {
      throw new McapFormatException(what + ": id=0 stands for no schema");
    }
    String name = string("name");
    String encoding = string("encoding");
    SegmentedBytes data = bytes("data", uint32("data"));
    // Of its own, as it outlives what was read.
    return new McapSchema(id, name, encoding, SegmentedBytes.copyOf(data.copyToByteArray()));
  }

  McapChannel channel() throws McapFormatException {
    return new McapChannel(
        uint16("id"),
        uint16("schema_id"),
        string("topic"),
        string("message_encoding"),
        stringMap("metadata"));
  }

  McapStatistics statistics() throws McapFormatException {
    return new McapStatistics(
        uint64("message_count"),
        uint16("schema_count"),
        (int) uint32("channel_count"),
        (int) uint32("attachment_count"),
        (int) uint32("metadata_count"),
        (int) uint32("chunk_count"),
        uint64("message_start_time"),
        uint64("message_end_time"),
        countMap("channel_message_counts"));
  }

  /** The name of a compression: what a chunk's index has of it is kept for each. */
  private String compression() throws McapFormatException {
    String name = string("compression");
    if (name.length() > ChunkHead.LONGEST_NAME) {
      throw new McapFormatException(
          what + ": field compression of length=" + name.length() + " is not known");
    }
    return name;
  }

  McapChunkIndex chunkIndex() throws McapFormatException {
    return new McapChunkIndex(
        uint64("message_start_time"),
        uint64("message_end_time"),
        uint64("chunk_start_offset"),
        uint64("chunk_length"),
        countMap("message_index_offsets"),
        uint64("message_index_length"),
        compression(),
        uint64("compressed_size"),
        uint64("uncompressed_size"));
  }
}
