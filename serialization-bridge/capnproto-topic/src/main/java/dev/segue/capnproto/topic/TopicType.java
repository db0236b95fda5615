package dev.segue.capnproto.topic;

import dev.segue.bytes.Loan;
import dev.segue.bytes.LoanPool;
import dev.segue.bytes.PoolExhaustedException;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.MessageView;
import dev.segue.capnproto.ReadLimits;
import dev.segue.capnproto.dynamic.MessageSchemas;
import dev.segue.capnproto.dynamic.MessageType;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.Sample;
import java.util.function.Consumer;
import org.capnproto.StructFactory;
import org.capnproto.StructReader;

/**
 * The type of a topic's messages: a generated class, with the id and name of its schema.
 *
 * <pre>{@code
 * static final TopicType<CameraFrame.Builder, CameraFrame.Reader> FRAMES =
 *     TopicType.of(Frames.CameraFrame.factory);
 * }</pre>
 *
 * <p>Samples name the type in their encoding: {@code
 * application/capnp;frames.capnp:CameraFrame@0x…}, the display name and the id that the schema
 * gives the struct. The id alone decides whether two types are the same: files may be renamed, and
 * fields added.
 *
 * <p>Lifetime: a value; make it once. Threads: any.
 *
 * @param <B> the class's builder
 * @param <R> the class's reader
 */
public final class TopicType<B, R extends StructReader> {
  private final StructFactory<B, R> factory;
  private final MessageType message;
  private final Encoding encoding;

  private TopicType(StructFactory<B, R> factory, MessageType message) {
    this.factory = factory;
    this.message = message;
    encoding = TopicSchemas.encodingOf(message);
  }

  /**
   * The type of a generated class, by the schema that the class carries.
   *
   * @param factory the class's own: {@code Frames.CameraFrame.factory}
   * @throws IllegalArgumentException if it isn't that of a generated class, or its module doesn't
   *     export the class's package
   */
  public static <B, R extends StructReader> TopicType<B, R> of(StructFactory<B, R> factory) {
    Class<?> struct = factory.getClass().getEnclosingClass();
    if (struct == null) {
      throw new IllegalArgumentException(
          factory.getClass() + " isn't the factory of a class that was generated from a schema");
    }
    return new TopicType<>(factory, MessageSchemas.ofGenerated(struct));
  }

  /** The generated class's factory. */
  public StructFactory<B, R> factory() {
    return factory;
  }

  /** The struct in its schema, by which tools read messages without the class. */
  public MessageType message() {
    return message;
  }

  /** The encoding of the type's samples. */
  public Encoding encoding() {
    return encoding;
  }

  /**
   * Returns whether samples of an encoding may be of this type: those that name its id, or its name
   * without an id, and those whose encoding doesn't name a type.
   */
  public boolean accepts(Encoding other) {
    return other.equals(encoding) || TopicSchemas.isOf(other, message);
  }

  /**
   * Reads the message of a sample where it lies.
   *
   * @param gatherPool where a large message that came in several pieces is gathered
   * @param visitor gets the root; neither it nor what it leads to may be used after its return
   * @throws WrongTypeException if the sample's encoding names another type
   * @throws CapnProtoException if the message is faulty, hostile or beyond the limits
   * @throws PoolExhaustedException if the message must be gathered and the pool has no room now
   * @throws IllegalStateException if the sample has ended
   * @throws X if {@code visitor} does
   */
  public <X extends Exception> void read(
      Sample sample,
      ReadLimits limits,
      LoanPool gatherPool,
      MessageView.Visitor<? super R, X> visitor)
      throws WrongTypeException, CapnProtoException, X {
    Encoding found = sample.encoding();
    if (!accepts(found)) {
      throw new WrongTypeException(encoding, found);
    }
    read(sample.payload(), limits, gatherPool, visitor);
  }

  /**
   * Reads a message where it lies, of any transport: {@code FRAMES.read(sample.payload(), …)}.
   *
   * <p>Nothing names the type here: sender and reader must agree on it by the name of the service
   * or topic.
   *
   * @param payload the message, and maybe more bytes behind it
   * @param gatherPool where a large message that came in several pieces is gathered; untouched if
   *     the payload is in one piece
   * @param visitor gets the root; neither it nor what it leads to may be used after its return
   * @throws CapnProtoException if the message is faulty, hostile or beyond the limits
   * @throws PoolExhaustedException if the message must be gathered and the pool has no room now
   * @throws IllegalStateException if the payload's memory has ended
   * @throws X if {@code visitor} does
   */
  public <X extends Exception> void read(
      SegmentedBytes payload,
      ReadLimits limits,
      LoanPool gatherPool,
      MessageView.Visitor<? super R, X> visitor)
      throws CapnProtoException, X {
    try (MessageView view = MessageView.of(payload, limits, gatherPool)) {
      view.visit(factory, visitor);
    }
  }

  /**
   * Builds a message in one loan of a pool, for a transport that sends loans whole: {@code
   * publisher.send(FRAMES.build(publisher, byteSize, frame -> frame.setSequence(7)))} with a
   * publisher of iceoryx2, which is a pool of its chunks.
   *
   * <p>The loan is zeroed, then has the message in one segment from its first byte on; what the
   * message doesn't need stays zero.
   *
   * @param byteSize the size of the loan, which the message must fit: 8 bytes, 8 for the root
   *     pointer, the struct, and each list, text and data rounded up to 8, of structs 8 more
   * @param fill gets the root; neither it nor what it leads to may be used after its return
   * @return the loan, which is the caller's to send or close; if {@code fill} throws, it is closed
   * @throws IllegalArgumentException if {@code byteSize} is below 16, above 64 MiB or more than the
   *     pool lends, or if the message doesn't fit it
   * @throws PoolExhaustedException if the pool has no room now
   * @throws IllegalStateException if the pool is closed
   */
  public Loan build(LoanPool pool, long byteSize, Consumer<? super B> fill) {
    return OneLoan.build(factory, pool, byteSize, fill);
  }

  @Override
  public String toString() {
    return "TopicType[" + message + "]";
  }
}
