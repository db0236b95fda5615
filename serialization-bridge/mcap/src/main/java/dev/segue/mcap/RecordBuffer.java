package dev.segue.mcap;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** One record that is being put together; payloads never come here. */
final class RecordBuffer {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private byte[] array = new byte[256];
  private MemorySegment memory = MemorySegment.ofArray(array);
  private int size;

  /** Begins a record; {@link #end} writes its length. */
  RecordBuffer begin(int opcode) {
    size = 0;
    return uint8(opcode).uint64(0);
  }

  /** Ends a record that has so many bytes more than are here. */
  MemorySegment end(long furtherByteSize) {
    memory.set(LONG, 1, size - Opcode.RECORD_HEAD_BYTE_SIZE + furtherByteSize);
    return memory.asSlice(0, size);
  }

  MemorySegment end() {
    return end(0);
  }

  /** Returns what is here, without a length. */
  MemorySegment written() {
    return memory.asSlice(0, size);
  }

  RecordBuffer empty() {
    size = 0;
    return this;
  }

  private int grow(int byteSize) {
    int at = size;
    size = Math.addExact(size, byteSize);
    if (size > array.length) {
      array = Arrays.copyOf(array, Math.max(size, 2 * array.length));
      memory = MemorySegment.ofArray(array);
    }
    return at;
  }

  RecordBuffer uint8(int value) {
    array[grow(1)] = (byte) value;
    return this;
  }

  RecordBuffer uint16(int value) {
    int at = grow(Short.BYTES);
    memory.set(SHORT, at, (short) value);
    return this;
  }

  RecordBuffer uint32(long value) {
    int at = grow(Integer.BYTES);
    memory.set(INT, at, (int) value);
    return this;
  }

  RecordBuffer uint64(long value) {
    int at = grow(Long.BYTES);
    memory.set(LONG, at, value);
    return this;
  }

  RecordBuffer string(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    return uint32(utf8.length).bytes(utf8);
  }

  RecordBuffer bytes(byte[] bytes) {
    int at = grow(bytes.length);
    System.arraycopy(bytes, 0, array, at, bytes.length);
    return this;
  }

  RecordBuffer stringMap(Map<String, String> map) {
    int lengthAt = size;
    uint32(0);
    new TreeMap<>(map).forEach((key, value) -> string(key).string(value));
    return patchLength(lengthAt);
  }

  RecordBuffer countMap(Map<Integer, Long> map) {
    int lengthAt = size;
    uint32(0);
    new TreeMap<>(map).forEach((key, value) -> uint16(key).uint64(value));
    return patchLength(lengthAt);
  }

  private RecordBuffer patchLength(int lengthAt) {
    memory.set(INT, lengthAt, size - lengthAt - Integer.BYTES);
    return this;
  }

  RecordBuffer schema(McapSchema schema) {
    byte[] data = schema.data().copyToByteArray();
    return begin(Opcode.SCHEMA)
        .uint16(schema.id())
        .string(schema.name())
        .string(schema.encoding())
        .uint32(data.length)
        .bytes(data);
  }

  RecordBuffer channel(McapChannel channel) {
    return begin(Opcode.CHANNEL)
        .uint16(channel.id())
        .uint16(channel.schemaId())
        .string(channel.topic())
        .string(channel.messageEncoding())
        .stringMap(channel.metadata());
  }

  RecordBuffer chunkIndex(McapChunkIndex index) {
    return begin(Opcode.CHUNK_INDEX)
        .uint64(index.messageStartTimeNanos())
        .uint64(index.messageEndTimeNanos())
        .uint64(index.byteOffset())
        .uint64(index.byteSize())
        .countMap(index.messageIndexByteOffsets())
        .uint64(index.messageIndexByteSize())
        .string(index.compression())
        .uint64(index.compressedByteSize())
        .uint64(index.uncompressedByteSize());
  }
}
