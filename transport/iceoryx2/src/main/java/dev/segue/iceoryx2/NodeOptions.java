package dev.segue.iceoryx2;

import java.util.Objects;

/**
 * Options of a {@link Node}.
 *
 * @param name the name that others see; may be empty, at most 128 bytes
 * @param prefix the prefix of the names of its files in shared memory; nodes with different
 *     prefixes don't see each other. Empty for the one in iceoryx2's configuration
 */
public record NodeOptions(String name, String prefix) {
  private static final NodeOptions DEFAULTS = new NodeOptions("", "");

  /** Options with both parts. */
  public NodeOptions {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(prefix, "prefix");
  }

  /** No name, and the prefix of iceoryx2's configuration. */
  public static NodeOptions defaults() {
    return DEFAULTS;
  }

  /** These with another name. */
  public NodeOptions withName(String newName) {
    return new NodeOptions(newName, prefix);
  }

  /** These with another prefix. */
  public NodeOptions withPrefix(String newPrefix) {
    return new NodeOptions(name, newPrefix);
  }
}
