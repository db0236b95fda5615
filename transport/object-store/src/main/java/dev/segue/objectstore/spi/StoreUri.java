package dev.segue.objectstore.spi;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A store's URI, taken apart.
 *
 * @param authority the bucket; empty for files
 * @param path without a leading slash for buckets, absolute for files
 */
public record StoreUri(String scheme, String authority, String path, Map<String, String> options) {
  /** Copies the map. */
  public StoreUri {
    options = Collections.unmodifiableMap(new LinkedHashMap<>(options));
  }

  /**
   * Parses a URI.
   *
   * @throws IllegalArgumentException if it isn't a store's URI; the message says what is wrong
   */
  public static StoreUri parse(String text) {
    URI uri;
    try {
      uri = new URI(text);
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("store \"" + text + "\": " + e.getMessage(), e);
    }
    String scheme = uri.getScheme();
    if (scheme == null || uri.getPath() == null) {
      throw new IllegalArgumentException(
          "store \"" + text + "\": a URI such as s3://bucket/prefix or file:///directory");
    }
    String authority = uri.getRawAuthority() == null ? "" : uri.getRawAuthority();
    String path = uri.getPath();
    if (scheme.equals("file")) {
      if (!authority.isEmpty() || path.isEmpty()) {
        throw new IllegalArgumentException(
            "store \"" + text + "\": a directory has three slashes, file:///directory");
      }
    } else {
      path = path.startsWith("/") ? path.substring(1) : path;
      if (authority.isEmpty()) {
        throw new IllegalArgumentException(
            "store \"" + text + "\": it names no bucket or container");
      }
    }
    return new StoreUri(scheme, authority, path, options(uri.getRawQuery()));
  }

  private static Map<String, String> options(@Nullable String query) {
    Map<String, String> options = new LinkedHashMap<>();
    if (query == null) {
      return options;
    }
    for (String option : query.split("&", -1)) {
      int equals = option.indexOf('=');
      String name = equals < 0 ? option : option.substring(0, equals);
      String value = equals < 0 ? "true" : option.substring(equals + 1);
      options.put(name, URLDecoder.decode(value, StandardCharsets.UTF_8));
    }
    return options;
  }

  /**
   * Checks that all options are among those that the scheme knows.
   *
   * @param text the URI as it was given
   * @throws IllegalArgumentException if one is not; the message names those that are known
   */
  public void checkOptions(String text, List<String> known) {
    for (String name : options.keySet()) {
      if (!known.contains(name)) {
        throw new IllegalArgumentException(
            "store \""
                + text
                + "\": option \""
                + name
                + "\", but "
                + scheme
                + (known.isEmpty() ? " has none" : " knows " + String.join(", ", known)));
      }
    }
  }

  /** As it can be opened again, whatever characters are in it. */
  public static String encoded(String scheme, String authority, String path) {
    try {
      String absolute = path.isEmpty() || path.startsWith("/") ? path : "/" + path;
      return scheme + "://" + authority + new URI(null, null, absolute, null).toASCIIString();
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("store path \"" + path + "\": " + e.getMessage(), e);
    }
  }

  /** Returns an option that is true or false, or {@code otherwise} if it isn't set. */
  public boolean flag(String name, boolean otherwise) {
    String value = options.get(name);
    if (value == null) {
      return otherwise;
    }
    return switch (value) {
      case "true", "1" -> true;
      case "false", "0" -> false;
      default ->
          throw new IllegalArgumentException(
              "store option " + name + "=" + value + ": true or false");
    };
  }

  @Override
  public String toString() {
    return scheme + "://" + authority + (authority.isEmpty() || path.isEmpty() ? "" : "/") + path;
  }
}
