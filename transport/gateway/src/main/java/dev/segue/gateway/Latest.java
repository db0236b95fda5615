package dev.segue.gateway;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.Headers;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.SampleKind;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /topics/KEY}: the newest value; with {@code ?timeout=5s} the first one that the client
 * doesn't have (by its {@code if-none-match}).
 */
final class Latest implements TopicListener {
  private static final String RUN = Long.toHexString(System.currentTimeMillis());

  private final Call call;
  private final KeyExpr key;
  private final Topics topics;
  private final @Nullable Pictures pictures;
  private final Executor slow;
  private final AtomicBoolean answered = new AtomicBoolean();
  private volatile Timers.@Nullable Task timer;

  private Latest(
      Call call, KeyExpr key, Topics topics, @Nullable Pictures pictures, Executor slow) {
    this.call = call;
    this.key = key;
    this.topics = topics;
    this.pictures = pictures;
    this.slow = slow;
  }

  static void answer(
      Call call,
      KeyExpr key,
      Topics topics,
      Timers timers,
      Duration timeout,
      @Nullable Pictures pictures,
      Executor slow) {
    Latest latest = new Latest(call, key, topics, pictures, slow);
    if (timeout.isZero() || latest.isNewAndAnswered()) {
      latest.answerNow();
      return;
    }
    // Listen first, then look again: none between the two is missed.
    topics.add(key, latest);
    latest.timer = timers.after(timeout, latest::answerNow);
    var _ = call.exchange().closed().whenComplete((_, _) -> latest.leave());
    boolean _ = latest.isNewAndAnswered();
    if (latest.answered.get()) {
      latest.leave();
    }
  }

  @Override
  public void onValue(Value value) {
    if (value.metadata().kind() == SampleKind.PUT) {
      answer(value);
    }
  }

  @Override
  public void onEnd() {
    answerNow();
  }

  private boolean isNewAndAnswered() {
    Value value = topics.acquireLatest(key).orElse(null);
    if (value == null) {
      return false;
    }
    try {
      return !isKnown(value) && answer(value);
    } finally {
      value.release();
    }
  }

  private void answerNow() {
    Value value = topics.acquireLatest(key).orElse(null);
    if (value == null) {
      if (answered.compareAndSet(false, true)) {
        leave();
        call.respondText(404, Headers.empty(), key + ": no value seen");
      }
      return;
    }
    try {
      boolean _ = answer(value);
    } finally {
      value.release();
    }
  }

  private boolean answer(Value value) {
    if (!answered.compareAndSet(false, true)) {
      return true;
    }
    leave();
    if (isKnown(value)) {
      var _ = call.respond(304, headersOf(value, false), SegmentedBytes.empty());
      return true;
    }
    value.acquire();
    if (pictures == null) {
      Headers headers = headersOf(value, true);
      send(value, headers, value.payload());
    } else {
      slow.execute(() -> sendPicture(value, pictures));
    }
    return true;
  }

  private void send(Value value, Headers headers, SegmentedBytes bytes) {
    var _ = call.respond(200, headers, bytes).whenComplete((_, _) -> value.release());
  }

  private void sendPicture(Value value, Pictures wanted) {
    try (Picture picture = wanted.of(value).orElse(null)) {
      if (picture == null) {
        call.respondText(415, Headers.empty(), key + ": no picture, or no memory for one now");
        value.release();
      } else {
        send(
            value,
            headersOf(value, false).with("content-type", picture.mediaType()),
            picture.bytes());
      }
    }
  }

  private void leave() {
    topics.remove(this);
    Timers.Task running = timer;
    if (running != null) {
      running.cancel();
    }
  }

  private boolean isKnown(Value value) {
    return Conditions.matches(call.header("if-none-match"), etag(value));
  }

  private static String etag(Value value) {
    return "\"" + RUN + "-" + value.id() + "\"";
  }

  private static Headers headersOf(Value value, boolean withContent) {
    Metadata metadata = value.metadata();
    Instant when =
        metadata.published() == null ? metadata.received() : metadata.published().toInstant();
    Headers headers =
        Headers.of(
            "etag",
            etag(value),
            "last-modified",
            Conditions.date(when),
            "cache-control",
            "no-cache",
            "zenoh-encoding",
            MediaTypes.headerText(metadata.encoding().text()));
    if (metadata.published() != null) {
      headers =
          headers.with(
              "zenoh-timestamp",
              metadata.published().toInstant() + "/" + metadata.published().id());
    }
    if (!withContent) {
      return headers;
    }
    return headers
        .with("content-type", MediaTypes.of(metadata.encoding()))
        .with("content-length", Long.toString(metadata.payloadByteSize()));
  }
}
