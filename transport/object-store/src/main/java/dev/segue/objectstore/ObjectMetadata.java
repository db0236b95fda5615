package dev.segue.objectstore;

import java.util.Map;

/**
 * The metadata that a store keeps with an object and returns to its readers. An empty text means
 * that the field isn't set.
 *
 * <pre>{@code
 * ObjectMetadata.NONE.contentType("text/html").cacheControl("max-age=60")
 * }</pre>
 *
 * <p>Values are immutable; a method with an argument returns a changed one.
 *
 * @param contentType such as {@code text/html}; stores return {@code application/octet-stream} or
 *     nothing if it isn't set
 * @param user user-defined names and values; names are not case-sensitive, and stores return them
 *     in lower case
 */
public record ObjectMetadata(
    String contentType,
    String contentEncoding,
    String contentLanguage,
    String contentDisposition,
    String cacheControl,
    Map<String, String> user) {
  /** Nothing is set. */
  public static final ObjectMetadata NONE = new ObjectMetadata("", "", "", "", "", Map.of());

  /** Copies the map. */
  public ObjectMetadata {
    user = Map.copyOf(user);
  }

  /** The same with a content type. */
  public ObjectMetadata contentType(String type) {
    return new ObjectMetadata(
        type, contentEncoding, contentLanguage, contentDisposition, cacheControl, user);
  }

  /** The same with a content encoding, such as {@code gzip}: the bytes are stored as they are. */
  public ObjectMetadata contentEncoding(String encoding) {
    return new ObjectMetadata(
        contentType, encoding, contentLanguage, contentDisposition, cacheControl, user);
  }

  /** The same with a content language. */
  public ObjectMetadata contentLanguage(String language) {
    return new ObjectMetadata(
        contentType, contentEncoding, language, contentDisposition, cacheControl, user);
  }

  /** The same with a content disposition. */
  public ObjectMetadata contentDisposition(String disposition) {
    return new ObjectMetadata(
        contentType, contentEncoding, contentLanguage, disposition, cacheControl, user);
  }

  /** The same with a cache control. */
  public ObjectMetadata cacheControl(String control) {
    return new ObjectMetadata(
        contentType, contentEncoding, contentLanguage, contentDisposition, control, user);
  }

  /** The same with other names and values of the user's own. */
  public ObjectMetadata user(Map<String, String> entries) {
    return new ObjectMetadata(
        contentType, contentEncoding, contentLanguage, contentDisposition, cacheControl, entries);
  }
}
