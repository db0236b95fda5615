package dev.segue.iceoryx2;

import java.util.Objects;

/**
 * Options of a {@link Node}.
 *
 * @param name what others see of it; may be empty, at most 128 bytes
 * @param prefix what the names of its files in shared memory begin with; nodes of different
 *     prefixes don't see each other. Empty for that of iceoryx2's configuration
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
