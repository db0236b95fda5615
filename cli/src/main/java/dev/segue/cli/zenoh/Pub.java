package dev.segue.cli.zenoh;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.dynamic.MessageType;
import dev.segue.capnproto.topic.TopicSchemas;
import dev.segue.cli.CommandFailedException;
import dev.segue.cli.capnp.SchemaOption;
import dev.segue.cli.terminal.InputFile;
import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.Quantities;
import dev.segue.cli.video.Ffmpeg;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.PutOptions;
import dev.segue.zenoh.Queryable;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Publishes a text, files, a video, or lines of the standard input; by a schema, messages. */
@Command(
    name = "pub",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Publishes a text, files, the frames of a video, or each line of the standard input, and"
          + " waits for a subscriber first.",
      "With --schema, text, files, and lines are JSON, from which Cap'n Proto messages are built;"
          + " the"
          + " schema is published beside the topic: segue pub robot/pose --schema pose.capnp:Pose"
          + " '{\"x\": 1}'.",
      ""
    })
public final class Pub extends NetworkCommand {
  private static final long PIECE_BYTE_SIZE = 16 << 20;

  @Parameters(index = "0", paramLabel = "KEY", description = "Key to publish under.")
  private String key = "";

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "TEXT",
      description = "The text; - (default) for each line of the standard input.")
  private String text = "-";

  @Option(
      names = "--file",
      paramLabel = "FILE",
      description = "Publish a file, or all files of a folder in the order of their names.")
  private @Nullable Path file;

  @Option(
      names = "--video",
      paramLabel = "FILE",
      description =
          "Publish the frames of a video file, or of a camera such as /dev/video0, as messages of"
              + " CameraFrame, at the video's own rate or at --rate; ffmpeg reads it.")
  private @Nullable Path video;

  @Option(
      names = {"-n", "--count"},
      paramLabel = "N",
      description = "Times to publish the text, the files or the video (default: 1).")
  private long count = 1;

  @Option(
      names = "--rate",
      paramLabel = "HZ",
      description =
          "Maximum number of samples per second (default: as fast as possible; a video: its own"
              + " rate).")
  private double rate = Double.POSITIVE_INFINITY;

  @Option(
      names = "--encoding",
      paramLabel = "TEXT",
      description =
          "Encoding of the samples (default: the type of --schema, else zenoh/string for text,"
              + " zenoh/bytes for files).")
  private @Nullable String encoding;

  @Option(names = "--attachment", paramLabel = "TEXT", description = "A text beside each payload.")
  private @Nullable String attachment;

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      defaultValue = "3",
      description =
          "Time to wait for a subscriber; fails if none appears. 0 publishes without waiting"
              + " (default: ${DEFAULT-VALUE}).")
  private double wait;

  @Option(
      names = "--linger",
      paramLabel = "SECONDS",
      defaultValue = "1",
      description =
          "With --schema, how long to answer for it after the last message, so that subscribers can"
              + " ask what they got (default: ${DEFAULT-VALUE}).")
  private double linger;

  @Mixin private SchemaOption schema = new SchemaOption();

  private @Nullable MessageType type;
  private List<SegmentedBytes> payloads = List.of();
  private long published;
  private long byteSize;
  private long start;
  private long end;

  private Pub() {}

  @Override
  boolean isEndless() {
    return false;
  }

  @Override
  void check() throws CommandFailedException {
    checkArguments();
    Path film = video;
    if (film != null) {
      Ffmpeg.check("--video", film);
      type = VideoMessages.type();
      return;
    }
    MessageType found = schema.isGiven() ? schema.find() : null;
    type = found;
    if (file == null && !text.equals("-")) {
      payloads = found == null ? List.of(SegmentedBytes.copyOfUtf8(text)) : messages(found, text);
      if (payloads.isEmpty()) {
        throw new IllegalArgumentException("TEXT: no JSON value for --schema");
      }
    }
  }

  private void checkArguments() {
    if (KeyExpr.of(key).isWild()) {
      throw new IllegalArgumentException(
          "KEY " + key + ": a key without wildcards; it would go to all keys that match");
    }
    if (count < 1) {
      throw new IllegalArgumentException("--count " + count + ": at least 1");
    }
    if (file != null && !text.equals("-")) {
      throw new IllegalArgumentException("--file " + file + ": there is a TEXT as well");
    }
    if (video != null
        && (file != null || !text.equals("-") || schema.isGiven() || encoding != null)) {
      throw new IllegalArgumentException(
          "--video "
              + video
              + ": there is a TEXT, --file, --schema or --encoding as well; frames are messages of"
              + " CameraFrame");
    }
    if (!(rate > 0)) {
      throw new IllegalArgumentException("--rate " + rate + ": positive");
    }
    if (!(wait >= 0)) {
      throw new IllegalArgumentException("--wait " + wait + ": at least 0");
    }
    if (!(linger >= 0)) {
      throw new IllegalArgumentException("--linger " + linger + ": at least 0");
    }
  }

  /** Builds messages from JSON values that follow each other. */
  private static List<SegmentedBytes> messages(MessageType type, String json) {
    return type.fromJsonSequence(json).stream().map(SegmentedBytes::copyOf).toList();
  }

  private static Duration nanos(double seconds) {
    return Duration.ofNanos((long) (seconds * 1e9));
  }

  @Override
  void run(Session session)
      throws IOException, ZenohException, CommandFailedException, InterruptedException {
    MessageType known = type;
    String usual = file == null ? "zenoh/string" : "zenoh/bytes";
    Encoding what =
        encoding != null
            ? new Encoding(encoding)
            : known != null ? TopicSchemas.encodingOf(known) : new Encoding(usual);
    PublisherOptions options = PublisherOptions.blocking().encoding(what);
    try (Queryable _ =
            known == null ? null : TopicSchemas.publish(session, KeyExpr.of(key), known);
        Publisher publisher = session.declarePublisher(KeyExpr.of(key), options)) {
      if (!publisher.awaitMatchingSubscribers(nanos(wait)) && wait > 0) {
        throw new CommandFailedException(
            "nobody subscribes to " + key + " within " + Quantities.seconds(wait) + whyNobody());
      }
      start = System.nanoTime();
      try {
        publish(publisher);
      } finally {
        end = System.nanoTime();
      }
      if (known != null) {
        answerForAWhile();
      }
    }
  }

  private void publish(Publisher publisher)
      throws IOException, ZenohException, CommandFailedException, InterruptedException {
    Path from = file;
    Path film = video;
    if (film != null) {
      publishVideo(publisher, film);
    } else if (from != null) {
      publishFiles(publisher, from);
    } else if (text.equals("-")) {
      publishLines(publisher);
    } else {
      for (long i = 0; i < count; i++) {
        for (SegmentedBytes payload : payloads) {
          publish(publisher, payload);
        }
      }
    }
  }

  private void publishVideo(Publisher publisher, Path film)
      throws IOException, ZenohException, CommandFailedException, InterruptedException {
    boolean isPaced = rate == Double.POSITIVE_INFINITY;
    try (VideoMessages frames = VideoMessages.open(film, count, isPaced)) {
      boolean isMore = true;
      while (isMore) {
        awaitTurn(); // before the frame has its time
        isMore = frames.send(message -> publish(publisher, message));
      }
    }
  }

  /** All is published: whoever ends it here ends it well. */
  private void answerForAWhile() {
    try {
      Thread.sleep(nanos(linger));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** Reads on a thread of its own, as nothing wakes what waits for the standard input. */
  private void publishLines(Publisher publisher)
      throws IOException, ZenohException, CommandFailedException, InterruptedException {
    StandardLines lines = StandardLines.start();
    long number = 0;
    for (Optional<String> line = lines.next(); line.isPresent(); line = lines.next()) {
      number++;
      MessageType known = type;
      if (known == null) {
        publish(publisher, SegmentedBytes.copyOfUtf8(line.get()));
      } else {
        publishMessages(publisher, known, line.get(), "standard input, line " + number);
      }
    }
  }

  private void publishMessages(Publisher publisher, MessageType of, String json, String where)
      throws ZenohException, CommandFailedException, InterruptedException {
    List<SegmentedBytes> messages;
    try {
      messages = messages(of, json);
    } catch (IllegalArgumentException e) {
      throw new CommandFailedException(where + ": " + e.getMessage(), e);
    }
    for (SegmentedBytes message : messages) {
      publish(publisher, message);
    }
  }

  private void publishFiles(Publisher publisher, Path from)
      throws IOException, ZenohException, CommandFailedException, InterruptedException {
    for (long i = 0; i < count; i++) {
      for (Path each : files(from)) {
        MessageType known = type;
        if (known == null) {
          publishFile(publisher, each);
        } else {
          publishMessages(publisher, known, json(each), each.toString());
        }
      }
    }
  }

  private static String json(Path from) throws IOException, CommandFailedException {
    try {
      ByteBuffer bytes = ByteBuffer.wrap(InputFile.readAllBytes(from));
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      throw new CommandFailedException(from + " isn't UTF-8 text", e);
    }
  }

  private static List<Path> files(Path from) throws IOException {
    if (!Files.isDirectory(from)) {
      return List.of(from);
    }
    try (var files = Files.list(from)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  /** Reads it whole first: a file that is cut short while it is mapped would end the process. */
  private void publishFile(Publisher publisher, Path from)
      throws IOException, ZenohException, InterruptedException {
    Arena arena = Arena.ofShared();
    SegmentedBytes payload = SegmentedBytes.borrow(read(from, arena));
    publish(publisher, payload);
    // Whoever is interrupted here leaves the memory to the end of the process.
    if (payload.awaitReleased(Duration.ofDays(1))) {
      arena.close();
    }
  }

  private static MemorySegment read(Path from, Arena arena) throws IOException {
    if (Files.exists(from) && !Files.isRegularFile(from)) {
      throw new IOException(from + ": no ordinary file; without --file, pub reads lines of a pipe");
    }
    try (FileChannel channel = InputFile.open(from)) {
      long byteSize = channel.size();
      MemorySegment memory = arena.allocate(byteSize);
      long offset = 0;
      while (offset < byteSize) {
        ByteBuffer piece =
            memory.asSlice(offset, Math.min(PIECE_BYTE_SIZE, byteSize - offset)).asByteBuffer();
        int count = channel.read(piece);
        if (count < 0) {
          throw new IOException(from + ": it was cut short while it was read");
        }
        offset += count;
      }
      // Files of /proc have no size, and others may grow.
      if (channel.read(ByteBuffer.allocate(1)) > 0) {
        throw new IOException(from + ": it is longer than its byteSize=" + byteSize);
      }
      return memory.asReadOnly();
    }
  }

  /** Waits until the rate allows the next sample. */
  private void awaitTurn() throws InterruptedException {
    if (rate < Double.POSITIVE_INFINITY) {
      long due = start + (long) (published * 1e9 / rate);
      for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
        LockSupport.parkNanos(left);
        if (Thread.interrupted()) {
          throw new InterruptedException("publishing to " + key);
        }
      }
    }
  }

  private void publish(Publisher publisher, SegmentedBytes payload)
      throws ZenohException, InterruptedException {
    awaitTurn();
    PutOptions options =
        attachment == null
            ? PutOptions.none()
            : PutOptions.none().attachment(SegmentedBytes.copyOfUtf8(attachment));
    publisher.put(payload, options);
    published++;
    byteSize += payload.byteSize();
  }

  @Override
  void finish() {
    double seconds = start == 0 ? 0 : (end - start) / 1e9;
    print(
        key
            + ": "
            + Quantities.count(published, "sample")
            + ", "
            + Quantities.byteSize(byteSize)
            + ", in "
            + Quantities.seconds(seconds),
        new JsonObject()
            .with("command", "pub")
            .with("key", key)
            .with("messages", published)
            .with("bytes", byteSize)
            .with("seconds", seconds));
  }
}
