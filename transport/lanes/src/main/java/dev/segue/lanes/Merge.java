package dev.segue.lanes;

import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Joins the two lanes of one publisher: each message once, in order, without a gap where the lanes
 * change.
 *
 * <p>Both lanes carry each message with the same number, in order, and iceoryx2 first. Zenoh counts
 * until a message of iceoryx2 is the very next one: from there on iceoryx2 has all that follow, and
 * what Zenoh brings of this publisher was given before.
 *
 * <pre>
 *   BOTH: Zenoh's next message is given; one of iceoryx2 that is ahead is held, or left to Zenoh
 *      │ iceoryx2 has the next message, and all after it
 *      ▼
 *   NEAR: iceoryx2's messages are given; of Zenoh's only what iceoryx2 does not have
 * </pre>
 *
 * <p>Numbers wrap round; they are compared by their distance.
 *
 * @param <T> a message of iceoryx2
 */
final class Merge<T> {
  /** The decision about a message. */
  enum Verdict {
    GIVE,
    DROP,
    /** Kept here; {@link #takeHeld()} gives it back. */
    HELD,
    /** Give what {@link #takeHeld()} has first: ask again behind that. */
    WAIT
  }

  private record Held<T>(int number, T message) {}

  private final int limit;
  private final Consumer<T> drop;
  private final ArrayDeque<Held<T>> held = new ArrayDeque<>();

  /** Whether {@code last} is the number of a message that was given or came just before one. */
  private boolean known;

  /** Whether numbers up to {@code last} are past, also when what follows it is not known. */
  private boolean hasPast;

  private int last;

  /** Whether a message of iceoryx2 was left to Zenoh behind those that are held. */
  private boolean left;

  /** Whether iceoryx2 brought a message of the service that is read; {@code seen} was the last. */
  private boolean hasSeen;

  private int seen;

  /** Whether what waits in iceoryx2 can't be read now, so that Zenoh may be ahead of it. */
  private boolean blocked;

  private boolean near;
  private long missedCount;

  /**
   * Of a publisher that nothing is known of.
   *
   * @param limit messages that are held at most
   * @param drop closes a message that was held in vain
   */
  Merge(int limit, Consumer<T> drop) {
    this.limit = limit;
    this.drop = drop;
  }

  /** Gives what iceoryx2 brings, whatever Zenoh has. */
  void nearAlone() {
    near = true;
  }

  /** Returns whether iceoryx2 is the lane that counts. */
  boolean isNear() {
    return near;
  }

  /** Returns whether messages are held. */
  boolean hasHeld() {
    return !held.isEmpty();
  }

  /** Returns whether a message of that number, or one after it, was given. */
  boolean isPast(int number) {
    return hasPast && number - last <= 0;
  }

  /** Messages that should have come by iceoryx2 and were overwritten in its buffer. */
  long missedCount() {
    return missedCount;
  }

  /** The publisher is there again, or by another service: Zenoh counts until further notice. */
  void startOver() {
    if (near && !known) {
      return;
    }
    near = false;
    known = false;
  }

  /** Another service of iceoryx2 is read from now on. */
  void beginNext() {
    hasSeen = false;
    blocked = false;
  }

  /** What waits in iceoryx2 can't be read, and Zenoh counts. */
  void leaveToZenoh() {
    blocked = true;
  }

  /** Returns whether it is so, and Zenoh is the lane. */
  boolean isBlocked() {
    return blocked && !near;
  }

  /**
   * Returns whether a number that Zenoh brought is beyond all that iceoryx2 has, which has each
   * message first: it lost that, or a forger gave the number.
   */
  boolean isAhead(int number) {
    return near || (hasSeen && !blocked && number - seen > 0);
  }

  /** A message of iceoryx2. */
  Verdict onNear(int number, boolean isFirst, T message) {
    boolean isFirstSeen = !hasSeen;
    hasSeen = true;
    seen = number;
    if (isPast(number)) {
      if (!isFirstSeen || blocked) {
        return Verdict.DROP;
      }
      // No copy of it can have come before it: a forger, or an earlier life, had the later numbers.
      last = number - 1;
    }
    if (near) {
      missedCount += known ? number - last - 1 : 0;
      given(number);
      return Verdict.GIVE;
    }
    boolean isNext = hasPast ? number - last == 1 : isFirst;
    if (isNext && held.isEmpty()) {
      given(number);
      near = true;
      return Verdict.GIVE;
    }
    if (!left && held.size() < limit) {
      held.add(new Held<>(number, message));
      return Verdict.HELD;
    }
    left = true;
    return Verdict.DROP;
  }

  /** A message of Zenoh, when all that iceoryx2 had before it went through {@link #onNear}. */
  Verdict onFar(int number) {
    if (isPast(number)) {
      return Verdict.DROP;
    }
    if (near) {
      // iceoryx2 has it not: it was overwritten there, or is of a publisher that came after.
      missedCount += known ? number - last - 1 : 0;
      given(number);
      return Verdict.GIVE;
    }
    if (!known) {
      Held<T> first = held.peek();
      if (first == null || left || first.number - number >= 0) {
        last = number - 1;
      } else {
        last = first.number - 1;
      }
      known = true;
      hasPast = true;
    }
    dropPast();
    Held<T> first = held.peek();
    if (first != null && first.number - number < 0) {
      last = first.number - 1; // Zenoh lost what lies before it
      return Verdict.WAIT;
    }
    given(number);
    dropPast();
    return Verdict.GIVE;
  }

  /** The held message that is the next one, or null. */
  @Nullable T takeHeld() {
    dropPast();
    Held<T> first = held.peek();
    if (first == null || !known || first.number - last != 1) {
      return null;
    }
    held.remove();
    given(first.number);
    if (held.isEmpty()) {
      near = !left;
      left = false;
    }
    return first.message;
  }

  private void given(int number) {
    last = number;
    known = true;
    hasPast = true;
  }

  private void dropPast() {
    while (known && !held.isEmpty() && held.peek().number - last <= 0) {
      drop.accept(held.remove().message);
    }
    if (held.isEmpty() && !near) {
      left = false;
    }
  }

  /** Closes what is held. */
  void close() {
    held.forEach(kept -> drop.accept(kept.message));
    held.clear();
  }
}
