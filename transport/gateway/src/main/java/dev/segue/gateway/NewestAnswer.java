package dev.segue.gateway;

import dev.segue.bytes.PoolExhaustedException;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.Headers;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.SampleKind;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Answers {@code GET /topics/KEY} with the newest sample; with {@code ?timeout=5s} with the first
 * one that the client doesn't have (by its {@code if-none-match}).
 */
final class NewestAnswer implements TopicListener {
  private final GatewayExchange call;
  private final KeyExpr key;
  private final Topics topics;
  private final Timers timers;
  private final @Nullable PictureRequest picture;
  private final PictureMaker maker;
  private final AtomicBoolean answered = new AtomicBoolean();
  private volatile Timers.@Nullable Task timer;

  private NewestAnswer(
      GatewayExchange call,
      KeyExpr key,
      Topics topics,
      Timers timers,
      @Nullable PictureRequest picture,
      PictureMaker maker) {
    this.call = call;
    this.key = key;
    this.topics = topics;
    this.timers = timers;
    this.picture = picture;
    this.maker = maker;
  }

  static void answer(
      GatewayExchange call,
      KeyExpr key,
      Topics topics,
      Timers timers,
      Duration timeout,
      @Nullable PictureRequest picture,
      PictureMaker maker) {
    NewestAnswer answer = new NewestAnswer(call, key, topics, timers, picture, maker);
    if (timeout.isZero() || answer.isNewAndAnswered()) {
      answer.answerNow();
      return;
    }
    // Listen first, then look again: none between the two is missed.
    topics.add(key, answer);
    answer.timer = timers.after(timeout, answer::answerNow);
    var _ = call.exchange().closed().whenComplete((_, _) -> answer.leave());
    boolean _ = answer.isNewAndAnswered();
    if (answer.answered.get()) {
      answer.leave();
    }
  }

  @Override
  public void onSample(Topic topic, KeptSample sample) {
    if (sample.metadata().kind() == SampleKind.PUT && answered.compareAndSet(false, true)) {
      leave();
      Optional<LentSample> lent = sample.tryLend(call.client());
      lent.ifPresentOrElse(this::respond, this::refuse);
    }
  }

  @Override
  public void onLost(Topic topic, Metadata metadata) {
    // It waits for the next one.
  }

  @Override
  public void onEnd() {
    answerNow();
  }

  private Topic.Newest lendNewest() {
    return topics
        .find(key)
        .map(topic -> topic.lendNewest(call.client()))
        .orElse(new Topic.Newest(Optional.empty(), false));
  }

  private boolean isNewAndAnswered() {
    Topic.Newest newest = lendNewest();
    if (newest.lent().isEmpty()) {
      return false;
    }
    LentSample lent = newest.lent().get();
    if (!isKnown(lent) && answered.compareAndSet(false, true)) {
      leave();
      respond(lent);
      return true;
    }
    lent.close();
    return answered.get();
  }

  private void answerNow() {
    if (!answered.compareAndSet(false, true)) {
      return;
    }
    leave();
    Topic.Newest newest = lendNewest();
    if (newest.lent().isPresent()) {
      respond(newest.lent().get());
    } else if (newest.refused()) {
      refuse();
    } else {
      call.respondText(404, Headers.empty(), key + ": no value seen");
    }
  }

  private void refuse() {
    call.refuse(
        new HttpException(
            503,
            "clients hold as many bytes of samples as they may",
            Headers.of("retry-after", "1")));
  }

  /** Answers with the sample, and closes it when it is on its way. */
  private void respond(LentSample lent) {
    boolean handedOver = false;
    try {
      call.checkStillAllowed(); // It may have waited for long.
      if (isKnown(lent)) {
        var _ = call.respond(304, headersOf(lent, false), SegmentedBytes.empty());
      } else if (picture == null) {
        handedOver = true;
        send(lent, headersOf(lent, true), lent.payload());
      } else {
        PictureRequest wanted = picture;
        maker.threads(call.client()).execute(() -> sendPicture(lent, wanted));
        handedOver = true;
      }
    } catch (HttpException e) {
      call.refuse(e);
    } catch (Throwable e) {
      call.fail("answer of " + key, e);
    } finally {
      if (!handedOver) {
        lent.close();
      }
    }
  }

  private void send(LentSample lent, Headers headers, SegmentedBytes bytes) {
    boolean begun = false;
    try {
      var sent = call.respond(200, headers, bytes);
      Timers.Task deadline = timers.after(ReadingPace.allowance(bytes.byteSize()), call::giveUp);
      begun = true;
      var _ =
          sent.whenComplete(
              (_, _) -> {
                deadline.cancel();
                lent.close();
              });
    } finally {
      if (!begun) {
        lent.close();
      }
    }
  }

  private void sendPicture(LentSample lent, PictureRequest wanted) {
    boolean handedOver = false;
    try (Picture made = maker.of(lent, wanted, call).orElse(null)) {
      if (made == null) {
        call.respondText(415, Headers.empty(), key + ": no picture");
      } else {
        handedOver = true;
        send(lent, headersOf(lent, false).with("content-type", made.mediaType()), made.bytes());
      }
    } catch (PoolExhaustedException e) {
      call.refuse(
          new HttpException(503, "no memory for a picture now", Headers.of("retry-after", "1")));
    } catch (Throwable e) {
      call.fail("picture of " + key, e);
    } finally {
      if (!handedOver) {
        lent.close();
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

  private boolean isKnown(LentSample value) {
    return Conditions.matches(call.header("if-none-match"), etag(value));
  }

  private static String etag(LentSample value) {
    return "\"" + KeptSample.RUN + "-" + value.sample().id() + "\"";
  }

  private static Headers headersOf(LentSample value, boolean withContent) {
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
    if (metadata.attachment() != null) {
      headers = headers.with("zenoh-attachment", metadata.attachment());
    }
    if (!withContent) {
      return headers;
    }
    return headers
        .with("content-type", MediaTypes.of(metadata.encoding()))
        .with("content-length", Long.toString(metadata.payloadByteSize()));
  }
}
