package dev.segue.gateway;

import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.dynamic.MessageType;
import dev.segue.capnproto.topic.TopicSchemas;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The types of topics' messages, by the schemas that are published beside the topics: asked for in
 * the background, and again after a while where nobody had one.
 *
 * <p>Memory is bounded by the number of types and by the bytes of their schemas; beyond either, the
 * one that was used least recently is forgotten.
 *
 * <p>Owner: the gateway. Lifetime: the same. Threads: any.
 */
final class MessageTypes {
  private static final Duration PATIENCE = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofSeconds(3);
  private static final long AGAIN_NANOS = Duration.ofSeconds(10).toNanos();
  private static final int MOST_KNOWN = 256;
  private static final int MOST_ASKED_AT_ONCE = 8;
  private static final long LARGEST_TOTAL_BYTE_SIZE = 32L << 20;

  private final Session session;
  private final Runnable onFound;
  private final LinkedHashMap<String, Asked> asked = new LinkedHashMap<>(16, 0.75f, true);
  private int askedNow;
  private long totalByteSize;

  private static final class Asked {
    private final CompletableFuture<Optional<MessageType>> type = new CompletableFuture<>();
    private final long nanoTime = System.nanoTime();
    private long byteSize;

    private boolean isOver() {
      boolean isFailed = type.isDone() && type.getNow(Optional.empty()).isEmpty();
      return isFailed && System.nanoTime() - nanoTime > AGAIN_NANOS;
    }
  }

  /**
   * Makes a table.
   *
   * @param onFound is called when a type was found
   */
  MessageTypes(Session session, Runnable onFound) {
    this.session = session;
    this.onFound = onFound;
  }

  /** The type of a topic's samples, if it is known by now; asks for it if not, and doesn't wait. */
  Optional<MessageType> known(KeyExpr topic, Encoding encoding) {
    return ask(topic, encoding).getNow(Optional.empty());
  }

  /** The type of a topic's samples, waiting for those who have its schema. */
  Optional<MessageType> await(KeyExpr topic, Encoding encoding) throws InterruptedException {
    try {
      return ask(topic, encoding).get(LONGEST.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      return Optional.empty();
    }
  }

  private CompletableFuture<Optional<MessageType>> ask(KeyExpr topic, Encoding encoding) {
    if (!TopicSchemas.isMessage(encoding)) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    // An id stands for the same type wherever it comes; what names none is a matter of its topic.
    boolean hasId = TopicSchemas.idOf(encoding).isPresent();
    String key = hasId ? encoding.text() : topic + " " + encoding;
    Asked mine = new Asked();
    synchronized (asked) {
      Asked before = asked.get(key);
      if (before != null && !before.isOver()) {
        return before.type;
      }
      if (askedNow == MOST_ASKED_AT_ONCE) {
        return CompletableFuture.completedFuture(Optional.empty());
      }
      askedNow++;
      Asked _ = asked.put(key, mine);
      letGo();
    }
    // The core may wait in native code, which would stop a carrier of virtual threads.
    Thread _ =
        Thread.ofPlatform()
            .daemon()
            .name("segue-gateway-schemas")
            .start(() -> find(mine, key, topic, encoding));
    return mine.type;
  }

  private void find(Asked mine, String key, KeyExpr topic, Encoding encoding) {
    Optional<MessageType> found = Optional.empty();
    try {
      found = TopicSchemas.find(session, topic, encoding, PATIENCE);
    } catch (CapnProtoException
        | ZenohException
        | IllegalArgumentException
        | IllegalStateException _) {
      // As if nobody had it: the samples are shown as the bytes that they are.
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      end(mine, key, found);
    }
  }

  private void end(Asked mine, String key, Optional<MessageType> found) {
    long byteSize = found.map(type -> (long) type.schemas().toRequest().length).orElse(0L);
    synchronized (asked) {
      askedNow--;
      if (mine.equals(asked.get(key))) {
        mine.byteSize = byteSize;
        totalByteSize += byteSize;
        letGo();
      }
    }
    boolean _ = mine.type.complete(found);
    if (found.isPresent()) {
      onFound.run();
    }
  }

  /** The newest stays, however large it is: a schema has a limit of its own. */
  private void letGo() {
    Iterator<Asked> all = asked.values().iterator();
    while (asked.size() > 1
        && (asked.size() > MOST_KNOWN || totalByteSize > LARGEST_TOTAL_BYTE_SIZE)) {
      totalByteSize -= all.next().byteSize;
      all.remove();
    }
  }
}
