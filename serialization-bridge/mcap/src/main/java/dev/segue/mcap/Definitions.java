package dev.segue.mcap;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The schemas and channels that a file has named so far. */
final class Definitions {
  private final Map<Integer, McapSchema> schemas = new HashMap<>();
  private final Map<Integer, McapChannel> channels = new HashMap<>();

  void add(String what, McapSchema schema) throws McapFormatException {
    McapSchema known = schemas.putIfAbsent(schema.id(), schema);
    if (known != null && !known.equals(schema)) {
      throw new McapFormatException(what + ": id=" + schema.id() + " is another one already");
    }
  }

  void add(String what, McapChannel channel) throws McapFormatException {
    if (channel.schemaId() != 0 && !schemas.containsKey(channel.schemaId())) {
      throw new McapFormatException(
          what + ": id=" + channel.id() + " has schemaId=" + channel.schemaId() + ", not known");
    }
    McapChannel known = channels.putIfAbsent(channel.id(), channel);
    if (known != null && !known.equals(channel)) {
      throw new McapFormatException(what + ": id=" + channel.id() + " is another one already");
    }
  }

  McapChannel channel(String what, int id) throws McapFormatException {
    McapChannel channel = channels.get(id);
    if (channel == null) {
      throw new McapFormatException(what + ": channelId=" + id + " is not known");
    }
    return channel;
  }

  Map<Integer, McapSchema> schemas() {
    return Map.copyOf(schemas);
  }

  List<McapChannel> channels() {
    return new ArrayList<>(channels.values());
  }
}
