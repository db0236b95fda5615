package dev.segue.gateway;

import java.util.regex.Pattern;

/**
 * Objects that a gateway serves as {@code /objects/NAME/KEY}.
 *
 * <p>Owner: none, a value. Lifetime: unlimited. Threads: any.
 *
 * @param name letters, digits, dot, minus, underscore; not starting with a dot
 * @param uri of the store, {@code s3://bucket/prefix} or {@code file:///directory}; nothing outside
 *     of it is ever served
 * @param writable whether objects may be put
 */
public record ObjectRoot(String name, String uri, boolean writable) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}");

  /**
   * Checks the name.
   *
   * @throws IllegalArgumentException if the name has other characters
   */
  public ObjectRoot {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "root name=" + name + ": letters, digits, dot, minus and underscore, no dot in front");
    }
  }
}
