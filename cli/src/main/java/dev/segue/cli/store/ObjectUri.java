package dev.segue.cli.store;

import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * The location of an object: its store and its key there.
 *
 * <pre>
 *   s3://bucket/a/key?endpoint=http://127.0.0.1:9000   store s3://bucket?endpoint=…, key a/key
 *   az://container/a/key?account=name                  store az://container?account=…, key a/key
 *   file:///a/file, /a/file, a/file                    store file:///, key …/a/file
 * </pre>
 *
 * <p>In a URI's key, {@code ?} is written {@code %3F} and {@code %} is written {@code %25}, as any
 * byte can be ({@code %20}); all else may stand as it is, spaces as well. A path without a scheme
 * is taken literally.
 *
 * @param storeUri what {@code ObjectStore.open} takes: the whole bucket, or the root of the files
 * @param key with a slash at its end, or empty, for what lies below it
 */
public record ObjectUri(String storeUri, String key) {
  /** Stands for an argument that picocli has not set yet. */
  public static final ObjectUri NONE = new ObjectUri("", "");

  private static final String FILES = "file:///";
  private static final Pattern SCHEME =
      Pattern.compile("([A-Za-z][A-Za-z0-9+.-]+):(.*)", Pattern.DOTALL);

  /**
   * Takes a URI or a path of this machine apart.
   *
   * @throws IllegalArgumentException if it is neither; the message says what is wrong
   */
  public static ObjectUri parse(String text) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException("\"\" is neither a URI nor a path");
    }
    Matcher uri = SCHEME.matcher(text);
    if (!uri.matches()) {
      return ofPath(text);
    }
    String scheme = uri.group(1);
    String rest = uri.group(2);
    int question = rest.indexOf('?');
    String options = question < 0 ? "" : rest.substring(question);
    String place = question < 0 ? rest : rest.substring(0, question);
    if (scheme.equals("file")) {
      return ofFileUri(text, place, options);
    }
    if (!place.startsWith("//")) {
      throw new IllegalArgumentException(
          text + ": a URI such as " + scheme + "://bucket/key, or a path such as ./" + text);
    }
    int slash = place.indexOf('/', 2);
    String authority = slash < 0 ? place.substring(2) : place.substring(2, slash);
    if (authority.isEmpty()) {
      throw new IllegalArgumentException(
          text + ": it names no " + (scheme.equals("az") ? "container" : "bucket"));
    }
    String key = slash < 0 ? "" : decoded(text, place.substring(slash + 1));
    return new ObjectUri(scheme + "://" + authority + options, key);
  }

  private static ObjectUri ofFileUri(String text, String place, String options) {
    String path = place.startsWith("//") ? place.substring(2) : place;
    if (!path.startsWith("/")) {
      throw new IllegalArgumentException(text + ": a file's URI has three slashes, file:///path");
    }
    if (!options.isEmpty()) {
      throw new IllegalArgumentException(
          text + ": a file's URI has no options; a question mark in its name is written %3F");
    }
    return ofPath(decoded(text, path));
  }

  private static ObjectUri ofPath(String text) {
    Path path;
    try {
      path = Path.of(text).toAbsolutePath().normalize();
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("path \"" + text + "\": " + e.getReason(), e);
    }
    String key = path.toString().substring(1);
    boolean isFolder = text.endsWith("/") || text.matches("(.*/)?\\.\\.?");
    return new ObjectUri(FILES, isFolder && !key.isEmpty() ? key + "/" : key);
  }

  /** RFC 3986, 2.1. */
  static String decoded(String text, String part) {
    byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
    int length = 0;
    for (int i = 0; i < bytes.length; i++, length++) {
      byte b = bytes[i];
      if (b == '%') {
        int high = i + 2 < bytes.length ? Character.digit(bytes[i + 1], 16) : -1;
        int low = i + 2 < bytes.length ? Character.digit(bytes[i + 2], 16) : -1;
        if (high < 0 || low < 0) {
          throw new IllegalArgumentException(
              text + ": a % in a key is written %25 (a question mark %3F)");
        }
        b = (byte) (high << 4 | low);
        i += 2;
      }
      bytes[length] = b;
    }
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }

  /** Returns whether it is a file of this machine. */
  public boolean isLocal() {
    return storeUri.equals(FILES);
  }

  /**
   * The file.
   *
   * @throws IllegalStateException if it is none of this machine
   */
  public Path path() {
    if (!isLocal()) {
      throw new IllegalStateException(this + ": not a file");
    }
    return Path.of("/" + key);
  }

  /** Returns whether it names what lies below it. */
  public boolean isFolder() {
    return key.isEmpty() || key.endsWith("/");
  }

  /** The same with a slash at its end. */
  ObjectUri asFolder() {
    return isFolder() ? this : withKey(key + "/");
  }

  /** Returns what lies below this folder under a relative key. */
  ObjectUri resolve(String relativeKey) {
    return withKey(asFolder().key + relativeKey);
  }

  ObjectUri withKey(String otherKey) {
    return new ObjectUri(storeUri, otherKey);
  }

  /** Returns what stands behind the last slash that is not at the end. */
  String name() {
    String plain = key.endsWith("/") ? key.substring(0, key.length() - 1) : key;
    return plain.substring(plain.lastIndexOf('/') + 1);
  }

  /** Makes a location of an argument. */
  public static final class Converter implements ITypeConverter<ObjectUri> {
    @Override
    public ObjectUri convert(String text) {
      try {
        return parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  /** A path, or the URI with its options, as {@link #parse} takes it. */
  @Override
  public String toString() {
    if (isLocal()) {
      return "/" + key;
    }
    int question = storeUri.indexOf('?');
    String options = question < 0 ? "" : storeUri.substring(question);
    String store = question < 0 ? storeUri : storeUri.substring(0, question);
    return store + "/" + key.replace("%", "%25").replace("?", "%3F").replace("*", "%2A") + options;
  }
}
