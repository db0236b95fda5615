package dev.segue.gateway;

import dev.segue.zenoh.KeyExpr;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The subscriptions, by key. To add or remove a listener costs the same however many topics there
 * are: a topic finds out at its next sample which groups of listeners are its own.
 *
 * <p>Owner: {@link Topics}. Lifetime: the same. Threads: any.
 */
final class Subscriptions {
  private final Map<String, Group> groups = new HashMap<>();
  private final Map<TopicListener, Group> groupOf = new HashMap<>();
  private volatile List<Group> wild = List.of();
  private volatile long version;
  private long nextId;

  /** The listeners of one key expression. */
  static final class Group {
    private final KeyExpr keyExpr;
    private final KeyPattern pattern;
    private final long id;
    private volatile List<TopicListener> listeners = List.of();

    private Group(KeyExpr keyExpr, long id) {
      this.keyExpr = keyExpr;
      this.pattern = KeyPattern.of(keyExpr);
      this.id = id;
    }

    boolean includes(Topic topic) {
      return pattern.includes(topic.keyExpr());
    }
  }

  /**
   * The cached matches of a topic: its groups among those up to a version. Of the topic's thread.
   */
  static final class Matched {
    private long version = -1;
    private long lastId = -1;
    private List<Group> groups = List.of();
  }

  synchronized void add(KeyExpr keyExpr, TopicListener listener) {
    Group group = groups.get(keyExpr.toString());
    boolean isNew = group == null;
    if (group == null) {
      group = new Group(keyExpr, nextId++);
      groups.put(keyExpr.toString(), group);
      if (keyExpr.isWild()) {
        List<Group> more = new ArrayList<>(wild);
        more.add(group);
        wild = List.copyOf(more);
      }
    }
    List<TopicListener> more = new ArrayList<>(group.listeners);
    more.add(listener);
    group.listeners = List.copyOf(more);
    groupOf.put(listener, group);
    if (isNew) {
      version = version + 1; // Last: who sees it sees the group with its listener.
    }
  }

  synchronized void remove(TopicListener listener) {
    Group group = groupOf.remove(listener);
    if (group == null) {
      return;
    }
    group.listeners = group.listeners.stream().filter(each -> !each.equals(listener)).toList();
    if (group.listeners.isEmpty()) {
      groups.remove(group.keyExpr.toString());
      if (group.keyExpr.isWild()) {
        wild = wild.stream().filter(each -> !each.equals(group)).toList();
      }
      version = version + 1;
    }
  }

  /** The groups that include a topic; called on the thread that its samples come on. */
  List<Group> groupsOf(Topic topic, Matched known) {
    long now = version; // Read first: what is added meanwhile is looked for at the next sample.
    if (known.version == now) {
      return known.groups;
    }
    List<Group> current = wild;
    List<Group> matched = new ArrayList<>();
    for (Group each : known.groups) {
      if (each.keyExpr.isWild() && !each.listeners.isEmpty()) {
        matched.add(each);
      }
    }
    for (Group each : current) {
      if (each.id > known.lastId && each.includes(topic)) {
        matched.add(each);
      }
      known.lastId = Math.max(known.lastId, each.id);
    }
    Group own;
    synchronized (this) {
      own = groups.get(topic.key());
    }
    if (own != null && !own.keyExpr.isWild()) {
      matched.add(own);
    }
    known.groups = List.copyOf(matched);
    known.version = now;
    return known.groups;
  }

  /** The listeners of a topic, for the thread that its samples come on. */
  List<TopicListener> listenersOf(Topic topic) {
    List<Group> matched = groupsOf(topic, topic.matched());
    if (matched.size() == 1) {
      return matched.getFirst().listeners;
    }
    List<TopicListener> all = new ArrayList<>();
    matched.forEach(group -> all.addAll(group.listeners));
    return all;
  }

  synchronized List<TopicListener> all() {
    return List.copyOf(groupOf.keySet());
  }

  synchronized int count() {
    return groupOf.size();
  }

  synchronized void clear() {
    groups.values().forEach(group -> group.listeners = List.of());
    groups.clear();
    groupOf.clear();
    wild = List.of();
    version = version + 1;
  }
}
