package dev.segue.lanes;

import dev.segue.zenoh.KeyExpr;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Publishers that came or went since the subscriber looked, bounded whatever a peer announces: one
 * that came and went meanwhile is none. Threads: any.
 */
final class Changes {
  /** Publishers that are known of at most; others stay on Zenoh. */
  static final int MOST = 4096;

  private static final int LONGEST_TOKEN = 2048;

  private final LinkedHashMap<Announcement, Boolean> latest = new LinkedHashMap<>();

  /** Those whose coming was taken, and whose going was not. */
  private final Set<Announcement> taken = new HashSet<>();

  private boolean beyond;

  /** A publisher that came or went. */
  record Change(Announcement publisher, boolean isThere) {}

  /** Takes in that a token came or went. */
  void heard(KeyExpr token, boolean isThere) {
    Announcement publisher = Announcement.of(token);
    if (publisher == null) {
      return;
    }
    boolean isLong = token.toString().length() > LONGEST_TOKEN;
    synchronized (this) {
      if (taken.contains(publisher) != isThere) {
        if (!isThere || (!isLong && taken.size() + latest.size() < MOST)) {
          latest.put(publisher, isThere);
        } else {
          beyond = true;
        }
      } else {
        latest.remove(publisher);
      }
    }
  }

  /** The next change, or null. */
  synchronized @Nullable Change poll() {
    Iterator<Map.Entry<Announcement, Boolean>> entries = latest.entrySet().iterator();
    if (!entries.hasNext()) {
      return null;
    }
    Map.Entry<Announcement, Boolean> first = entries.next();
    Change change = new Change(first.getKey(), first.getValue());
    entries.remove();
    if (change.isThere()) {
      taken.add(change.publisher());
    } else {
      taken.remove(change.publisher());
    }
    return change;
  }

  /** Returns whether there is no change now. */
  synchronized boolean isEmpty() {
    return latest.isEmpty();
  }

  /** Returns whether there was ever a publisher too many to know of, which Zenoh alone brings. */
  synchronized boolean isBeyond() {
    return beyond;
  }
}
