package dev.segue.capnproto.topic;

import dev.segue.bytes.OffHeapPool;
import dev.segue.capnproto.CapnProtoException;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.SampleKind;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.Subscriber;
import dev.segue.zenoh.ZenohException;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import org.capnproto.StructReader;
import org.jspecify.annotations.Nullable;

/**
 * Receives messages of one type and reads them where they lie.
 *
 * <pre>{@code
 * try (TopicSubscriber frames =
 *     TopicSubscriber.of(session, key, FRAMES, (frame, sample) -> show(frame.getSequence()))) {
 *   …
 * }
 * }</pre>
 *
 * <p>A sample of another type, and one whose message is faulty or beyond the limits, is rejected
 * individually: {@link TopicOptions#onRefused} gets it, and later samples are still delivered.
 * Deletions have no message and are left out.
 *
 * <p>Owner: the caller, who must close it even after its session has ended it, to free the memory
 * in which large messages were gathered. Lifetime: until {@link #close()}, as a {@link Subscriber}.
 * Threads: the handler runs on one thread of the library; {@link #close()} on any.
 */
public final class TopicSubscriber implements AutoCloseable {
  private static final int MOST_TOLD_TYPES = 64;
  private static final long SMALLEST_POOL = 4096;

  private final OffHeapPool gatherPool;
  private final LongAdder refusedCount = new LongAdder();
  private final Set<Encoding> toldTypes = new HashSet<>();
  private @Nullable Subscriber subscriber;

  private TopicSubscriber(OffHeapPool gatherPool) {
    this.gatherPool = gatherPool;
  }

  /** Declares a subscriber with {@link TopicOptions#defaults()}. */
  public static <B, R extends StructReader> TopicSubscriber of(
      Session session, KeyExpr keyExpr, TopicType<B, R> type, TopicHandler<? super R> handler)
      throws ZenohException {
    return of(session, keyExpr, type, TopicOptions.defaults(), handler);
  }

  /**
   * Declares a subscriber.
   *
   * @param handler runs on a thread of the library; what it throws goes to {@link
   *     dev.segue.zenoh.SubscriberOptions#onHandlerError}
   */
  public static <B, R extends StructReader> TopicSubscriber of(
      Session session,
      KeyExpr keyExpr,
      TopicType<B, R> type,
      TopicOptions options,
      TopicHandler<? super R> handler)
      throws ZenohException {
    long largest = Math.max(SMALLEST_POOL, options.limits().maxMessageByteSize());
    TopicSubscriber topic = new TopicSubscriber(new OffHeapPool(largest));
    boolean isDeclared = false;
    try {
      topic.subscriber =
          session.declareSubscriber(
              keyExpr,
              options.subscriber(),
              sample -> topic.receive(sample, type, options, handler));
      isDeclared = true;
      return topic;
    } finally {
      if (!isDeclared) {
        topic.gatherPool.close();
      }
    }
  }

  private <B, R extends StructReader> void receive(
      Sample sample, TopicType<B, R> type, TopicOptions options, TopicHandler<? super R> handler) {
    if (sample.kind() == SampleKind.DELETE) {
      return;
    }
    try {
      type.<RuntimeException>read(
          sample, options.limits(), gatherPool, message -> handler.onMessage(message, sample));
    } catch (CapnProtoException e) {
      refusedCount.increment();
      options.onRefused().accept(sample, e);
    } catch (WrongTypeException e) {
      refusedCount.increment();
      // A peer that makes up types can't fill the memory, nor the log.
      if (toldTypes.size() < MOST_TOLD_TYPES && toldTypes.add(sample.encoding())) {
        options.onRefused().accept(sample, e);
      }
    }
  }

  /** Returns the number of samples refused: of another type, faulty, or beyond the limits. */
  public long refusedCount() {
    return refusedCount.sum();
  }

  /** The subscriber beneath, with its counts. */
  public Subscriber subscriber() {
    Subscriber known = subscriber;
    if (known == null) {
      throw new IllegalStateException("a subscriber that wasn't declared");
    }
    return known;
  }

  /** {@link Subscriber#close()}. */
  @Override
  public void close() {
    subscriber().close();
    gatherPool.close();
  }

  @Override
  public String toString() {
    return "TopicSubscriber[" + (subscriber == null ? "" : subscriber.keyExpr()) + "]";
  }
}
