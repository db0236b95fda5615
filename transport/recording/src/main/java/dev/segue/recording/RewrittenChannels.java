package dev.segue.recording;

import dev.segue.mcap.McapChannel;
import dev.segue.mcap.McapSchema;
import dev.segue.mcap.McapWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The schemas and channels of a recording that is made of others. Equal schemas become one. Equal
 * channels become one where a recording goes on with what another one has ended with, as rotated
 * files do: so their number doesn't grow with that of the files. Of recordings that overlap, each
 * has channels of its own, as the private record of a message names it by channel and sequence
 * number.
 */
final class RewrittenChannels {
  /** One of the recordings that are read. */
  interface Reading {
    /** Returns whether all of its messages are written. */
    boolean isEnded();
  }

  private record Description(
      int schemaId, String topic, String messageEncoding, Map<String, String> metadata) {}

  private static final class Owned {
    private final int id;
    private Reading owner;

    Owned(int id, Reading owner) {
      this.id = id;
      this.owner = owner;
    }
  }

  private final McapWriter writer;
  private final Map<McapSchema, Integer> schemas = new HashMap<>();
  private final Map<Description, List<Owned>> channels = new HashMap<>();

  RewrittenChannels(McapWriter writer) {
    this.writer = writer;
  }

  /**
   * The id of a recording's channel in the new file.
   *
   * @param schemaId in the new file; 0 for none
   */
  int of(Reading reading, McapChannel channel, int schemaId) throws IOException {
    Description description =
        new Description(schemaId, channel.topic(), channel.messageEncoding(), channel.metadata());
    List<Owned> equal = channels.computeIfAbsent(description, key -> new ArrayList<>());
    for (Owned each : equal) {
      if (each.owner.isEnded()) {
        // Messages of the chunk that is being filled might have the same sequence numbers.
        writer.endChunk();
        each.owner = reading;
        return each.id;
      }
    }
    int id =
        writer.addChannel(
            description.schemaId,
            description.topic,
            description.messageEncoding,
            description.metadata);
    equal.add(new Owned(id, reading));
    return id;
  }

  /** The id of a schema in the new file; it is compared with all others, byte for byte. */
  int schemaOf(McapSchema schema) throws IOException {
    McapSchema content = new McapSchema(0, schema.name(), schema.encoding(), schema.data());
    Integer known = schemas.get(content);
    if (known == null) {
      known = writer.addSchema(schema.name(), schema.encoding(), schema.data());
      schemas.put(content, known);
    }
    return known;
  }
}
