package dev.segue.recording;

import dev.segue.bytes.BytesSource;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.mcap.McapAttachment;
import dev.segue.mcap.McapChannel;
import dev.segue.mcap.McapChunkIndex;
import dev.segue.mcap.McapFormatException;
import dev.segue.mcap.McapHandler;
import dev.segue.mcap.McapMessage;
import dev.segue.mcap.McapReader;
import dev.segue.mcap.McapSchema;
import dev.segue.mcap.McapStatistics;
import dev.segue.mcap.McapSummary;
import dev.segue.mcap.McapWriter;
import dev.segue.mcap.McapWriterOptions;
import dev.segue.objectstore.ObjectReader;
import dev.segue.objectstore.ObjectWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Rewrites recordings: parts of one by time and topic, several as one in the order of their log
 * times, a truncated one as far as it is intact. Schemas, metadata, attachments, and Zenoh's data
 * for each sample are kept.
 *
 * <p>Values are immutable; a method with an argument returns a changed one.
 *
 * @param part what to keep of each
 * @param layout of the new file
 */
public record Rewriting(RecordingPart part, McapWriterOptions layout) {
  /** Of chunks whose messages the new file's part may hold. */
  private static final long LARGEST_UNPACKED = 64L << 20;

  /** All of it, with an index. */
  public static Rewriting all() {
    return new Rewriting(RecordingPart.all(), McapWriterOptions.indexed());
  }

  /** With another part. */
  public Rewriting part(RecordingPart value) {
    return new Rewriting(value, layout);
  }

  /** With another layout. */
  public Rewriting layout(McapWriterOptions value) {
    return new Rewriting(part, value);
  }

  /**
   * The result of writing.
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
    try {
      for (Map.Entry<String, ObjectReader> source : sources.entrySet()) {
        // A part that is not full holds what it borrowed: sparse messages would hold all windows.
        open.add(
            new Source(
                open.size(),
                source.getKey(),
                source.getValue(),
                sources.size() == 1 ? Long.MIN_VALUE : startOf(source.getKey(), source.getValue()),
                () -> into.releaseBorrowed(Duration.ZERO)));
      }
      McapStatistics statistics;
      try (McapWriter writer = McapWriter.to(into, profileOf(open), "segue", layout)) {
        copy(open, new Target(writer, new RewrittenChannels(writer)));
        statistics = writer.finish();
      }
      into.finish();
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

  /** Returns what all of them promise; nothing where they differ. */
  private static String profileOf(List<Source> open) {
    Set<String> profiles = open.stream().map(Source::profile).collect(Collectors.toSet());
    return profiles.size() == 1 ? profiles.iterator().next() : "";
  }

  /**
   * Returns before when a recording has no message, as its summary says, if it says that: those of
   * a day are read one after the other, as few as overlap at a time.
   */
  private static long startOf(String name, ObjectReader reader) throws IOException {
    Optional<McapSummary> summary;
    try {
      summary = Player.summaryOf(reader, name);
    } catch (McapFormatException e) {
      throw named(name, e);
    }
    Optional<McapStatistics> statistics = summary.flatMap(McapSummary::statistics);
    if (statistics.isEmpty() || statistics.get().messageCount() == 0) {
      return Long.MIN_VALUE;
    }
    long start = statistics.get().messageStartTimeNanos();
    for (McapChunkIndex chunk : summary.get().chunks()) {
      start = Math.min(start, chunk.messageStartTimeNanos());
    }
    return start;
  }

  private static IOException named(String name, McapFormatException e) {
    return new IOException(name + ": " + e.getMessage(), e);
  }

  /** The earliest message of all, again and again; of equal ones that of the first recording. */
  private void copy(List<Source> all, Target target) throws IOException {
    PriorityQueue<Source> waiting =
        new PriorityQueue<>(
            Comparator.comparingLong(Source::time).thenComparingInt(source -> source.place));
    waiting.addAll(all);
    for (Source next = waiting.poll(); next != null; next = waiting.poll()) {
      if (next.isBegun()) {
        next.copy();
      } else {
        next.begin(target);
      }
      if (next.isEnded()) {
        // Its windows would stay until all are written.
        next.close();
      } else {
        waiting.add(next);
      }
    }
  }

  private record Target(McapWriter writer, RewrittenChannels channels) {}

  /** One recording that is read, and what its schemas and channels are called in the new one. */
  private final class Source implements McapHandler, RewrittenChannels.Reading, AutoCloseable {
    /** Among the recordings. */
    private final int place;

    private final String name;
    private final McapReader reader;
    private final Extras extras = new Extras();
    private final Map<Integer, Integer> channels = new HashMap<>();

    /** The numbers of its schemas in the new file: many channels may have one. */
    private final Map<Integer, Integer> schemas = new HashMap<>();

    /**
     * The largest sequence numbers that were written since a chunk was ended for their sake, by the
     * new file's channels.
     */
    private final Map<Integer, Long> sequences = new HashMap<>();

    private final WindowSource.Relief relief;

    /** No message is earlier. */
    private final long startNanos;

    private @Nullable McapMessage next;
    private long unpackedByteSize;

    private @Nullable Target target;

    Source(int place, String name, ObjectReader object, long startNanos, WindowSource.Relief relief)
        throws IOException {
      this.place = place;
      this.name = name;
      this.startNanos = startNanos;
      this.relief = relief;
      try {
        this.reader = McapReader.open(new ObjectInput(object, null, () -> false, relief), this);
      } catch (McapFormatException e) {
        throw named(name, e);
      }
      reader.select(part::mayHave);
    }

    String profile() {
      return reader.profile();
    }

    /** Reads up to the first message; what stands before it is written. */
    void begin(Target into) throws IOException {
      target = into;
      advance();
    }

    boolean isBegun() {
      return target != null;
    }

    private McapWriter writer() {
      return Objects.requireNonNull(target).writer;
    }

    long time() {
      if (!isBegun()) {
        return startNanos;
      }
      return next == null ? Long.MAX_VALUE : next.logTimeNanos();
    }

    private void advance() throws IOException {
      next = null;
      while (next == null) {
        Optional<McapMessage> read;
        try {
          read = reader.next();
        } catch (McapFormatException e) {
          throw named(name, e);
        }
        if (read.isEmpty()) {
          return;
        }
        McapMessage message = read.get();
        if (part.has(message.logTimeNanos())) {
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
      unpackedByteSize += message.unpackedByteSize();
      if (unpackedByteSize > LARGEST_UNPACKED) {
        // A large message that is borrowed holds the chunk that it was unpacked from.
        unpackedByteSize = message.unpackedByteSize();
        relief.giveBack();
      }
      Extras.Found found = extras.of(message);
      try (message) {
        Optional<SampleChannel> own = found.extra().channel();
        if (part.has(message.channel(), found.extra())) {
          int channel = channelOf(message.channel());
          SampleRecord extra =
              found.extra().of(new SampleRecord.Reference(channel, (int) message.sequence()), own);
          McapWriter writer = writer();
          boolean isRepeated = message.sequence() <= sequences.getOrDefault(channel, -1L);
          if (message.data().byteSize() >= McapWriterOptions.LARGE_MESSAGE_BYTE_SIZE
              || (isRepeated && !extra.isEmpty())) {
            // Its chunk comes next, and who reads from there finds what belongs to it. In a
            // recording that is made of others, the chunk may have another message of that number.
            writer.endChunk();
            sequences.clear();
          }
          sequences.merge(channel, message.sequence(), Math::max);
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
        known = Objects.requireNonNull(target).channels.of(this, channel, schemaOf(channel));
        channels.put(channel.id(), known);
      }
      return known;
    }

    private int schemaOf(McapChannel channel) throws IOException {
      Integer known = schemas.get(channel.schemaId());
      if (known == null) {
        Optional<McapSchema> schema = reader.schemaOf(channel);
        known =
            schema.isEmpty() ? 0 : Objects.requireNonNull(target).channels.schemaOf(schema.get());
        schemas.put(channel.schemaId(), known);
      }
      return known;
    }

    @Override
    public boolean isEnded() {
      return next == null;
    }

    @Override
    public void privateRecord(int opcode, BytesSource.Piece content) throws IOException {
      if (opcode == SampleRecord.OPCODE && SampleRecord.isOurs(content.bytes())) {
        extras.privateRecord(opcode, content);
        return;
      }
      try (content) {
        writer().writePrivate(opcode, MemorySegment.ofArray(new byte[0]), content.bytes());
      }
    }

    @Override
    public void leftOut(McapChannel channel, long sequence) {
      extras.leftOut(channel, sequence);
    }

    @Override
    public void attachment(McapAttachment attachment) throws IOException {
      try (attachment) {
        writer()
            .writeAttachment(
                attachment.name(),
                attachment.mediaType(),
                attachment.logTimeNanos(),
                attachment.createTimeNanos(),
                attachment.data());
      }
    }

    @Override
    public void metadata(String metadataName, Map<String, String> metadata) throws IOException {
      writer().writeMetadata(metadataName, metadata);
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
