package dev.segue.zenoh;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Every;
import dev.segue.bytes.spi.Lend;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The leases that the core still held when a put returned: kept reachable here until its release is
 * drained.
 *
 * <p>Most puts never come here: the core serializes in the caller's thread and lets go before it
 * returns. Local subscribers and caches hold on.
 *
 * <p>The core has the payload by then, so there must be room to note it. A few notes are spare for
 * a heap that is full, and a table of notes that link each other takes no more than them; a map of
 * the JDK may throw when an entry is in it or out of it already.
 */
final class Leases {
  private static final AtomicLong TOKENS = new AtomicLong();
  private static final Table[] TABLES = new Table[16];
  private static final Spares SPARES = new Spares();

  /** Started with the first payload that the core holds. */
  private static final NumberDrain DRAIN =
      new NumberDrain("segue-zenoh-leases", NativePublisher::drainLeases, Leases::released);

  static {
    for (int i = 0; i < TABLES.length; i++) {
      TABLES[i] = new Table();
    }
  }

  private Leases() {}

  /** What one put lent; nothing if the core let go before that was noted. */
  private static final class Note {
    private long token;
    private @Nullable SegmentedBytes payload;
    private List<SegmentedBytes> others = List.of();
    private @Nullable Note next;

    Note of(long number, @Nullable SegmentedBytes one, List<SegmentedBytes> more) {
      token = number;
      payload = one;
      others = more;
      return this;
    }
  }

  /** Notes for a heap that has no room for a new one. */
  private static final class Spares {
    private static final int MOST = 64;
    private @Nullable Note first;
    private int count;

    Spares() {
      for (int i = 0; i < MOST; i++) {
        giveBack(new Note());
      }
    }

    /**
     * A note.
     *
     * @throws OutOfMemoryError if there is none, nor room for one
     */
    Note take() {
      try {
        return new Note();
      } catch (OutOfMemoryError e) {
        synchronized (this) {
          Note spare = first;
          if (spare == null) {
            throw e;
          }
          first = spare.next;
          spare.next = null;
          count--;
          return spare;
        }
      }
    }

    synchronized void giveBack(Note note) {
      if (count < MOST) {
        note.of(0, null, List.of()).next = first;
        first = note;
        count++;
      }
    }
  }

  /** The notes of some tokens, which are numbered through: so its chains are of equal length. */
  private static final class Table {
    private final @Nullable Note[] chains = new Note[512];
    private int count;

    /** Returns whether the core holds it; no if it had let go before. */
    synchronized boolean hold(Note note) {
      Note known = remove(note.token);
      if (known != null) {
        SPARES.giveBack(known);
        return false;
      }
      add(note);
      return true;
    }

    /** Takes what was lent; null, with a note of that, if it has not come yet. */
    synchronized @Nullable Note release(long token) {
      Note known = remove(token);
      if (known == null) {
        add(SPARES.take().of(token, null, List.of()));
      }
      return known;
    }

    synchronized int count() {
      return count;
    }

    private int chainOf(long token) {
      return (int) (token / TABLES.length % chains.length);
    }

    private void add(Note note) {
      int chain = chainOf(note.token);
      note.next = chains[chain];
      chains[chain] = note;
      count++;
    }

    private @Nullable Note remove(long token) {
      int chain = chainOf(token);
      Note before = null;
      Note each = chains[chain];
      while (each != null && each.token != token) {
        before = each;
        each = each.next;
      }
      if (each == null) {
        return null;
      }
      if (before == null) {
        chains[chain] = each.next;
      } else {
        before.next = each.next;
      }
      each.next = null;
      count--;
      return each;
    }
  }

  private static Table tableOf(long token) {
    return TABLES[(int) (token % TABLES.length)];
  }

  static long nextToken() {
    return TOKENS.incrementAndGet();
  }

  /** Returns how many payloads the core holds. */
  static int heldCount() {
    int count = 0;
    for (Table table : TABLES) {
      count += table.count();
    }
    return count;
  }

  /**
   * Keeps what was lent under a token until the core lets go, which may have happened already. On a
   * full heap without a spare note it waits until another lease ends or the heap has room.
   */
  static void hold(long token, @Nullable SegmentedBytes payload, List<SegmentedBytes> others) {
    if (!tableOf(token).hold(note().of(token, payload, others))) {
      endAll(payload, others);
    }
    DRAIN.startSoon();
  }

  private static Note note() {
    while (true) {
      try {
        return SPARES.take();
      } catch (OutOfMemoryError _) {
        DRAIN.startSoon();
        NumberDrain.pause();
      }
    }
  }

  private static void released(long token) {
    Note lent = tableOf(token).release(token);
    if (lent == null) {
      return;
    }
    SegmentedBytes payload = lent.payload;
    List<SegmentedBytes> others = lent.others;
    SPARES.giveBack(lent);
    try {
      endAll(payload, others);
    } catch (RuntimeException | Error e) {
      HandlerErrors.tellThread(e);
    }
  }

  /** Ends all of them, also when giving memory of one back fails. */
  static void endAll(@Nullable SegmentedBytes payload, List<SegmentedBytes> others) {
    Throwable failure = null;
    if (payload != null) {
      failure = end(payload, failure);
    }
    // By index: an iterator may be the object that the heap has no room for.
    for (int i = 0; i < others.size(); i++) {
      failure = end(others.get(i), failure);
    }
    Every.rethrow(failure);
  }

  private static @Nullable Throwable end(SegmentedBytes lent, @Nullable Throwable failure) {
    try {
      Lend.end(lent);
      return failure;
    } catch (RuntimeException | Error e) {
      return Every.joined(failure, e);
    }
  }
}
