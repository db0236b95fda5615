package dev.segue.gateway;

import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.SampleKind;
import java.net.InetAddress;
import java.time.Duration;
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
  private final SampleResponse response;
  private final Runnable otherwise;
  private final AtomicBoolean answered = new AtomicBoolean();
  private volatile Timers.@Nullable Task timer;

  /** The client has the sample with this {@link KeptSample#id()}: no older one is news to it. */
  private volatile long knownId;

  private NewestAnswer(Topics topics, SampleResponse response, Runnable otherwise) {
    this.call = response.call();
    this.key = response.key();
    this.topics = topics;
    this.response = response;
    this.otherwise = otherwise;
    this.knownId = response.knownId();
  }

  /**
   * Answers, perhaps later.
   *
   * @param otherwise what to do when there is no value
   */
  static void answer(
      SampleResponse response, Topics topics, Timers timers, Duration timeout, Runnable otherwise) {
    NewestAnswer answer = new NewestAnswer(topics, response, otherwise);
    GatewayExchange call = answer.call;
    KeyExpr key = answer.key;
    if (timeout.isZero() || answer.isNewAndAnswered()) {
      answer.answerNow();
      return;
    }
    // Listen first, then look again: none between the two is missed.
    topics.add(key, answer);
    answer.timer = timers.after(timeout, answer::answerNow);
    call.whenOver(answer::leave);
    answer.isNewAndAnswered();
    if (answer.answered.get()) {
      answer.leave();
    }
  }

  @Override
  public void onSample(Topic topic, KeptSample sample) {
    if (sample.metadata().kind() != SampleKind.PUT || isNewAndAnswered()) {
      return; // There may be a newer one than it is told of.
    }
    if (sample.id() > knownId && answered.compareAndSet(false, true)) {
      leave();
      Optional<LentSample> lent = sample.tryLend(call.client());
      lent.ifPresentOrElse(response::respond, response::refuse);
    }
  }

  @Override
  public void onMissed(Topic topic, long count, long sequence) {
    isNewAndAnswered(); // If the newest one could be kept; else it waits for the next one.
  }

  @Override
  public InetAddress client() {
    return call.client();
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
    long id = lent.sample().id();
    if (id > knownId && !response.isKnown(lent) && answered.compareAndSet(false, true)) {
      leave();
      response.respond(lent);
      return true;
    }
    knownId = Math.max(knownId, id);
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
      response.respond(newest.lent().get());
    } else if (newest.refused()) {
      response.refuse();
    } else {
      otherwise.run();
    }
  }

  private void leave() {
    topics.remove(this);
    Timers.Task running = timer;
    if (running != null) {
      running.cancel();
    }
  }
}
