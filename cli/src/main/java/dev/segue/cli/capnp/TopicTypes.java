package dev.segue.cli.capnp;

import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.dynamic.MessageType;
import dev.segue.capnproto.topic.TopicSchemas;
import dev.segue.cli.terminal.Printable;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The types of topics' messages, by the schemas that are published beside the topics.
 *
 * <p>Each topic is asked for its own, since two may have two versions of a type, and once. One that
 * nobody answers for soon has that of another topic. A type that nobody has is told once, and asked
 * for again after a while, whichever topic it comes on.
 *
 * <p>Topics, the bytes of their schemas, and the time spent waiting for topics of known types are
 * limited, whatever peers publish. The time spent on types that nobody has is limited by {@code
 * mostWasted} alone.
 *
 * <p>Owner: the command. Lifetime: that of the session. Threads: one.
 */
public final class TopicTypes {
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  /** Nothing is taken from a backlog meanwhile, and there may be thousands of topics of a type. */
  private static final Duration MOST_WAITED_FOR_VERSIONS = Duration.ofSeconds(5);

  private static final int MOST_KNOWN = 1024;
  private static final long MOST_BYTE_SIZE = 32L << 20;

  private final Session session;
  private final Duration again;
  private final Duration mostWasted;
  private final String advice;
  private final Consumer<String> say;
  private final Map<String, Asked> asked = new HashMap<>();
  private long byteSize;
  private Duration wasted = Duration.ZERO;
  private Duration waitedForVersions = Duration.ZERO;

  private record Asked(Optional<MessageType> type, long nanoTime) {}

  /**
   * Makes a table.
   *
   * @param again after how long a type that nobody had is asked for again
   * @param mostWasted no more types are asked for when those that nobody had took so long together
   * @param advice what a line for the user ends with
   * @param say gets a line for each type that nobody has
   */
  public TopicTypes(
      Session session, Duration again, Duration mostWasted, String advice, Consumer<String> say) {
    this.session = session;
    this.again = again;
    this.mostWasted = mostWasted;
    this.advice = advice;
    this.say = say;
  }

  /**
   * The type of a topic's messages; may wait a second.
   *
   * @return empty if they are none of Cap'n Proto, or nobody has their schema
   */
  public Optional<MessageType> of(KeyExpr topic, Encoding encoding) throws InterruptedException {
    if (!TopicSchemas.isMessage(encoding)) {
      return Optional.empty();
    }
    String own = topic + " " + encoding;
    Asked before = asked.get(own);
    if (before != null && before.type.isPresent()) {
      return before.type;
    }
    // An id stands for one type wherever it comes; what names none is a matter of its topic.
    boolean hasId = TopicSchemas.idOf(encoding).isPresent();
    String shared = hasId ? encoding.text() : own;
    Asked ofType = asked.get(shared);
    Optional<MessageType> known = ofType == null ? Optional.empty() : ofType.type;
    boolean hasBytes = byteSize < MOST_BYTE_SIZE;
    boolean hasRoom = asked.size() < MOST_KNOWN && hasBytes;
    if (known.isPresent()) {
      return hasRoom && waitedForVersions.compareTo(MOST_WAITED_FOR_VERSIONS) < 0
          ? version(topic, encoding, own, known.get())
          : known;
    }
    boolean isRecent = ofType != null && System.nanoTime() - ofType.nanoTime < again.toNanos();
    // One that nobody had takes its place again, but not yet the bytes of a schema.
    boolean isFull = ofType == null ? !hasRoom : !hasBytes;
    if (isRecent || isFull || wasted.compareTo(mostWasted) >= 0) {
      return Optional.empty();
    }
    long start = System.nanoTime();
    Optional<MessageType> found = find(topic, encoding, ofType == null);
    if (found.isEmpty()) {
      wasted = wasted.plusNanos(System.nanoTime() - start);
    }
    remember(shared, found);
    if (hasId && found.isPresent()) {
      asked.put(own, new Asked(found, System.nanoTime()));
    }
    return found;
  }

  private Optional<MessageType> version(
      KeyExpr topic, Encoding encoding, String own, MessageType known) throws InterruptedException {
    long start = System.nanoTime();
    Optional<MessageType> found = find(topic, encoding, false);
    waitedForVersions = waitedForVersions.plusNanos(System.nanoTime() - start);
    boolean isKnown =
        found.isEmpty()
            || Arrays.equals(found.get().schemas().toRequest(), known.schemas().toRequest());
    if (isKnown) {
      asked.put(own, new Asked(Optional.of(known), start));
      return Optional.of(known);
    }
    remember(own, found);
    return found;
  }

  private void remember(String key, Optional<MessageType> type) {
    byteSize += type.map(known -> known.schemas().toRequest().length).orElse(0);
    asked.put(key, new Asked(type, System.nanoTime()));
  }

  private Optional<MessageType> find(KeyExpr topic, Encoding encoding, boolean isTold)
      throws InterruptedException {
    String why = "nobody has its schema";
    try {
      Optional<MessageType> found = TopicSchemas.find(session, topic, encoding, PATIENCE);
      if (found.isPresent()) {
        return found;
      }
    } catch (CapnProtoException | ZenohException | IllegalArgumentException e) {
      why = "its schema: " + e.getMessage();
    }
    if (isTold) {
      say.accept(Printable.of(topic + ", " + encoding + ": " + why) + advice);
    }
    return Optional.empty();
  }
}
