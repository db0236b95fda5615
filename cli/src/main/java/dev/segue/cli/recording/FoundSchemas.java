package dev.segue.cli.recording;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.dynamic.MessageType;
import dev.segue.capnproto.topic.TopicSchemas;
import dev.segue.cli.terminal.Printable;
import dev.segue.recording.RecordedSchema;
import dev.segue.recording.SchemaSource;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The schemas that a recording carries: the one that the user named, for the samples that may be of
 * its type, else those that are published beside the topics.
 *
 * <p>The recorder waits while a schema is looked for, so each type is asked for once, and no more
 * are asked for when those that nobody had took {@value #MAX_WASTED_SECONDS} s together.
 *
 * <p>Owner: the command. Lifetime: that of the recording. Threads: the recorder's.
 */
final class FoundSchemas implements SchemaSource {
  /** What the registry of MCAP calls schemas of Cap'n Proto. */
  static final String ENCODING = "capnproto";

  private static final Duration PATIENCE = Duration.ofSeconds(1);
  private static final long MAX_WASTED_SECONDS = 5;
  private static final int MOST_KNOWN = 1024;

  /** Of all that are known together, which are in memory until the recording ends. */
  private static final long MOST_BYTES = 32L << 20;

  private final Session session;
  private final Optional<RecordedSchema> given;
  private final @Nullable MessageType givenType;
  private final Consumer<String> say;
  private final Map<String, Optional<RecordedSchema>> asked = new HashMap<>();
  private Duration wasted = Duration.ZERO;
  private long knownByteSize;

  /**
   * Makes a source.
   *
   * @param given the type that the user named, if there is one
   * @param say gets a line for each type that nobody has
   */
  FoundSchemas(Session session, @Nullable MessageType given, Consumer<String> say) {
    this.session = session;
    this.givenType = given;
    this.given = given == null ? Optional.empty() : Optional.of(recorded(given));
    this.say = say;
  }

  private static RecordedSchema recorded(MessageType type) {
    return new RecordedSchema(
        type.name(), ENCODING, SegmentedBytes.copyOf(type.schemas().toRequest()));
  }

  @Override
  public Optional<RecordedSchema> schemaOf(KeyExpr key, Encoding encoding) {
    if (!TopicSchemas.isMessage(encoding)) {
      return Optional.empty();
    }
    if (givenType != null && TopicSchemas.isOf(encoding, givenType)) {
      return given;
    }
    // An id stands for the same type wherever it comes; what names none is a matter of its topic.
    boolean hasId = TopicSchemas.idOf(encoding).isPresent();
    String name = hasId ? encoding.text() : key + " " + encoding;
    Optional<RecordedSchema> before = asked.get(name);
    if (before != null) {
      return before;
    }
    if (asked.size() == MOST_KNOWN || wasted.toSeconds() >= MAX_WASTED_SECONDS) {
      return Optional.empty();
    }
    Optional<RecordedSchema> found = find(key, encoding);
    asked.put(name, found);
    return found;
  }

  private Optional<RecordedSchema> find(KeyExpr key, Encoding encoding) {
    String why = "nobody has its schema";
    long start = System.nanoTime();
    try {
      Optional<MessageType> found = TopicSchemas.find(session, key, encoding, PATIENCE);
      if (found.isPresent()) {
        RecordedSchema schema = recorded(found.get());
        if (schema.data().byteSize() <= MOST_BYTES - knownByteSize) {
          knownByteSize += schema.data().byteSize();
          return Optional.of(schema);
        }
        why = "its schema has no room beside those that are known";
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    } catch (CapnProtoException | ZenohException | IllegalArgumentException e) {
      why = "its schema: " + e.getMessage();
    }
    wasted = wasted.plusNanos(System.nanoTime() - start);
    say.accept(
        Printable.of(key + ", " + encoding + ": " + why)
            + "; it is recorded without one, --schema FILE:TYPE names it");
    return Optional.empty();
  }
}
