package dev.segue.http2;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * The header fields of a request or a response, in their order, names in lower case.
 *
 * <p>Owner: none, a value. Lifetime: unlimited. Threads: any.
 */
public final class Headers {
  private static final Headers EMPTY = new Headers(List.of());
  private static final Set<String> OF_CONNECTION =
      Set.of("connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade");

  // name, value, name, value
  private final List<String> fields;

  private Headers(List<String> fields) {
    this.fields = fields;
  }

  /** Takes over a list of names in lower case and values. */
  static Headers owning(List<String> fields) {
    return new Headers(Collections.unmodifiableList(fields));
  }

  /** No fields. */
  public static Headers empty() {
    return EMPTY;
  }

  /**
   * Fields from names and values in turn.
   *
   * @throws IllegalArgumentException if a value is missing, or a name or value has characters that
   *     HTTP forbids
   */
  public static Headers of(String... namesAndValues) {
    if (namesAndValues.length % 2 != 0) {
      throw new IllegalArgumentException(
          "headers of count="
              + namesAndValues.length
              + " strings: a value for each name is needed");
    }
    Headers headers = EMPTY;
    for (int i = 0; i < namesAndValues.length; i += 2) {
      headers = headers.with(namesAndValues[i], namesAndValues[i + 1]);
    }
    return headers;
  }

  /**
   * Returns these fields with one more at the end.
   *
   * @throws IllegalArgumentException if the name or value has characters that HTTP forbids
   */
  public Headers with(String name, String value) {
    check(name, value);
    List<String> more = new ArrayList<>(fields.size() + 2);
    more.addAll(fields);
    more.add(name.toLowerCase(Locale.ROOT));
    more.add(value);
    return new Headers(List.copyOf(more));
  }

  private static void check(String name, String value) {
    boolean valid = !name.isEmpty();
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      valid &= c > ' ' && c < 0x7F && "\"(),/:;<=>?@[\\]{}".indexOf(c) < 0;
    }
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      valid &= c == '\t' || (c >= ' ' && c != 0x7F && c <= 0xFF);
    }
    if (!valid) {
      throw new IllegalArgumentException(
          "header name=" + name + " value=" + value + ": it has characters that HTTP forbids");
    }
  }

  /**
   * Returns whether a field is HTTP/1.1's and of one connection, which HTTP/2 hasn't, RFC 9113
   * 8.2.2.
   */
  static boolean isOfConnection(String name) {
    return OF_CONNECTION.contains(name);
  }

  /** The first value of a name, given in lower case. */
  public Optional<String> first(String name) {
    for (int i = 0; i < fields.size(); i += 2) {
      if (fields.get(i).equals(name)) {
        return Optional.of(fields.get(i + 1));
      }
    }
    return Optional.empty();
  }

  /** Returns the number of fields. */
  public int count() {
    return fields.size() / 2;
  }

  /** Calls {@code action} with each name and value. */
  public void forEach(BiConsumer<String, String> action) {
    for (int i = 0; i < fields.size(); i += 2) {
      action.accept(fields.get(i), fields.get(i + 1));
    }
  }

  @Override
  public String toString() {
    return fields.toString();
  }
}
