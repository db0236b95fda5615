package dev.segue.cli.recording;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.dynamic.MessageType;
import dev.segue.capnproto.topic.TopicSchemas;
import dev.segue.cli.capnp.TopicTypes;
import dev.segue.recording.RecordedSchema;
import dev.segue.recording.SchemaSource;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Session;
import java.time.Duration;
import java.util.IdentityHashMap;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The schemas that a recording carries: the one that the user named, for the samples that may be of
 * its type, else those that are published beside the topics.
 *
 * <p>The recorder waits while a schema is looked for, so no more are asked for when those that
 * nobody had took {@value #MAX_WASTED_SECONDS} s together.
 *
 * <p>Owner: the command. Lifetime: that of the recording. Threads: the recorder's.
 */
final class FoundSchemas implements SchemaSource {
  /** The name of Cap'n Proto's schemas in the registry of MCAP. */
  static final String ENCODING = "capnproto";

  private static final long MAX_WASTED_SECONDS = 5;
  private static final Duration NEVER = Duration.ofDays(36_500);

  private final Optional<RecordedSchema> given;
  private final @Nullable MessageType givenType;
  private final TopicTypes beside;

  /** One for each type, however many keys have it: the recorder compares them by their bytes. */
  private final IdentityHashMap<MessageType, RecordedSchema> recorded = new IdentityHashMap<>();

  /**
   * Makes a source.
   *
   * @param given the type that the user named, if there is one
   * @param say gets a line for each type that nobody has
   */
  FoundSchemas(Session session, @Nullable MessageType given, Consumer<String> say) {
    this.givenType = given;
    this.given = given == null ? Optional.empty() : Optional.of(recorded(given));
    beside =
        new TopicTypes(
            session,
            NEVER,
            Duration.ofSeconds(MAX_WASTED_SECONDS),
            "; it is recorded without one, --schema FILE:TYPE names it",
            say);
  }

  private static RecordedSchema recorded(MessageType type) {
    return new RecordedSchema(
        type.name(), ENCODING, SegmentedBytes.copyOf(type.schemas().toRequest()));
  }

  @Override
  public Optional<RecordedSchema> schemaOf(KeyExpr key, Encoding encoding) {
    if (givenType != null && TopicSchemas.isOf(encoding, givenType)) {
      return TopicSchemas.isMessage(encoding) ? given : Optional.empty();
    }
    try {
      return beside
          .of(key, encoding)
          .map(type -> recorded.computeIfAbsent(type, FoundSchemas::recorded));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }
}
