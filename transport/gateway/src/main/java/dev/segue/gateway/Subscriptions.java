package dev.segue.gateway;

import dev.segue.zenoh.KeyExpr;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The subscriptions, by key and by client's address. To add or remove a listener costs the same
 * however many topics there are: a topic finds out at its next sample which groups of listeners are
 * its own.
 *
 * <p>Owner: {@link Topics}. Lifetime: the same. Threads: any.
 */
final class Subscriptions {
  private final Function<InetAddress, ClientLine> lines;
  private final ConcurrentHashMap<InetAddress, ClientLine> lineOf = new ConcurrentHashMap<>();

  /** How many groups each line has. */
  private final Map<ClientLine, Integer> groupCountOf = new HashMap<>();

  /** By key expression, one for each line. */
  private final Map<String, List<Group>> groups = new HashMap<>();

  private final Map<TopicListener, Group> groupOf = new HashMap<>();
  private volatile List<Group> wild = List.of();
  private volatile long version;
  private long nextId;

  /** Makes none, with what makes the line of an address. */
  Subscriptions(Function<InetAddress, ClientLine> lines) {
    this.lines = lines;
  }

  /** The listeners of one key expression that are of one client's address. */
  static final class Group {
    private final KeyExpr keyExpr;
    private final ClientLine line;
    private final KeyPattern pattern;
    private final long id;
    private volatile List<TopicListener> listeners = List.of();

    private Group(KeyExpr keyExpr, ClientLine line, long id) {
      this.keyExpr = keyExpr;
      this.line = line;
      this.pattern = KeyPattern.of(keyExpr);
      this.id = id;
    }

    List<TopicListener> listeners() {
      return listeners;
    }

    /** Returns whether groups have more listeners than that. */
    static boolean areMoreThan(int count, List<Group> groups) {
      int left = count;
      for (Group each : groups) {
        left -= each.listeners.size();
        if (left < 0) {
          return true;
        }
      }
      return false;
    }

    private boolean includes(Topic topic) {
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
    private List<Match> byLine = List.of();
  }

  /** The groups of one line that include a topic. */
  record Match(ClientLine line, List<Group> groups) {}

  synchronized void add(KeyExpr keyExpr, TopicListener listener) {
    ClientLine line = lineOf.computeIfAbsent(listener.client(), lines);
    List<Group> ofKey = groups.getOrDefault(keyExpr.toString(), List.of());
    Group group = ofKey.stream().filter(each -> each.line.equals(line)).findFirst().orElse(null);
    boolean isNew = group == null;
    if (group == null) {
      group = new Group(keyExpr, line, nextId++);
      groups.put(keyExpr.toString(), with(ofKey, group));
      groupCountOf.merge(line, 1, Integer::sum);
      if (keyExpr.isWild()) {
        wild = with(wild, group);
      }
    }
    group.listeners = with(group.listeners, listener);
    groupOf.put(listener, group);
    if (isNew) {
      version = version + 1; // Last: who sees it sees the group with its listener.
    }
  }

  private static <T> List<T> with(List<T> some, T another) {
    List<T> more = new ArrayList<>(some);
    more.add(another);
    return List.copyOf(more);
  }

  private static <T> List<T> without(List<T> some, T one) {
    return some.stream().filter(each -> !each.equals(one)).toList();
  }

  synchronized void remove(TopicListener listener) {
    Group group = groupOf.remove(listener);
    if (group == null) {
      return;
    }
    group.listeners = without(group.listeners, listener);
    if (group.listeners.isEmpty()) {
      String key = group.keyExpr.toString();
      List<Group> left = without(groups.getOrDefault(key, List.of()), group);
      if (left.isEmpty()) {
        groups.remove(key);
      } else {
        groups.put(key, left);
      }
      if (group.keyExpr.isWild()) {
        wild = without(wild, group);
      }
      ClientLine line = group.line;
      if (groupCountOf.merge(line, -1, Integer::sum) == 0) {
        groupCountOf.remove(line);
        lineOf.remove(listener.client(), line);
      }
      version = version + 1;
    }
  }

  /** The line of an address; null if it has no listener. */
  @Nullable ClientLine lineOf(InetAddress client) {
    return lineOf.get(client);
  }

  /** The groups that include a topic, by line; called on the thread that its samples come on. */
  List<Match> matchesOf(Topic topic) {
    Matched known = topic.matched();
    long now = version; // Read first: what is added meanwhile is looked for at the next sample.
    if (known.version == now) {
      return known.byLine;
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
    List<Group> own;
    synchronized (this) {
      own = groups.getOrDefault(topic.key(), List.of());
    }
    if (!topic.keyExpr().isWild()) {
      matched.addAll(own);
    }
    known.groups = List.copyOf(matched);
    known.byLine = byLine(matched);
    known.version = now;
    return known.byLine;
  }

  private static List<Match> byLine(List<Group> matched) {
    LinkedHashMap<ClientLine, List<Group>> groups = new LinkedHashMap<>();
    matched.forEach(each -> groups.computeIfAbsent(each.line, _ -> new ArrayList<>()).add(each));
    return groups.entrySet().stream()
        .map(each -> new Match(each.getKey(), List.copyOf(each.getValue())))
        .toList();
  }

  synchronized List<TopicListener> all() {
    return List.copyOf(groupOf.keySet());
  }

  synchronized int count() {
    return groupOf.size();
  }

  /** Removes all, and closes their lines. */
  synchronized void clear() {
    groups.values().forEach(ofKey -> ofKey.forEach(group -> group.listeners = List.of()));
    groups.clear();
    groupOf.clear();
    groupCountOf.clear();
    lineOf.values().forEach(ClientLine::close);
    lineOf.clear();
    wild = List.of();
    version = version + 1;
  }
}
