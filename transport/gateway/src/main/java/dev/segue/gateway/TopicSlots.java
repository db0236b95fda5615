package dev.segue.gateway;

import dev.segue.zenoh.KeyExpr;
import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Gives each topic a small number, so that a stream needs a bit for each topic that it is behind
 * with, and not an entry of a table: there may be thousands of streams and of topics. The number of
 * a topic that was forgotten goes to another one, so who looks a topic up by a number that it has
 * kept must see whether that topic is one of its own.
 *
 * <p>Owner: {@link Topics}. Lifetime: the same. Threads: any.
 */
final class TopicSlots {
  private final BitSet taken = new BitSet();
  private @Nullable Topic[] topics = new Topic[64];
  private long madeCount;

  /** A topic with the lowest number that is free. */
  synchronized Topic newTopic(KeyExpr keyExpr) {
    int slot = taken.nextClearBit(0);
    Topic topic = new Topic(keyExpr, slot, madeCount++);
    if (slot == topics.length) {
      topics = Arrays.copyOf(topics, 2 * slot);
    }
    taken.set(slot);
    topics[slot] = topic;
    return topic;
  }

  /** Frees the number of a topic that was forgotten. */
  synchronized void remove(Topic topic) {
    if (isCurrent(topic)) {
      topic.forget();
      topics[topic.slot()] = null;
      taken.clear(topic.slot());
    }
  }

  /** Returns whether the topic still has its number. */
  boolean isCurrent(Topic topic) {
    return !topic.isForgotten();
  }

  /** The topic that has a number now; null if none has. */
  synchronized @Nullable Topic get(int slot) {
    return slot < topics.length ? topics[slot] : null;
  }
}
