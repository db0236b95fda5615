package dev.segue.capnproto.topic;

import dev.segue.bytes.LoanPool;
import dev.segue.bytes.PoolExhaustedException;
import dev.segue.capnproto.LoanMessage;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.Queryable;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.capnproto.StructFactory;
import org.capnproto.StructReader;

/**
 * Publishes messages of one type, built in the memory that is handed over.
 *
 * <pre>{@code
 * try (TopicPublisher<CameraFrame.Builder> frames =
 *     TopicPublisher.of(session, key, FRAMES, shmPool)) {
 *   frames.publish(frame -> frame.setSequence(7));
 * }
 * }</pre>
 *
 * <p>Until it is closed it answers for the schema of its messages, as {@link TopicSchemas} says, so
 * that tools can read the topic.
 *
 * <p>Owner: the caller; its session closes it at the latest. Lifetime: until {@link #close()}, as a
 * {@link Publisher}; the pool is the caller's. Threads: any.
 *
 * @param <B> the generated class's builder
 */
public final class TopicPublisher<B> implements AutoCloseable {
  private final Publisher publisher;
  private final Queryable schema;
  private final StructFactory<B, ?> factory;
  private final LoanPool pool;

  private TopicPublisher(
      Publisher publisher, Queryable schema, StructFactory<B, ?> factory, LoanPool pool) {
    this.publisher = publisher;
    this.schema = schema;
    this.factory = factory;
    this.pool = pool;
  }

  /**
   * Declares a publisher with Zenoh's defaults: messages are dropped under congestion.
   *
   * @param pool where messages are built; of shared memory, so that they go without a copy
   */
  public static <B, R extends StructReader> TopicPublisher<B> of(
      Session session, KeyExpr keyExpr, TopicType<B, R> type, LoanPool pool) throws ZenohException {
    return of(session, keyExpr, type, pool, PublisherOptions.defaults());
  }

  /**
   * Declares a publisher; the type's encoding takes the place of that of the options.
   *
   * @throws IllegalArgumentException as {@link TopicSchemas#key}
   */
  public static <B, R extends StructReader> TopicPublisher<B> of(
      Session session,
      KeyExpr keyExpr,
      TopicType<B, R> type,
      LoanPool pool,
      PublisherOptions options)
      throws ZenohException {
    // First, so that whoever gets a sample can ask what it is.
    Queryable schema = TopicSchemas.publish(session, keyExpr, type.message());
    boolean isDeclared = false;
    try {
      Publisher publisher = session.declarePublisher(keyExpr, options.encoding(type.encoding()));
      isDeclared = true;
      return new TopicPublisher<>(publisher, schema, type.factory(), pool);
    } finally {
      if (!isDeclared) {
        schema.close();
      }
    }
  }

  /**
   * Builds a message in the pool's memory and publishes it; the memory goes back as soon as no
   * reader holds it. If {@code fill} throws, nothing is published.
   *
   * @throws PoolExhaustedException if the pool has no room now
   * @throws ZenohException as {@link Publisher#put}
   * @throws IllegalStateException if the publisher or the pool is closed
   */
  public void publish(Consumer<? super B> fill) throws ZenohException {
    try (LoanMessage message = LoanMessage.of(pool)) {
      fill.accept(message.initRoot(factory));
      publisher.put(message.handOver());
    }
  }

  /**
   * {@link #publish(Consumer)} with the message itself, for data that was captured before: {@code
   * (frame, message) -> message.embed(pixels, byteSize, frame::initPixels)}.
   *
   * @throws PoolExhaustedException as {@link #publish(Consumer)}
   * @throws ZenohException as {@link #publish(Consumer)}
   */
  public void publish(BiConsumer<? super B, LoanMessage> fill) throws ZenohException {
    try (LoanMessage message = LoanMessage.of(pool)) {
      fill.accept(message.initRoot(factory), message);
      publisher.put(message.handOver());
    }
  }

  /** The publisher beneath, to wait for subscribers. */
  public Publisher publisher() {
    return publisher;
  }

  /** {@link Publisher#close()}; nor does it answer for the schema any more. */
  @Override
  public void close() {
    try {
      publisher.close();
    } finally {
      schema.close();
    }
  }

  @Override
  public String toString() {
    return "TopicPublisher[" + publisher.keyExpr() + ", " + factory.getClass().getName() + "]";
  }
}
