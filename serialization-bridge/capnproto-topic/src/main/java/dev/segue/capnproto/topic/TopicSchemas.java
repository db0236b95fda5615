package dev.segue.capnproto.topic;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Nanos;
import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.dynamic.MessageType;
import dev.segue.zenoh.ConsolidationMode;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.GetOptions;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Parameters;
import dev.segue.zenoh.PutOptions;
import dev.segue.zenoh.Querier;
import dev.segue.zenoh.Query;
import dev.segue.zenoh.Queryable;
import dev.segue.zenoh.QueryableOptions;
import dev.segue.zenoh.Replies;
import dev.segue.zenoh.Reply;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Publishes the schema of a topic beside it, and finds that of any topic.
 *
 * <pre>
 *   robot/pose                    samples, application/capnp;robot.capnp:Pose@0x…
 *   robot/pose/@schema/capnproto  a queryable; ?id=0x… asks for one type
 *     payload     the CodeGeneratorRequest that has the type, a message in the stream framing
 *     encoding    application/capnp;schema.capnp:CodeGeneratorRequest@0xbfc546f6210ad7ce
 *     attachment  which of its structs the topic's messages are: robot.capnp:Pose@0x…
 * </pre>
 *
 * <p>Each publisher of a type answers for it, as {@link TopicPublisher} does, so a topic has a
 * schema for as long as it has a publisher. Wildcards don't match the key, since a part of it
 * begins with {@code @}: whoever subscribes to {@code robot/**} or queries it never meets a schema,
 * and <code>robot/&#42;/@schema/capnproto</code> asks for those of several topics.
 */
public final class TopicSchemas {
  private static final String BESIDE = "@schema/capnproto";
  private static final String ID = "id";
  private static final String MEDIA_TYPE = Encoding.APPLICATION_CAPNPROTO.text();
  private static final Encoding REQUEST =
      Encoding.APPLICATION_CAPNPROTO.withSchema(
          "schema.capnp:CodeGeneratorRequest@0xbfc546f6210ad7ce");
  private static final int LONGEST_ENCODING = 255;

  /** A longer one is not read. */
  private static final int LONGEST_ATTACHMENT = 4 * LONGEST_ENCODING;

  private static final long LARGEST_BYTE_SIZE = 8L << 20;
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private TopicSchemas() {}

  /**
   * The key under which the schema of a topic is asked for.
   *
   * @throws IllegalArgumentException if it would be longer than a key may be
   */
  public static KeyExpr key(KeyExpr topic) {
    return topic.join(BESIDE);
  }

  /**
   * The encoding of messages of a type: {@code application/capnp;robot.capnp:Pose@0x…}, without the
   * name if that is longer than an encoding has room for.
   */
  public static Encoding encodingOf(MessageType type) {
    String named = MEDIA_TYPE + ";" + nameOf(type);
    boolean fits = named.getBytes(StandardCharsets.UTF_8).length <= LONGEST_ENCODING;
    return new Encoding(fits ? named : MEDIA_TYPE + ";@0x" + Long.toHexString(type.id()));
  }

  private static String nameOf(MessageType type) {
    return type.name() + "@0x" + Long.toHexString(type.id());
  }

  /** Returns the type that an answer names: the id alone, where nobody would read the name. */
  private static String attached(MessageType type) {
    boolean mayFit = type.name().length() <= LONGEST_ATTACHMENT;
    String named = mayFit ? nameOf(type) : "";
    boolean fits = mayFit && named.getBytes(StandardCharsets.UTF_8).length <= LONGEST_ATTACHMENT;
    return fits ? named : "@0x" + Long.toHexString(type.id());
  }

  /** Returns whether samples of an encoding are messages of Cap'n Proto, whatever their type. */
  public static boolean isMessage(Encoding encoding) {
    return NamedType.isMessage(encoding);
  }

  /**
   * Returns whether samples of an encoding may be messages of a type: those that name its id, or
   * its name without an id, and those whose encoding doesn't name a type ({@code
   * application/capnp}, {@code zenoh/bytes}, {@code application/octet-stream}).
   */
  public static boolean isOf(Encoding encoding, MessageType type) {
    if (NamedType.isMessage(encoding)) {
      return NamedType.of(encoding).isOf(type.name(), type.id());
    }
    return switch (NamedType.mediaTypeOf(encoding)) {
      case "zenoh/bytes", "application/octet-stream" -> true;
      default -> false;
    };
  }

  /**
   * The id of the type that an encoding names.
   *
   * @return empty if it isn't that of a message of Cap'n Proto, or names no id
   */
  public static OptionalLong idOf(Encoding encoding) {
    return NamedType.isMessage(encoding) ? NamedType.of(encoding).id() : OptionalLong.empty();
  }

  /**
   * Answers queries for the schema of a topic, until the queryable or its session is closed.
   *
   * @param topic the key that the messages are published under
   * @throws IllegalArgumentException if {@link #key} does
   * @throws ZenohException if the core failed, or the session is closed
   */
  public static Queryable publish(Session session, KeyExpr topic, MessageType type)
      throws ZenohException {
    KeyExpr key = key(topic);
    // A recording may have one schema for very many topics: they share its memory.
    SegmentedBytes request = type.schemas().requestBytes();
    PutOptions options =
        PutOptions.none().encoding(REQUEST).attachment(SegmentedBytes.copyOfUtf8(attached(type)));
    return session.declareQueryable(
        key,
        QueryableOptions.defaults(),
        query -> {
          if (isAskedFor(query, type.id())) {
            answer(query, key, request, options);
          }
        });
  }

  private static void answer(Query query, KeyExpr key, SegmentedBytes request, PutOptions options)
      throws ZenohException {
    try {
      query.reply(query.keyExpr().isWild() ? key : query.keyExpr(), request, options);
    } catch (ZenohException e) {
      if (e.kind() != ZenohException.Kind.CLOSED) {
        throw e;
      } // Else the session ends just now, and nobody is to blame.
    }
  }

  private static boolean isAskedFor(Query query, long id) {
    Optional<String> asked = query.parameters().value(ID);
    return asked.isEmpty() || NamedType.parseId(asked.get()).equals(OptionalLong.of(id));
  }

  /**
   * Asks for the schema of a topic's samples, waiting for somebody to have it.
   *
   * @param topic their key, without wildcards
   * @param encoding theirs: of several types that the topic may have, the one that it names
   * @return empty if nobody answers in time, or nobody has the type; also if the encoding names
   *     none and there are several
   * @throws CapnProtoException if what was answered for the type is faulty
   * @throws IllegalArgumentException if {@link #key} does, or the topic has wildcards
   * @throws ZenohException if the core failed, or the session is closed
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public static Optional<MessageType> find(
      Session session, KeyExpr topic, Encoding encoding, Duration timeout)
      throws ZenohException, CapnProtoException, InterruptedException {
    if (topic.isWild()) {
      throw new IllegalArgumentException(
          "schema of " + topic + ": the key of a sample is needed, without wildcards");
    }
    NamedType wanted = NamedType.of(encoding);
    long deadline = Nanos.deadline(timeout);
    GetOptions options =
        GetOptions.defaults().consolidation(ConsolidationMode.NONE).timeout(timeout);
    try (Querier querier = session.declareQuerier(key(topic), options)) {
      // Whoever answers first may have another type, and the one who has it be known later.
      while (querier.awaitMatchingQueryables(left(deadline))) {
        Answers answers = new Answers(wanted);
        ask(querier, answers, deadline);
        if (answers.isUsable() || left(deadline).isZero()) {
          return answers.type();
        }
        LockSupport.parkNanos(PAUSE_NANOS);
        if (Thread.interrupted()) {
          throw new InterruptedException("waiting for the schema of " + topic);
        }
      }
      return Optional.empty();
    }
  }

  private static void ask(Querier querier, Answers answers, long deadline)
      throws ZenohException, InterruptedException {
    Parameters parameters = Parameters.empty();
    if (answers.wanted().id().isPresent()) {
      String id = "0x" + Long.toHexString(answers.wanted().id().getAsLong());
      parameters = parameters.with(ID, id);
    }
    try (Replies replies = querier.get(parameters)) {
      while (!replies.isEnded() && !answers.isDecided()) {
        Duration left = left(deadline);
        Optional<Reply> next = replies.receive(left);
        if (next.isPresent()) {
          try (Reply reply = next.get()) {
            take(reply, answers);
          }
        } else if (left.isZero()) {
          return;
        }
      }
    }
  }

  private static void take(Reply reply, Answers answers) {
    if (reply instanceof Reply.Success success
        && success.sample().payloadByteSize() <= LARGEST_BYTE_SIZE) {
      String name =
          success
              .sample()
              .attachment()
              .filter(bytes -> bytes.byteSize() <= LONGEST_ATTACHMENT)
              .map(bytes -> new String(bytes.copyToByteArray(), StandardCharsets.UTF_8))
              .orElse("");
      answers.take(name, success.sample().payload());
    }
  }

  private static Duration left(long deadline) {
    return Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
  }
}
