package dev.segue.gateway;

import dev.segue.zenoh.KeyExpr;
import java.util.List;
import java.util.function.Predicate;

/**
 * Permissions of a client, within what the gateway serves at all.
 *
 * <p>Owner: none, a value. Lifetime: unlimited. Threads: any.
 *
 * @param readable the keys that it may read
 * @param writable the keys that it may put and delete
 * @param roots the names of the roots whose objects it may read, and write where they are writable;
 *     {@code *} for all
 * @param askable the keys that it may send queries for, of those that it may read; a query can call
 *     a service
 */
public record Grant(
    List<KeyExpr> readable, List<KeyExpr> writable, List<String> roots, List<KeyExpr> askable) {
  private static final List<KeyExpr> ALL_KEYS = List.of(KeyExpr.of("**"));
  private static final Grant ALL = new Grant(ALL_KEYS, ALL_KEYS, List.of("*"), ALL_KEYS);

  /** Copies the lists. */
  public Grant {
    readable = List.copyOf(readable);
    writable = List.copyOf(writable);
    roots = List.copyOf(roots);
    askable = List.copyOf(askable);
  }

  /** Without queries. */
  public Grant(List<KeyExpr> readable, List<KeyExpr> writable, List<String> roots) {
    this(readable, writable, roots, List.of());
  }

  /** All that the gateway serves. */
  public static Grant all() {
    return ALL;
  }

  /**
   * Returns whether all keys of {@code key} may be read; by inclusion, as Zenoh itself understands
   * it.
   */
  boolean allowsRead(KeyExpr key) {
    return includes(readable, key);
  }

  boolean allowsWrite(KeyExpr key) {
    return includes(writable, key);
  }

  boolean allowsQuery(KeyExpr key) {
    return includes(askable, key);
  }

  boolean allowsRoot(String name) {
    return roots.contains("*") || roots.contains(name);
  }

  /** By {@link KeyPattern}, since the key is a client's or a peer's, as long as it may be. */
  static boolean includes(List<KeyExpr> allowed, KeyExpr key) {
    // ** includes all keys, but those with a chunk that begins with @.
    return (key.toString().indexOf('@') < 0 && allowed.equals(ALL_KEYS))
        || includedIn(allowed).test(key);
  }

  /** {@link #includes} for many keys, such as those of all topics. */
  static Predicate<KeyExpr> includedIn(List<KeyExpr> allowed) {
    List<KeyPattern> patterns = allowed.stream().map(KeyPattern::of).toList();
    return key -> {
      for (KeyPattern each : patterns) {
        if (each.includes(key)) {
          return true;
        }
      }
      return false;
    };
  }
}
