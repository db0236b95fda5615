package dev.segue.recording;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.mcap.McapStatistics;
import dev.segue.mcap.McapWriter;
import dev.segue.mcap.McapWriterOptions;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.ReceivedSample;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Timestamp;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Samples written to MCAP files, one after the other. Threads: one at a time. */
final class Recording implements AutoCloseable {
  /** The last channel is for all keys that the file has no channel for. */
  private static final int OWN_CHANNEL_LIMIT = McapWriter.CHANNEL_COUNT_LIMIT - 1;

  /** The ids of schemas begin with 1. */
  private static final int SCHEMA_LIMIT = (1 << 16) - 1;

  /**
   * The limit on a file's channels, half of what readers take, and on its schemas, half of that:
   * who publishes under many long keys must not make a recording that nobody can read, nor fill the
   * heap.
   */
  private static final long DEFINITION_LIMIT = 64L << 20;

  /**
   * The limit on the index of a file that another one can follow: many keys with few bytes each
   * have one that is almost as large as their messages, and both who records and who plays have it
   * in memory.
   */
  private static final long INDEX_LIMIT = 32L << 20;

  /** More than a channel has beside its key and its encoding, which it has twice. */
  private static final long CHANNEL_BYTE_SIZE = 384;

  private static final long FLUSH_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long RETRY_NANOS = Duration.ofSeconds(1).toNanos();

  private final KeyExpr keyExpr;
  private final Destination destination;
  private final RecorderOptions options;
  private final int ownChannelLimit;
  private final long definitionLimit;
  private final long indexLimit;
  private final Map<SampleChannel, Channel> channels = new HashMap<>();
  private final Map<RecordedSchema, Integer> schemas = new HashMap<>();
  private @Nullable McapWriter mcap;
  private @Nullable Channel shared;
  private McapStatistics last = new McapStatistics(0, 0, 0, 0, 0, 0, 0, 0, Map.of());

  /** The reason that the last file begun has no end; null while there is a file, or it is whole. */
  private @Nullable IOException failure;

  private volatile boolean rotationRequested;
  private long begunNanos;
  private long flushedNanos;
  private long failedNanos;
  private long messageCount;

  /** Of the file that is open. */
  private long fileMessageCount;

  private long definitionByteSize;
  private long schemaByteSize;
  private long payloadByteSize;
  private long endedByteSize;
  private long lostCount;
  private int fileCount;

  private static final class Channel {
    private final int id;
    private long sequence;

    Channel(int id) {
      this.id = id;
    }
  }

  Recording(KeyExpr keyExpr, Destination destination, RecorderOptions options) {
    this(keyExpr, destination, options, OWN_CHANNEL_LIMIT, DEFINITION_LIMIT, INDEX_LIMIT);
  }

  /** With other limits of the channels and the index, for tests. */
  Recording(
      KeyExpr keyExpr,
      Destination destination,
      RecorderOptions options,
      int ownChannelLimit,
      long definitionLimit,
      long indexLimit) {
    this.keyExpr = keyExpr;
    this.destination = destination;
    this.options = options;
    this.ownChannelLimit = ownChannelLimit;
    this.definitionLimit = definitionLimit;
    this.indexLimit = indexLimit;
  }

  long messageCount() {
    return messageCount;
  }

  long payloadByteSize() {
    return payloadByteSize;
  }

  long byteSize() {
    McapWriter open = mcap;
    return endedByteSize + (open == null ? 0 : open.byteSize());
  }

  /** Samples that could not be kept. */
  long lostCount() {
    return lostCount;
  }

  int fileCount() {
    return fileCount;
  }

  void requestRotation() {
    rotationRequested = true;
  }

  /** Begins a file. */
  void begin() throws IOException {
    McapWriter begun = McapWriter.to(destination.begin(), "", "segue", options.layout());
    mcap = begun;
    failure = null;
    fileCount++;
    channels.clear();
    schemas.clear();
    shared = null;
    fileMessageCount = 0;
    definitionByteSize = 0;
    schemaByteSize = 0;
    begunNanos = System.nanoTime();
    flushedNanos = begunNanos;
    begun.writeMetadata("zenoh", Map.of("key_expression", keyExpr.toString()));
  }

  /** Does what time asks for, between samples. */
  void attend() throws IOException {
    try {
      destination.releaseBorrowed();
      McapWriter open = mcap;
      if (open == null) {
        return;
      }
      long now = System.nanoTime();
      if (now - flushedNanos >= FLUSH_NANOS) {
        flushedNanos = now;
        open.flush();
      }
      rotateIfDue(open, now);
    } catch (IOException | Error e) {
      fail(e);
    }
  }

  private void rotateIfDue(McapWriter open, long now) throws IOException {
    boolean isLarge =
        open.byteSize() >= destination.largestFileByteSize()
            || (destination.survivesFailures() && open.indexByteSize() >= indexLimit);
    boolean isDue =
        destination.survivesFailures()
            && fileMessageCount > 0
            && options.rotation().isDue(open.byteSize(), now - begunNanos);
    if (rotationRequested || isLarge || isDue) {
      rotationRequested = false;
      endFile();
      begin();
    }
  }

  /** Ends the file, if there is one. */
  void endFile() throws IOException {
    McapWriter open = mcap;
    if (open == null) {
      return;
    }
    try {
      last = open.finish();
      endedByteSize += open.byteSize();
      mcap = null;
      destination.end(last.messageCount());
    } catch (IOException | Error e) {
      fail(e);
    }
  }

  /**
   * Ends the recording; returns what its last file holds.
   *
   * @throws IOException if that has no end because its disk failed then or before
   */
  McapStatistics finish() throws IOException {
    endFile();
    IOException why = failure;
    if (why != null) {
      throw new IOException(
          "recording of "
              + keyExpr
              + ": its last file could not be ended, lostCount="
              + (lostCount + destination.lostCount())
              + ": "
              + why.getMessage(),
          why);
    }
    return last;
  }

  /**
   * What is still in the writer's memory is lost with the file, whatever was told of it. An error,
   * such as a lack of memory, is no other failure: what comes next may be smaller.
   */
  private void fail(Throwable thrown) throws IOException {
    if (thrown instanceof Error error && !destination.survivesFailures()) {
      throw error;
    }
    IOException why =
        thrown instanceof IOException known
            ? known
            : new IOException("recording of " + keyExpr + ": " + thrown, thrown);
    failure = why;
    McapWriter open = mcap;
    mcap = null;
    if (open != null) {
      long unwritten = Math.max(0, fileMessageCount - open.handedOverCount());
      messageCount -= unwritten;
      lostCount += unwritten;
      endedByteSize += open.byteSize();
      open.close();
    }
    failedNanos = System.nanoTime();
    destination.fail(why);
  }

  /** Records a sample, unless there is no room for it. */
  void record(ReceivedSample sample) throws IOException {
    long byteSize = sample.payloadByteSize();
    if (!isReady(byteSize)) {
      lostCount++;
      return;
    }
    try {
      write(sample, byteSize);
    } catch (IOException | Error e) {
      lostCount++;
      fail(e);
      return;
    }
    messageCount++;
    fileMessageCount++;
    payloadByteSize += byteSize;
    McapWriter open = mcap;
    if (open != null) {
      try {
        rotateIfDue(open, System.nanoTime());
      } catch (IOException | Error e) {
        fail(e);
      }
    }
  }

  private boolean isReady(long byteSize) throws IOException {
    try {
      if (!destination.hasRoom(byteSize)) {
        return false;
      }
    } catch (IOException | Error e) {
      fail(e);
      return false;
    }
    if (mcap == null) {
      if (System.nanoTime() - failedNanos < RETRY_NANOS) {
        return false;
      }
      try {
        begin();
      } catch (IOException | Error e) {
        fail(e);
        return false;
      }
    }
    return true;
  }

  private void write(ReceivedSample sample, long byteSize) throws IOException {
    SampleChannel key = SampleChannel.of(sample);
    Channel channel = channelOf(key);
    Optional<SampleChannel> own = channel.equals(shared) ? Optional.of(key) : Optional.empty();
    long now = nanos(Instant.now());
    SampleRecord extra = SampleRecord.of(sample);
    long published = extra.timestamp().map(Timestamp::toInstant).map(Recording::nanos).orElse(now);
    SampleRecord.Reference reference =
        new SampleRecord.Reference(channel.id, (int) channel.sequence);
    if (destination.copiesAtOnce()
        || isCopied(byteSize, extra)
        || !(sample instanceof Sample borrowed)) {
      write(channel, now, published, extra.of(reference, own), sample.payload());
      return;
    }
    Sample kept = borrowed.retain();
    SegmentedBytes payload = kept.payload();
    SampleRecord keptExtra = SampleRecord.of(kept).of(reference, own);
    SegmentedBytes attachment = keptExtra.attachment().orElse(SegmentedBytes.empty());
    try {
      write(channel, now, published, keptExtra, payload);
    } finally {
      Lend.whenReleased(payload, () -> Lend.whenReleased(attachment, kept::close));
    }
  }

  /** Returns whether nothing of it is borrowed. */
  private boolean isCopied(long byteSize, SampleRecord extra) {
    int copied =
        options.layout().chunkByteSize() > 0
            ? McapWriterOptions.LARGE_MESSAGE_BYTE_SIZE - 1
            : McapWriter.COPIED_BYTE_SIZE;
    return byteSize <= copied
        && extra.attachment().map(SegmentedBytes::byteSize).orElse(0L)
            <= McapWriter.COPIED_BYTE_SIZE;
  }

  private void write(
      Channel channel, long now, long published, SampleRecord extra, SegmentedBytes payload)
      throws IOException {
    McapWriter open = Objects.requireNonNull(mcap);
    if (payload.byteSize() >= McapWriterOptions.LARGE_MESSAGE_BYTE_SIZE) {
      // Its chunk comes next, and who reads from there finds what belongs to it.
      open.endChunk();
    }
    if (!extra.isEmpty()) {
      open.writePrivate(
          SampleRecord.OPCODE, extra.head(), extra.attachment().orElse(SegmentedBytes.empty()));
    }
    open.write(channel.id, channel.sequence++, now, published, payload);
  }

  private Channel channelOf(SampleChannel key) throws IOException {
    Channel known = channels.get(key);
    if (known != null) {
      return known;
    }
    McapWriter open = Objects.requireNonNull(mcap);
    long byteSize = byteSizeOf(key);
    if (channels.size() < ownChannelLimit && byteSize <= definitionLimit - definitionByteSize) {
      definitionByteSize += byteSize;
      Channel added =
          new Channel(
              open.addChannel(
                  schemaOf(open, key), key.key(), key.messageEncoding(), key.metadata()));
      channels.put(key, added);
      return added;
    }
    Channel other = shared;
    if (other == null) {
      other = new Channel(open.addChannel(0, SampleChannel.SHARED_TOPIC, "", Map.of()));
      shared = other;
    }
    return other;
  }

  private static long byteSizeOf(SampleChannel key) {
    long encoding = key.encoding().text().getBytes(StandardCharsets.UTF_8).length;
    return CHANNEL_BYTE_SIZE + key.key().getBytes(StandardCharsets.UTF_8).length + 2 * encoding;
  }

  private static long byteSizeOf(RecordedSchema schema) {
    return CHANNEL_BYTE_SIZE
        + schema.name().getBytes(StandardCharsets.UTF_8).length
        + schema.encoding().getBytes(StandardCharsets.UTF_8).length
        + schema.data().byteSize();
  }

  /**
   * The number of a channel's schema, which is written before the channel; 0 for none, and for one
   * that the file has no room for: who publishes large schemas must not end a recording.
   */
  private int schemaOf(McapWriter open, SampleChannel key) throws IOException {
    RecordedSchema schema =
        options.schemas().schemaOf(KeyExpr.of(key.key()), key.encoding()).orElse(null);
    if (schema == null) {
      return 0;
    }
    Integer known = schemas.get(schema);
    if (known == null) {
      long byteSize = byteSizeOf(schema);
      if (schemas.size() == SCHEMA_LIMIT || byteSize > definitionLimit / 2 - schemaByteSize) {
        return 0;
      }
      known = open.addSchema(schema.name(), schema.encoding(), schema.data());
      schemas.put(schema, known);
      schemaByteSize += byteSize;
    }
    return known;
  }

  private static long nanos(Instant time) {
    return time.getEpochSecond() * 1_000_000_000L + time.getNano();
  }

  @Override
  public void close() {
    McapWriter open = mcap;
    mcap = null;
    if (open != null) {
      open.close();
    }
  }
}
