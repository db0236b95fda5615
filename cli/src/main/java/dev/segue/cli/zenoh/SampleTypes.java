package dev.segue.cli.zenoh;

import dev.segue.capnproto.dynamic.MessageType;
import dev.segue.capnproto.topic.TopicSchemas;
import dev.segue.cli.capnp.TopicTypes;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.ReceivedSample;
import dev.segue.zenoh.SampleKind;
import dev.segue.zenoh.Session;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The types of samples: the one that the user named, else the one whose schema is published beside
 * the topic.
 */
final class SampleTypes {
  private static final Duration AGAIN = Duration.ofSeconds(10);
  private static final Duration ALWAYS = Duration.ofDays(36_500);

  private final @Nullable MessageType given;
  private final TopicTypes beside;

  SampleTypes(Session session, @Nullable MessageType given, Consumer<String> say) {
    this.given = given;
    beside = new TopicTypes(session, AGAIN, ALWAYS, "; --schema FILE:TYPE says what it is", say);
  }

  /**
   * The type of a sample's message.
   *
   * @return empty if it isn't a Cap'n Proto message, or nobody has its schema
   */
  Optional<MessageType> of(ReceivedSample sample) throws InterruptedException {
    if (sample.kind() == SampleKind.DELETE) {
      return Optional.empty();
    }
    Encoding encoding = sample.encoding();
    MessageType named = given;
    return named != null && TopicSchemas.isOf(encoding, named)
        ? Optional.of(named)
        : beside.of(sample.keyExpr(), encoding);
  }
}
