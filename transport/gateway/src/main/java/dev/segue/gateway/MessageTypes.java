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
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The types of topics' messages, by the schemas that are published beside the topics: asked for in
 * the background, and again after a while, since schemas may come later than their topics, and
 * grow.
 *
 * <p>Two topics may have two versions of a type, so each is asked for its own; one that nobody
 * answers for has that of another topic. Where there are many topics or large schemas, those that
 * come later have that of another at once.
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

  /** The topics that nobody answers for must leave time for the others. */
  private static final int LONGEST_AGAIN_FACTOR = 8;

  private static final Duration STALE_AFTER = Duration.ofSeconds(30);
  private static final int MOST_KNOWN = 256;
  private static final int MOST_OF_THEIR_OWN = 128;
  private static final int LONGEST_NAME = 4096;

  /** Topics of types that nobody has take these in turn. */
  private static final int MOST_ASKED_AT_ONCE = 8;

  /** Some are left for those who wait for an answer. */
  private static final int MOST_AWAITED_AT_ONCE = 16;

  private static final long LARGEST_TOTAL_BYTE_SIZE = 32L << 20;

  private static final String THREAD_NAME = "segue-gateway-schemas";

  private final ThreadFactory threads;
  private final Session session;
  private final Runnable onFound;
  private final long staleAfterNanos;
  private final LinkedHashMap<String, Asked> asked = new LinkedHashMap<>(16, 0.75f, true);
  private int askedNow;
  private long totalByteSize;

  /**
   * A type that is known.
   *
   * @param jsonSchema of its messages; the same string for all who want it
   */
  record Known(MessageType type, String jsonSchema) {
    private long byteSize() {
      return type.schemas().toRequest().length + 2L * jsonSchema.length();
    }

    /** Types grow; of two versions that are published at once, the smaller one never returns. */
    private boolean isLaterThan(Known other) {
      int longer = jsonSchema.length() - other.jsonSchema.length();
      return type.id() != other.type.id()
          || longer > 0
          || (longer == 0 && byteSize() > other.byteSize());
    }
  }

  private static final class Asked {
    private final CompletableFuture<Optional<Known>> type = new CompletableFuture<>();
    private final int againFactor;
    private long nanoTime = System.nanoTime();
    private boolean isAskedAgain;
    private long byteSize;

    private Asked(int againFactor) {
      this.againFactor = againFactor;
    }

    private Optional<Known> now() {
      return type.getNow(Optional.empty());
    }

    private boolean isDue(long staleAfterNanos) {
      if (!type.isDone() || isAskedAgain) {
        return false;
      }
      long age = System.nanoTime() - nanoTime;
      return now().isPresent() ? age >= staleAfterNanos : age > againFactor * AGAIN_NANOS;
    }
  }

  /**
   * Makes a table.
   *
   * @param onFound is called when a type was found
   */
  MessageTypes(Session session, Runnable onFound) {
    this(session, onFound, STALE_AFTER, Thread.ofPlatform().daemon().name(THREAD_NAME).factory());
  }

  /** Makes a table that asks again for what was found so long ago, on such threads. */
  MessageTypes(Session session, Runnable onFound, Duration staleAfter, ThreadFactory threads) {
    this.threads = threads;
    this.session = session;
    this.onFound = onFound;
    staleAfterNanos = staleAfter.toNanos();
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
    // An id stands for one type wherever it comes; what names none is a matter of its topic.
    String shared = TopicSchemas.idOf(encoding).isPresent() ? encoding.text() : "";
    String own = topic + " " + encoding;
    String key;
    Asked mine;
    synchronized (asked) {
      key = shared.isEmpty() || hasRoomFor(own) ? own : shared;
      Asked before = asked.get(key);
      if (before != null && !before.isDue(staleAfterNanos)) {
        return before.type;
      }
      Asked known = before != null && before.now().isPresent() ? before : null;
      if (askedNow >= mostAtOnce) {
        return known == null ? null : known.type;
      }
      askedNow++;
      if (known != null) {
        known.isAskedAgain = true;
        mine = known;
      } else {
        int factor = before == null ? 1 : Math.min(before.againFactor + 1, LONGEST_AGAIN_FACTOR);
        mine = new Asked(factor);
        asked.put(key, mine); // In place of one without a type, which took nothing.
        letGo();
      }
    }
    // The core may wait in native code, which would stop a carrier of virtual threads.
    try {
      threads.newThread(() -> find(mine, key, shared, topic, encoding)).start();
    } catch (OutOfMemoryError e) { // There is no thread for it: as if nobody had it.
      end(mine, key, shared, Optional.empty());
    }
    return mine.type;
  }

  private boolean hasRoomFor(String own) {
    return asked.containsKey(own)
        || (asked.size() < MOST_OF_THEIR_OWN && totalByteSize < LARGEST_TOTAL_BYTE_SIZE / 2);
  }

  private void find(Asked mine, String key, String shared, KeyExpr topic, Encoding encoding) {
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
      end(mine, key, shared, found);
    }
  }

  private void end(Asked mine, String key, String shared, Optional<Known> found) {
    Optional<Known> type = found;
    boolean isChange = found.isPresent();
    synchronized (asked) {
      askedNow--;
      boolean isThere = mine.equals(asked.get(key));
      Optional<Known> before = mine.now();
      if (before.isPresent()) {
        mine.isAskedAgain = false;
        mine.nanoTime = System.nanoTime();
        isChange = isThere && found.isPresent() && found.get().isLaterThan(before.get());
        if (isChange) {
          put(key, completed(found.get()));
        }
      } else {
        Asked other = shared.isEmpty() ? null : asked.get(shared);
        if (found.isEmpty() && other != null) {
          type = other.now();
        } else if (found.isPresent() && !shared.isEmpty() && (other == null || isFailed(other))) {
          put(shared, completed(found.get()));
        }
        if (isThere) {
          setByteSize(mine, type.map(Known::byteSize).orElse(0L));
        }
      }
      letGo();
    }
    mine.type.complete(type);
    if (isChange) {
      onFound.run();
    }
  }

  private static Asked completed(Known known) {
    Asked asked = new Asked(1);
    asked.type.complete(Optional.of(known));
    asked.byteSize = known.byteSize();
    return asked;
  }

  private static boolean isFailed(Asked asked) {
    return asked.type.isDone() && asked.now().isEmpty();
  }

  private void put(String key, Asked known) {
    Asked before = asked.put(key, known);
    totalByteSize += known.byteSize - (before == null ? 0 : before.byteSize);
  }

  private void setByteSize(Asked of, long byteSize) {
    totalByteSize += byteSize - of.byteSize;
    of.byteSize = byteSize;
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
