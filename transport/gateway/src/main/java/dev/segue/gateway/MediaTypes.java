package dev.segue.gateway;

import dev.segue.zenoh.Encoding;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.StringJoiner;
import java.util.regex.Pattern;

/** Media types of Zenoh's encodings, and back. */
final class MediaTypes {
  private static final String BYTES = "application/octet-stream";

  // RFC 9110 section 8.3.1
  private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
  private static final Pattern TYPE = Pattern.compile(TOKEN + "/" + TOKEN);
  private static final Pattern NAME = Pattern.compile(TOKEN);

  private MediaTypes() {}

  /**
   * Zenoh's own encodings become the nearest type that a browser knows; a schema is kept where it
   * reads as a parameter, {@code charset=utf-8}. What is not a media type is just bytes.
   */
  static String of(Encoding encoding) {
    String text = encoding.text();
    int semicolon = text.indexOf(';');
    String type = semicolon < 0 ? text : text.substring(0, semicolon);
    String schema = semicolon < 0 ? "" : text.substring(semicolon + 1);
    return switch (type) {
      case "zenoh/bytes", "zenoh/serialized" -> BYTES;
      case "zenoh/string" -> "text/plain; charset=utf-8";
      default -> {
        if (!TYPE.matcher(type).matches()) {
          yield BYTES;
        }
        yield areParameters(schema) ? type + "; " + schema : type;
      }
    };
  }

  /**
   * Returns whether a schema reads as {@code name=value;name="value"}; takes time by its length.
   */
  private static boolean areParameters(String schema) {
    int at = 0;
    while (at < schema.length()) {
      int equals = schema.indexOf('=', at);
      if (equals < 0 || !NAME.matcher(schema.substring(at, equals)).matches()) {
        return false;
      }
      int end = endOfValue(schema, equals + 1);
      if (end < 0) {
        return false;
      }
      at = end + 1; // behind the semicolon
    }
    return !schema.isEmpty();
  }

  /** Returns where a value ends, at a semicolon or at the end; -1 if it is none. */
  private static int endOfValue(String text, int start) {
    int end = start;
    if (start < text.length() && text.charAt(start) == '"') {
      end = text.indexOf('"', start + 1) + 1;
      boolean printable =
          end > 0 && text.substring(start, end).chars().allMatch(c -> c >= ' ' && c < 0x7F);
      if (!printable || text.substring(start, end).indexOf('\\') >= 0) {
        return -1;
      }
    } else {
      int semicolon = text.indexOf(';', start);
      end = semicolon < 0 ? text.length() : semicolon;
      if (!NAME.matcher(text.substring(start, end)).matches()) {
        return -1;
      }
    }
    return end == text.length() || text.charAt(end) == ';' ? end : -1;
  }

  /**
   * Without the blanks around parameters; what stands in quotes stays as it is. Takes time by its
   * length; a regular expression would take it by its square.
   */
  private static String withoutBlanks(String parameters) {
    StringJoiner all = new StringJoiner(";");
    boolean isQuoted = false;
    int start = 0;
    for (int i = 0; i < parameters.length(); i++) {
      switch (parameters.charAt(i)) {
        case '"' -> isQuoted = !isQuoted;
        case '\\' -> i += isQuoted ? 1 : 0; // The next one is no quote.
        case ';' -> {
          if (!isQuoted) {
            all.add(parameters.substring(start, i).strip());
            start = i + 1;
          }
        }
        default -> {}
      }
    }
    return all.add(parameters.substring(start).strip()).toString();
  }

  /** The encoding that {@link #headerText} wrote. */
  static Encoding encodingOfHeader(String zenohEncoding) throws HttpException {
    try {
      return new Encoding(Target.decodeField("zenoh-encoding", zenohEncoding.strip()));
    } catch (IllegalArgumentException e) {
      throw new HttpException(415, "zenoh-encoding: " + e.getMessage());
    }
  }

  /**
   * The encoding of a body: {@code zenoh/bytes} when it has no type. The type's letters become
   * small, blanks around parameters go.
   */
  static Encoding encodingOf(String contentType) throws HttpException {
    String text = contentType.strip();
    if (text.isEmpty()) {
      return Encoding.ZENOH_BYTES;
    }
    int semicolon = text.indexOf(';');
    String type =
        (semicolon < 0 ? text : text.substring(0, semicolon)).strip().toLowerCase(Locale.ROOT);
    String parameters = semicolon < 0 ? "" : withoutBlanks(text.substring(semicolon + 1));
    try {
      return new Encoding(parameters.isEmpty() ? type : type + ";" + parameters);
    } catch (IllegalArgumentException e) {
      throw new HttpException(415, "content-type: " + e.getMessage());
    }
  }

  /** By the ending of a name; what is unknown is just bytes. */
  static String ofName(String name) {
    String ending = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return switch (ending) {
      case "png", "gif", "bmp", "webp", "jpeg" -> "image/" + ending;
      case "jpg" -> "image/jpeg";
      case "json" -> "application/json";
      case "txt", "log", "md" -> "text/plain; charset=utf-8";
      case "csv" -> "text/csv; charset=utf-8";
      case "html", "htm" -> "text/html";
      case "xml" -> "application/xml";
      case "pdf" -> "application/pdf";
      case "mp4" -> "video/mp4";
      default -> BYTES;
    };
  }

  /** As the value of a header field: what is not printable ASCII is percent-encoded. */
  static String headerText(String text) {
    StringBuilder out = new StringBuilder(text.length());
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      if (b > 0x20 && b < 0x7F && b != '%') {
        out.append((char) b);
      } else {
        out.append(String.format(Locale.ROOT, "%%%02X", b & 0xFF));
      }
    }
    return out.toString();
  }
}
