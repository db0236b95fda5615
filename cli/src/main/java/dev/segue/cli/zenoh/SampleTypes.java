package dev.segue.cli.zenoh;

import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.dynamic.MessageType;
import dev.segue.capnproto.topic.TopicSchemas;
import dev.segue.cli.terminal.Printable;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.SampleKind;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The types of samples: the one that the user named, else the one whose schema is published beside
 * the topic. Of a type that nobody knows it says so once, and asks again after a while.
 */
final class SampleTypes {
  private static final Duration PATIENCE = Duration.ofSeconds(1);
  private static final long AGAIN_NANOS = Duration.ofSeconds(10).toNanos();

  /** A peer that makes up types can't fill the memory, nor have this wait for each of them. */
  private static final int MOST_KNOWN = 1024;

  private final Session session;
  private final @Nullable MessageType given;
  private final Consumer<String> say;
  private final Map<String, Asked> asked = new HashMap<>();

  private record Asked(Optional<MessageType> type, long nanoTime) {
    boolean isLongAgo() {
      return System.nanoTime() - nanoTime > AGAIN_NANOS;
    }
  }

  SampleTypes(Session session, @Nullable MessageType given, Consumer<String> say) {
    this.session = session;
    this.given = given;
    this.say = say;
  }

  /**
   * The type of a sample's message.
   *
   * @return empty if it is no message of Cap'n Proto, or nobody has its schema
   */
  Optional<MessageType> of(Sample sample) throws InterruptedException {
    if (sample.kind() == SampleKind.DELETE) {
      return Optional.empty();
    }
    Encoding encoding = sample.encoding();
    MessageType named = given;
    if (named != null && TopicSchemas.isOf(encoding, named)) {
      return Optional.of(named);
    }
    if (!TopicSchemas.isMessage(encoding)) {
      return Optional.empty();
    }
    // An id stands for the same type wherever it comes; what names none is a matter of its topic.
    boolean hasId = TopicSchemas.idOf(encoding).isPresent();
    String key = hasId ? encoding.text() : sample.keyExpr() + " " + encoding;
    Asked before = asked.get(key);
    if (before != null && (before.type().isPresent() || !before.isLongAgo())) {
      return before.type();
    }
    if (before == null && asked.size() == MOST_KNOWN) {
      return Optional.empty();
    }
    Optional<MessageType> found = find(sample, encoding, before == null);
    asked.put(key, new Asked(found, System.nanoTime()));
    return found;
  }

  private Optional<MessageType> find(Sample sample, Encoding encoding, boolean isFirst)
      throws InterruptedException {
    String why = "nobody has its schema";
    try {
      Optional<MessageType> found =
          TopicSchemas.find(session, sample.keyExpr(), encoding, PATIENCE);
      if (found.isPresent()) {
        return found;
      }
    } catch (CapnProtoException | ZenohException | IllegalArgumentException e) {
      why = "its schema: " + e.getMessage();
    }
    if (isFirst) {
      say.accept(
          Printable.of(sample.keyExpr() + ", " + encoding + ": " + why)
              + "; --schema FILE:TYPE says what it is");
    }
    return Optional.empty();
  }
}
