package dev.segue.cli.recording;

import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.dynamic.MessageSchemas;
import dev.segue.capnproto.dynamic.MessageType;
import dev.segue.capnproto.topic.TopicSchemas;
import dev.segue.cli.terminal.Printable;
import dev.segue.cli.terminal.Quantities;
import dev.segue.recording.PlayedTopic;
import dev.segue.recording.RecordedSchema;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Queryable;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Answers for the Cap'n Proto schemas that a recording carries, beside its topics as it is played.
 *
 * <p>Owner: the command. Lifetime: until {@link #close()}. Threads: one.
 */
final class PlayedSchemas implements AutoCloseable {
  /** What a recording could hold of them is without bound. */
  private static final long MAX_BYTE_SIZE = 32L << 20;

  private final Session session;
  private final Consumer<String> say;
  private final List<Queryable> answering = new ArrayList<>();
  private final Set<Answered> answered = new HashSet<>();
  private final Map<RecordedSchema, Optional<MessageType>> types = new HashMap<>();
  private long byteSize;
  private boolean isFull;

  private record Answered(KeyExpr key, long id) {}

  private PlayedSchemas(Session session, Consumer<String> say) {
    this.session = session;
    this.say = say;
  }

  /**
   * Begins to answer.
   *
   * @param say gets a line for each schema that can't be published
   */
  static PlayedSchemas publish(Session session, List<PlayedTopic> topics, Consumer<String> say)
      throws ZenohException {
    PlayedSchemas schemas = new PlayedSchemas(session, say);
    boolean isWhole = false;
    try {
      for (PlayedTopic topic : topics) {
        if (topic.schema().isPresent()
            && topic.schema().get().encoding().equals(FoundSchemas.ENCODING)) {
          schemas.answer(topic.key(), topic.schema().get());
        }
      }
      isWhole = true;
      return schemas;
    } finally {
      if (!isWhole) {
        schemas.close();
      }
    }
  }

  private void answer(KeyExpr key, RecordedSchema schema) throws ZenohException {
    Optional<MessageType> type = typeOf(schema);
    if (type.isEmpty() || !answered.add(new Answered(key, type.get().id()))) {
      return;
    }
    try {
      answering.add(TopicSchemas.publish(session, key, type.get()));
    } catch (IllegalArgumentException e) {
      say.accept(
          key
              + ": its schema isn't published beside it: "
              + Printable.of(String.valueOf(e.getMessage())));
    }
  }

  /** Empty, after one line, for a schema that is faulty or beyond the bound. */
  private Optional<MessageType> typeOf(RecordedSchema schema) {
    Optional<MessageType> known = types.get(schema);
    if (known == null) {
      known = parsed(schema);
      types.put(schema, known);
    }
    return known;
  }

  private Optional<MessageType> parsed(RecordedSchema schema) {
    byteSize += schema.data().byteSize();
    if (byteSize > MAX_BYTE_SIZE) {
      if (!isFull) {
        say.accept(
            "schemas beyond "
                + Quantities.byteSize(MAX_BYTE_SIZE)
                + " aren't published beside their topics");
      }
      isFull = true;
      return Optional.empty();
    }
    try {
      return Optional.of(
          MessageSchemas.fromRequest(schema.data().copyToByteArray()).type(schema.name()));
    } catch (CapnProtoException | IllegalArgumentException e) {
      say.accept(
          "schema "
              + Printable.of(schema.name())
              + " isn't published beside its topics: "
              + Printable.of(String.valueOf(e.getMessage())));
      return Optional.empty();
    }
  }

  @Override
  public void close() {
    answering.forEach(Queryable::close);
    answering.clear();
  }
}
