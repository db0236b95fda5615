package dev.segue.gateway;

import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.dynamic.MessageType;
import dev.segue.capnproto.topic.TopicSchemas;
import dev.segue.http2.Headers;
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
import org.jspecify.annotations.Nullable;

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
  private static final int LONGEST_NAME = 4096;

  /** Topics of types that nobody has take these in turn. */
  private static final int MOST_ASKED_AT_ONCE = 8;

  /** Some are left for those who wait for an answer. */
  private static final int MOST_AWAITED_AT_ONCE = 16;

  private static final long LARGEST_TOTAL_BYTE_SIZE = 32L << 20;

  private final Session session;
  private final Runnable onFound;
  private final LinkedHashMap<String, Asked> asked = new LinkedHashMap<>(16, 0.75f, true);
  private int askedNow;
  private long totalByteSize;

  /**
   * A type that is known.
   *
   * @param jsonSchema of its messages; the same string for all who want it
   */
  record Known(MessageType type, String jsonSchema) {}

  private static final class Asked {
    private final CompletableFuture<Optional<Known>> type = new CompletableFuture<>();
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
  Optional<Known> known(KeyExpr topic, Encoding encoding) {
    CompletableFuture<Optional<Known>> type = ask(topic, encoding, MOST_ASKED_AT_ONCE);
    return type == null ? Optional.empty() : type.getNow(Optional.empty());
  }

  /**
   * The type of a topic's samples, waiting for those who have its schema.
   *
   * @throws HttpException 503 if too many are asked for at this moment
   */
  Optional<MessageType> await(KeyExpr topic, Encoding encoding)
      throws InterruptedException, HttpException {
    CompletableFuture<Optional<Known>> type = ask(topic, encoding, MOST_AWAITED_AT_ONCE);
    if (type == null) {
      throw new HttpException(
          503, "too many schemas are asked for now", Headers.of("retry-after", "1"));
    }
    try {
      return type.get(LONGEST.toMillis(), TimeUnit.MILLISECONDS).map(Known::type);
    } catch (ExecutionException | TimeoutException e) {
      return Optional.empty();
    }
  }

  /** Null where too many are asked for. */
  private @Nullable CompletableFuture<Optional<Known>> ask(
      KeyExpr topic, Encoding encoding, int mostAtOnce) {
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
      if (askedNow >= mostAtOnce) {
        return null;
      }
      askedNow++;
      asked.put(key, mine); // In place of one without a type, which took nothing.
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
    Optional<Known> found = Optional.empty();
    try {
      found =
          TopicSchemas.find(session, topic, encoding, PATIENCE)
              .filter(type -> type.name().length() <= LONGEST_NAME)
              .map(type -> new Known(type, type.toJsonSchema()));
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

  private void end(Asked mine, String key, Optional<Known> found) {
    long byteSize = found.map(MessageTypes::byteSizeOf).orElse(0L);
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

  private static long byteSizeOf(Known known) {
    return known.type().schemas().toRequest().length + 2L * known.jsonSchema().length();
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
