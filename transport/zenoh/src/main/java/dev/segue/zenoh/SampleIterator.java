package dev.segue.zenoh;

import java.time.Duration;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/** Samples that end when the next one is asked for. */
final class SampleIterator implements Iterator<Sample> {
  private static final Duration WAIT = Duration.ofSeconds(1);

  private final Subscriber subscriber;

  /** Those of the subscriber that hold a sample, which nobody else would close. */
  private final Set<SampleIterator> open;

  private @Nullable Sample current;
  private @Nullable Sample next;

  /** Whose the samples are. */
  private volatile @Nullable Thread reader;

  SampleIterator(Subscriber subscriber, Set<SampleIterator> open) {
    this.subscriber = subscriber;
    this.open = open;
  }

  @Override
  public boolean hasNext() {
    if (next == null) {
      // What a loop that was left early stopped at would stay for as long as the subscriber, and
      // that of a thread that has ended for longer.
      open.forEach(SampleIterator::leaveHere);
      leave();
      next = await();
    }
    return next != null;
  }

  @Override
  public Sample next() {
    Sample sample = hasNext() ? next : null;
    if (sample == null) {
      throw new NoSuchElementException("no more samples of " + subscriber);
    }
    next = null;
    current = sample;
    return sample;
  }

  /** Ends the sample that this stands at; one that is unread stays. */
  private void leave() {
    if (next == null) {
      open.remove(this);
    }
    Sample left = current;
    current = null;
    if (left != null) {
      left.close();
    }
  }

  private void leaveHere() {
    Thread of = reader;
    if (Thread.currentThread().equals(of)) {
      leave();
    } else if (of != null && !of.isAlive()) {
      end();
    }
  }

  /**
   * Ends what the loop was left with; samples of another thread that has not ended end with its
   * next step.
   */
  void end() {
    Thread of = reader;
    boolean isHere = Thread.currentThread().equals(of);
    if (of == null || (!isHere && (of.isAlive() || !open.remove(this)))) {
      return;
    }
    Sample unread = next;
    next = null;
    leave();
    if (unread != null) {
      unread.close();
    }
  }

  private @Nullable Sample await() {
    while (true) {
      try {
        Optional<Sample> sample = subscriber.receive(WAIT);
        if (sample.isPresent()) {
          reader = Thread.currentThread();
          open.add(this);
          return sample.get();
        }
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        throw new CancellationException("interrupted while waiting for a sample of " + subscriber);
      } catch (IllegalStateException e) {
        if (subscriber.isClosed()) {
          return null;
        }
        throw e;
      }
    }
  }
}
