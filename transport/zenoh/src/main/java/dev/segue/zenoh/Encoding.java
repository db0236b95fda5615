package dev.segue.zenoh;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The type of a payload: a media type, or one of Zenoh's own, with an optional schema.
 *
 * <p>The names and numbers are Zenoh's; any other text is carried as it is.
 *
 * @param text {@code type} or {@code type;schema}
 */
public record Encoding(String text) {
  private static final List<String> NAMES =
      List.of(
          "zenoh/bytes",
          "zenoh/string",
          "zenoh/serialized",
          "application/octet-stream",
          "text/plain",
          "application/json",
          "text/json",
          "application/cdr",
          "application/cbor",
          "application/yaml",
          "text/yaml",
          "text/json5",
          "application/python-serialized-object",
          "application/protobuf",
          "application/java-serialized-object",
          "application/openmetrics-text",
          "image/png",
          "image/jpeg",
          "image/gif",
          "image/bmp",
          "image/webp",
          "application/xml",
          "application/x-www-form-urlencoded",
          "text/html",
          "text/xml",
          "text/css",
          "text/javascript",
          "text/markdown",
          "text/csv",
          "application/sql",
          "application/coap-payload",
          "application/json-patch+json",
          "application/json-seq",
          "application/jsonpath",
          "application/jwt",
          "application/mp4",
          "application/soap+xml",
          "application/yang",
          "audio/aac",
          "audio/flac",
          "audio/mp4",
          "audio/ogg",
          "audio/vorbis",
          "video/h261",
          "video/h263",
          "video/h264",
          "video/h265",
          "video/h266",
          "video/mp4",
          "video/ogg",
          "video/raw",
          "video/vp8",
          "video/vp9");

  /**
   * Checks the length of the schema, or of the whole text when Zenoh has no number for the type.
   *
   * @throws IllegalArgumentException if it has more than 255 bytes
   */
  public Encoding {
    int end = text.indexOf(';');
    boolean hasNumber = end >= 0 && NAMES.contains(text.substring(0, end));
    Limits.checkSchema(hasNumber ? text.substring(end + 1) : text);
  }

  private static final List<Encoding> KNOWN = NAMES.stream().map(Encoding::new).toList();
  private static final int CUSTOM = 0xFFFF;

  /** Just bytes: the default for a payload. */
  public static final Encoding ZENOH_BYTES = KNOWN.get(0);

  /** UTF-8 text. */
  public static final Encoding ZENOH_STRING = KNOWN.get(1);

  /** Zenoh's own serialization. */
  public static final Encoding ZENOH_SERIALIZED = KNOWN.get(2);

  /** Bytes of an application. */
  public static final Encoding APPLICATION_OCTET_STREAM = KNOWN.get(3);

  /** Plain text. */
  public static final Encoding TEXT_PLAIN = KNOWN.get(4);

  /** JSON. */
  public static final Encoding APPLICATION_JSON = KNOWN.get(5);

  /** OMG Common Data Representation, as ROS 2 has it. */
  public static final Encoding APPLICATION_CDR = KNOWN.get(7);

  /** CBOR. */
  public static final Encoding APPLICATION_CBOR = KNOWN.get(8);

  /** Protocol Buffers. */
  public static final Encoding APPLICATION_PROTOBUF = KNOWN.get(13);

  /** PNG image. */
  public static final Encoding IMAGE_PNG = KNOWN.get(16);

  /** JPEG image. */
  public static final Encoding IMAGE_JPEG = KNOWN.get(17);

  /** Raw video. */
  public static final Encoding VIDEO_RAW = KNOWN.get(50);

  /** Cap'n Proto in its stream framing; Zenoh has no number for it, so the text is carried. */
  public static final Encoding APPLICATION_CAPNPROTO = new Encoding("application/capnp");

  /**
   * This encoding with a schema.
   *
   * @throws IllegalArgumentException if it has one already, or {@code schema} has more than 255
   *     bytes
   */
  public Encoding withSchema(String schema) {
    if (text.indexOf(';') >= 0) {
      throw new IllegalArgumentException("schema for " + text + ": it has one already");
    }
    return new Encoding(text + ";" + schema);
  }

  /**
   * Of what came over the wire; no peer can make it throw. What isn't UTF-8 has become U+FFFD, and
   * what then is longer than another encoding may be is cut.
   */
  static Encoding of(int id, @Nullable String schema) {
    if (id == CUSTOM) {
      return new Encoding(Limits.cutSchema("", schema == null ? "" : schema));
    }
    if (id < KNOWN.size()) {
      Encoding known = KNOWN.get(id);
      return schema == null ? known : new Encoding(known.text + ";" + Limits.cutSchema("", schema));
    }
    String unknown = "unknown(" + id + ")";
    return new Encoding(
        schema == null ? unknown : unknown + ";" + Limits.cutSchema(unknown + ";", schema));
  }

  @Override
  public String toString() {
    return text;
  }
}
