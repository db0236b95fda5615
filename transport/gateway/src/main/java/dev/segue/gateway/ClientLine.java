package dev.segue.gateway;

import java.net.InetAddress;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Tells the streams of one client's address of samples, in the order in which these came.
 *
 * <pre>
 *                 few streams: told at once
 *               ┌──────────────────────────►
 *   sample ─────┤                                   on threads that addresses get in turn
 *               └──► waiting, lent to the client ──────────────────────────►
 *                       │ too many, or the client may be lent no more
 *                       ▼
 *                    missed: a count for each topic ───────────────────────► first
 * </pre>
 *
 * <p>So an address with thousands of streams keeps no sample from others. A stream that is told
 * that it missed samples of a topic sends the topic's newest one, which may be later than those
 * that wait.
 *
 * <p>Owner: {@link Subscriptions}. Lifetime: as long as the address has a stream; what waits then
 * is let go of in its turn, or by {@link #close()}. Threads: any.
 */
final class ClientLine implements AutoCloseable {
  /** So many are told on the thread that the sample comes on: it costs more to hand it over. */
  static final int FEW_COUNT = 8;

  /** As many samples wait as may for the thread that they come on. */
  static final int MAX_WAITING_COUNT = 256;

  private final InetAddress client;
  private final Executor threads;

  /** With room for all of them: one that has no memory to grow drops what it has. */
  private final ArrayDeque<Untold> waiting = new ArrayDeque<>(MAX_WAITING_COUNT + 1);

  /** All are older than what waits. */
  private final LinkedHashMap<Topic, Missed> missed = new LinkedHashMap<>();

  /** The same of topics that were forgotten since: counts alone, added up for each group. */
  private final LinkedHashMap<Subscriptions.Group, MissedOf> forgotten = new LinkedHashMap<>();

  /** So many topics are missed when it looks next for forgotten ones among them. */
  private int lookAtCount = MAX_WAITING_COUNT;

  /** At or below the ids of what is missed, and of what is being told. */
  private long missedId = Long.MAX_VALUE;

  private long tellingId = Long.MAX_VALUE;
  private @Nullable Topic tellingTopic;
  private long tellingSequence;
  private boolean telling;

  /** Made once: where there is no memory for it, nobody would go on. */
  private final Runnable tellNext = this::tellNext;

  private boolean closed;

  /**
   * A sample that is to be told.
   *
   * @param id {@link KeptSample#id()}, or that of an earlier one
   * @param lent empty if there was no memory to keep it
   */
  private record Untold(
      Topic topic,
      long id,
      long sequence,
      Optional<LentSample> lent,
      List<Subscriptions.Group> groups) {}

  /** Samples of one topic that nobody will be told of one by one. */
  private record Missed(long count, long sequence, List<Subscriptions.Group> groups) {}

  /** With a topic; of several that were forgotten, the last one. */
  private record MissedOf(Topic topic, Missed missed) {}

  /**
   * Makes the line of an address.
   *
   * @param threads where many streams are told
   */
  ClientLine(InetAddress client, Executor threads) {
    this.client = client;
    this.threads = threads;
  }

  /**
   * Tells the groups' streams of a sample, now or later.
   *
   * @param id {@link KeptSample#id()}; of one that could not be kept, that of an earlier one
   * @param kept empty if there was no memory to keep it
   */
  void tell(
      Topic topic,
      long id,
      long sequence,
      Optional<KeptSample> kept,
      List<Subscriptions.Group> groups) {
    boolean first;
    boolean now;
    synchronized (this) {
      if (closed) {
        return;
      }
      now = !telling && isDone() && !Subscriptions.Group.areMoreThan(FEW_COUNT, groups);
      if (now) {
        setTelling(topic, id, sequence);
      } else {
        add(topic, id, sequence, kept, groups);
      }
      first = !telling;
      telling = true;
    }
    if (now) {
      try {
        tell(topic, sequence, kept, groups);
      } finally {
        goOn();
      }
    } else if (first) {
      handOn();
    }
  }

  private void add(
      Topic topic,
      long id,
      long sequence,
      Optional<KeptSample> kept,
      List<Subscriptions.Group> groups) {
    Optional<LentSample> lent = kept.flatMap(each -> each.tryLend(client));
    while (lent.isEmpty() && kept.isPresent() && !waiting.isEmpty()) {
      missOldest(); // What waits goes before the newest is refused.
      lent = kept.get().tryLend(client);
    }
    Untold next = new Untold(topic, id, sequence, lent, groups);
    if (lent.isEmpty() && kept.isPresent()) {
      miss(next);
      return;
    }
    waiting.add(next);
    if (waiting.size() > MAX_WAITING_COUNT) {
      missOldest();
    }
  }

  /** It stays among those that wait where the heap has no room to note it. */
  private void missOldest() {
    miss(waiting.element());
    waiting.remove();
  }

  private void miss(Untold sample) {
    Missed before = missed.get(sample.topic());
    long count = before == null ? 1 : before.count() + 1;
    missed.put(sample.topic(), new Missed(count, sample.sequence(), sample.groups()));
    missedId = Math.min(missedId, sample.id());
    sample.lent().ifPresent(LentSample::close);
    if (missed.size() >= lookAtCount) {
      addUpForgotten();
      lookAtCount = Math.max(MAX_WAITING_COUNT, 2 * missed.size());
    }
  }

  /** A publisher of ever new keys would have ever more topics missed. */
  private void addUpForgotten() {
    forgotten.keySet().removeIf(group -> group.listeners().isEmpty());
    missed
        .entrySet()
        .removeIf(
            each -> {
              boolean isGone = each.getKey().isForgotten();
              if (isGone) {
                each.getValue().groups().forEach(group -> addUp(group, each));
              }
              return isGone;
            });
  }

  private void addUp(Subscriptions.Group group, Map.Entry<Topic, Missed> gone) {
    if (!group.listeners().isEmpty()) {
      MissedOf before = forgotten.get(group);
      long count = gone.getValue().count() + (before == null ? 0 : before.missed().count());
      Missed sum = new Missed(count, gone.getValue().sequence(), List.of(group));
      forgotten.put(group, new MissedOf(gone.getKey(), sum));
    }
  }

  /** One sample, or what was missed of one topic, so that other addresses get their turn. */
  private void tellNext() {
    Untold next = null;
    try {
      MissedOf before;
      synchronized (this) {
        before = nextMissed();
        next = before == null ? waiting.poll() : null;
        if (before != null) {
          setTelling(before.topic(), missedId, before.missed().sequence());
        } else if (next != null) {
          setTelling(next.topic(), next.id(), next.sequence());
        }
        if (missed.isEmpty()) {
          missedId = Long.MAX_VALUE;
        }
      }
      if (before != null) {
        tellMissed(before.topic(), before.missed());
      } else if (next != null) {
        tell(next.topic(), next.sequence(), next.lent().map(LentSample::sample), next.groups());
      }
    } finally {
      if (next != null) {
        next.lent().ifPresent(LentSample::close);
      }
      goOn();
    }
  }

  private @Nullable MissedOf nextMissed() {
    if (!forgotten.isEmpty()) {
      return takeFirst(forgotten, Map.Entry::getValue);
    }
    return missed.isEmpty()
        ? null
        : takeFirst(missed, each -> new MissedOf(each.getKey(), each.getValue()));
  }

  /** Nothing is taken where the heap has no room for the result. */
  private static <K, V> MissedOf takeFirst(
      Map<K, V> from, Function<Map.Entry<K, V>, MissedOf> maker) {
    Iterator<Map.Entry<K, V>> each = from.entrySet().iterator();
    MissedOf first = maker.apply(each.next());
    each.remove();
    return first;
  }

  private void setTelling(@Nullable Topic topic, long id, long sequence) {
    tellingTopic = topic;
    tellingId = id;
    tellingSequence = sequence;
  }

  private void goOn() {
    boolean more;
    synchronized (this) {
      setTelling(null, Long.MAX_VALUE, 0);
      more = !isDone();
      telling = more;
    }
    if (more) {
      handOn();
    }
  }

  private void handOn() {
    if (!Work.isTakenBy(threads, tellNext)) {
      synchronized (this) {
        telling = false; // The next sample tries again, or the next heartbeat.
        while (!waiting.isEmpty()) {
          missOldest();
        }
      }
    }
  }

  private boolean isDone() {
    return missed.isEmpty() && forgotten.isEmpty() && waiting.isEmpty();
  }

  /** Tries again where there was no thread. */
  void retry() {
    synchronized (this) {
      if (telling || isDone()) {
        return;
      }
      telling = true;
    }
    handOn();
  }

  private static void tell(
      Topic topic, long sequence, Optional<KeptSample> kept, List<Subscriptions.Group> groups) {
    if (kept.isEmpty()) {
      tellMissed(topic, new Missed(1, sequence, groups));
      return;
    }
    KeptSample sample = kept.get();
    each(topic, groups, listener -> listener.onSample(topic, sample));
  }

  private static void tellMissed(Topic topic, Missed missed) {
    each(
        topic,
        missed.groups(),
        listener -> listener.onMissed(topic, missed.count(), missed.sequence()));
  }

  /**
   * A fault of one listener keeps the sample from none of the others, and neither does a full heap:
   * there is no iterator to be made.
   */
  private static void each(
      Topic topic, List<Subscriptions.Group> groups, Consumer<TopicListener> telling) {
    for (int i = 0; i < groups.size(); i++) {
      List<TopicListener> listeners = groups.get(i).listeners();
      for (int j = 0; j < listeners.size(); j++) {
        try {
          telling.accept(listeners.get(j));
        } catch (RuntimeException | Error e) {
          Work.warn(topic.key(), e);
        }
      }
    }
  }

  /**
   * Returns whether a stream may still be told of samples of a topic that came before now.
   *
   * @param told up to which of them it was told
   */
  synchronized boolean mayTell(Topic topic, long told) {
    if ((topic.equals(tellingTopic) && tellingSequence > told) || missed.containsKey(topic)) {
      return true;
    }
    for (Untold each : waiting) {
      if (each.topic().equals(topic)) {
        return true;
      }
    }
    return false;
  }

  /** Returns whether a stream may still be told of a sample that was kept before one. */
  synchronized boolean mayTellOlder(long id) {
    if (missedId < id || tellingId < id) {
      return true;
    }
    for (Untold each : waiting) {
      if (each.id() < id) {
        return true;
      }
    }
    return false;
  }

  /** Returns of how many topics samples were missed and not told yet. */
  synchronized int missedTopicCount() {
    return missed.size() + forgotten.size();
  }

  /** Returns how many samples wait. */
  synchronized int waitingCount() {
    return waiting.size();
  }

  /** Lets go of what waits; nothing is told from here on. */
  @Override
  public synchronized void close() {
    closed = true;
    waiting.forEach(each -> each.lent().ifPresent(LentSample::close));
    waiting.clear();
    missed.clear();
    forgotten.clear();
  }

  @Override
  public String toString() {
    return "ClientLine[" + client + ", waiting=" + waitingCount() + "]";
  }
}
