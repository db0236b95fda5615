package dev.segue.mcap;

import dev.segue.bytes.BytesSource;
import dev.segue.bytes.SegmentedBytes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The schemas and channels that a file has named so far. */
final class Definitions {
  /**
   * The limit on a file's definitions: these are kept on the heap, and a chunk of a few bytes can
   * unpack to a megabyte of them.
   */
  static final long LARGEST_TOTAL = 128L << 20;

  /**
   * The limit on entries in the metadata of all channels: a few bytes of a file each, and 200 B on
   * the heap.
   */
  static final long LARGEST_ENTRY_COUNT = 1L << 20;

  private final Map<Integer, McapSchema> schemas = new HashMap<>();
  private final Map<Integer, McapChannel> channels = new HashMap<>();

  private final boolean needsSchemas;
  private long byteSize;
  private long entryCount;

  /**
   * None yet.
   *
   * @param needsSchemas whether a channel's schema stands before it, as it does in the data
   *     section; a summary may leave it out
   */
  Definitions(boolean needsSchemas) {
    this.needsSchemas = needsSchemas;
  }

  void add(String what, McapSchema schema) throws McapFormatException {
    McapSchema known = schemas.putIfAbsent(schema.id(), schema);
    if (known != null && !known.equals(schema)) {
      throw new McapFormatException(what + ": id=" + schema.id() + " is another one already");
    }
  }

  void add(String what, McapChannel channel) throws McapFormatException {
    if (needsSchemas && channel.schemaId() != 0 && !schemas.containsKey(channel.schemaId())) {
      throw new McapFormatException(
          what + ": id=" + channel.id() + " has schemaId=" + channel.schemaId() + ", not known");
    }
    McapChannel known = channels.putIfAbsent(channel.id(), channel);
    if (known != null && !known.equals(channel)) {
      throw new McapFormatException(what + ": id=" + channel.id() + " is another one already");
    }
    if (known == null) {
      entryCount += channel.metadata().size();
      if (entryCount > LARGEST_ENTRY_COUNT) {
        throw new McapFormatException(
            what
                + ": metadata of channels with entryCount="
                + entryCount
                + ", at most "
                + LARGEST_ENTRY_COUNT
                + " in a file");
      }
    }
  }

  /** Reads a record that defines one off a file; false if that ends in it. */
  boolean read(RecordInput records, RecordHead head) throws IOException {
    BytesSource.Piece content = records.content(head, RecordInput.LARGEST_DESCRIPTION);
    if (content == null) {
      return false;
    }
    try (content) {
      define(head, content.bytes());
      return true;
    }
  }

  /** Reads a record that defines one. */
  void define(RecordHead head, SegmentedBytes content) throws McapFormatException {
    String what = head.toString();
    head.checkByteSize(0, RecordInput.LARGEST_DESCRIPTION);
    int before = schemas.size() + channels.size();
    define(head, what, new Fields(what, content));
    if (schemas.size() + channels.size() > before) {
      byteSize += content.byteSize();
      if (byteSize > LARGEST_TOTAL) {
        throw new McapFormatException(
            what
                + ": schemas and channels of byteSize="
                + byteSize
                + ", at most "
                + LARGEST_TOTAL
                + " in a file");
      }
    }
  }

  private void define(RecordHead head, String what, Fields fields) throws McapFormatException {
    if (head.opcode() == Opcode.SCHEMA) {
      add(what, fields.schema());
    } else {
      add(what, fields.channel());
    }
  }

  /** Takes a channel whose schema nobody may have named. */
  void known(McapChannel channel) {
    channels.put(channel.id(), channel);
  }

  McapChannel channel(String what, int id) throws McapFormatException {
    McapChannel channel = channels.get(id);
    if (channel == null) {
      throw new McapFormatException(what + ": channelId=" + id + " is not known");
    }
    return channel;
  }

  @Nullable McapSchema schema(int id) {
    return schemas.get(id);
  }

  Map<Integer, McapSchema> schemas() {
    return Map.copyOf(schemas);
  }

  List<McapChannel> channels() {
    return new ArrayList<>(channels.values());
  }
}
