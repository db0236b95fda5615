package dev.segue.recording;

import dev.segue.bytes.BytesSource;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.mcap.McapAttachment;
import dev.segue.mcap.McapChannel;
import dev.segue.mcap.McapHandler;
import dev.segue.mcap.McapMessage;
import dev.segue.mcap.McapReader;
import dev.segue.mcap.McapSchema;
import dev.segue.mcap.McapStatistics;
import dev.segue.mcap.McapWriter;
import dev.segue.mcap.McapWriterOptions;
import dev.segue.objectstore.ObjectReader;
import dev.segue.objectstore.ObjectWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Writes recordings anew: parts of one by time and topic, several as one in the order of their log
 * times, one that was cut off as far as it is whole. Schemas, metadata, attachments and what Zenoh
 * keeps of a sample come along.
 *
 * @param fromNanos leaves out messages that were recorded before, since the Unix epoch
 * @param toNanos leaves out messages that were recorded after
 * @param topics which topics are kept
 * @param layout of the new file
 */
public record Rewriting(
    long fromNanos, long toNanos, Predicate<String> topics, McapWriterOptions layout) {
  /** All of it, with an index. */
  public static Rewriting all() {
    return new Rewriting(
        Long.MIN_VALUE, Long.MAX_VALUE, topic -> true, McapWriterOptions.indexed());
  }

  /**
   * What was written.
   *
   * @param truncations where those that were not whole stop being so, by their names
   */
  public record Result(McapStatistics statistics, Map<String, String> truncations) {}

  /**
   * Writes and finishes an object.
   *
   * @param sources taken over, by names for messages
   * @param into stays the caller's; nothing is visible if this throws
   */
  public Result write(Map<String, ObjectReader> sources, ObjectWriter into) throws IOException {
    List<Source> open = new ArrayList<>();
    try (McapWriter writer = McapWriter.to(into, "", "segue", layout)) {
      for (Map.Entry<String, ObjectReader> source : sources.entrySet()) {
        open.add(new Source(source.getKey(), source.getValue(), writer));
      }
      for (Source next = earliest(open); next != null; next = earliest(open)) {
        next.copy();
      }
      McapStatistics statistics = writer.finish();
      var _ = into.finish();
      Map<String, String> truncations = new HashMap<>();
      for (Source source : open) {
        source.truncation().ifPresent(where -> truncations.put(source.name, where));
      }
      return new Result(statistics, truncations);
    } finally {
      for (Source source : open) {
        source.close();
      }
      for (ObjectReader source : sources.values()) {
        source.close();
      }
    }
  }

  private static @Nullable Source earliest(List<Source> open) {
    Source earliest = null;
    for (Source source : open) {
      if (source.next != null && (earliest == null || source.time() < earliest.time())) {
        earliest = source;
      }
    }
    return earliest;
  }

  /** One recording that is read, and what its schemas and channels are called in the new one. */
  private final class Source implements McapHandler, AutoCloseable {
    private final String name;
    private final McapWriter writer;
    private final McapReader reader;
    private final Extras extras = new Extras();
    private final Map<Integer, Integer> schemas = new HashMap<>();
    private final Map<Integer, Integer> channels = new HashMap<>();
    private @Nullable McapMessage next;

    Source(String name, ObjectReader object, McapWriter writer) throws IOException {
      this.name = name;
      this.writer = writer;
      this.reader = McapReader.open(new ObjectInput(object, null, () -> true), this);
      reader.select(
          channel ->
              channel.topic().equals(SampleChannel.SHARED_TOPIC) || topics.test(channel.topic()));
      advance();
    }

    long time() {
      return next == null ? Long.MAX_VALUE : next.logTimeNanos();
    }

    private void advance() throws IOException {
      next = null;
      while (next == null) {
        Optional<McapMessage> read = reader.next();
        if (read.isEmpty()) {
          return;
        }
        McapMessage message = read.get();
        if (message.logTimeNanos() >= fromNanos && message.logTimeNanos() <= toNanos) {
          next = message;
        } else {
          close(extras.of(message));
          message.close();
        }
      }
    }

    void copy() throws IOException {
      McapMessage message = next;
      if (message == null) {
        return;
      }
      Extras.Found found = extras.of(message);
      try (message) {
        Optional<SampleChannel> own = found.extra().channel();
        if (own.isEmpty() || topics.test(own.get().key())) {
          int channel = channelOf(message.channel());
          SampleRecord extra =
              found.extra().of(new SampleRecord.Reference(channel, (int) message.sequence()), own);
          if (!extra.isEmpty()) {
            writer.writePrivate(
                SampleRecord.OPCODE,
                extra.head(),
                extra.attachment().orElse(SegmentedBytes.empty()));
          }
          writer.write(
              channel,
              message.sequence(),
              message.logTimeNanos(),
              message.publishTimeNanos(),
              message.data());
        }
      } finally {
        close(found);
      }
      advance();
    }

    private static void close(Extras.Found found) {
      BytesSource.Piece piece = found.piece();
      if (piece != null) {
        piece.close();
      }
    }

    private int channelOf(McapChannel channel) throws IOException {
      Integer known = channels.get(channel.id());
      if (known == null) {
        known =
            writer.addChannel(
                schemaOf(channel.schemaId()),
                channel.topic(),
                channel.messageEncoding(),
                channel.metadata());
        channels.put(channel.id(), known);
      }
      return known;
    }

    private int schemaOf(int id) throws IOException {
      McapSchema schema = reader.schemas().get(id);
      if (schema == null) {
        return 0;
      }
      Integer known = schemas.get(id);
      if (known == null) {
        known = writer.addSchema(schema.name(), schema.encoding(), schema.data());
        schemas.put(id, known);
      }
      return known;
    }

    @Override
    public void privateRecord(int opcode, BytesSource.Piece content) throws IOException {
      if (opcode == SampleRecord.OPCODE) {
        extras.privateRecord(opcode, content);
        return;
      }
      try (content) {
        writer.writePrivate(opcode, MemorySegment.ofArray(new byte[0]), content.bytes());
      }
    }

    @Override
    public void attachment(McapAttachment attachment) throws IOException {
      try (attachment) {
        writer.writeAttachment(
            attachment.name(),
            attachment.mediaType(),
            attachment.logTimeNanos(),
            attachment.createTimeNanos(),
            attachment.data());
      }
    }

    @Override
    public void metadata(String metadataName, Map<String, String> metadata) throws IOException {
      writer.writeMetadata(metadataName, metadata);
    }

    Optional<String> truncation() {
      return reader.truncation();
    }

    @Override
    public void close() throws IOException {
      McapMessage left = next;
      next = null;
      if (left != null) {
        left.close();
      }
      extras.close();
      reader.close();
    }
  }
}
