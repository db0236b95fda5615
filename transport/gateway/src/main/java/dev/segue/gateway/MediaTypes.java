package dev.segue.gateway;

import dev.segue.zenoh.Encoding;
import java.util.Locale;
import java.util.regex.Pattern;

/** Media types of Zenoh's encodings, and back. */
final class MediaTypes {
  private static final String BYTES = "application/octet-stream";

  // RFC 9110 section 8.3.1
  private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
  private static final Pattern TYPE = Pattern.compile(TOKEN + "/" + TOKEN);
  private static final Pattern PARAMETERS =
      Pattern.compile("(" + TOKEN + "=(" + TOKEN + "|\"[ !#-\\[\\]-~]*\");?)+");

  private MediaTypes() {}

  /**
   * Zenoh's own encodings become the nearest type that a browser knows; a schema is kept where it
   * reads as a parameter, {@code charset=utf-8}. What is no media type is just bytes.
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
        boolean parameters = PARAMETERS.matcher(schema).matches();
        yield parameters ? type + "; " + schema : type;
      }
    };
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
    String parameters =
        semicolon < 0 ? "" : text.substring(semicolon + 1).strip().replaceAll("\\s*;\\s*", ";");
    try {
      return new Encoding(parameters.isEmpty() ? type : type + ";" + parameters);
    } catch (IllegalArgumentException e) {
      throw new HttpException(415, "content-type: " + e.getMessage());
    }
  }

  /** As the value of a header field: what is not printable ASCII is percent-encoded. */
  static String headerText(String text) {
    StringBuilder out = new StringBuilder(text.length());
    for (byte b : text.getBytes(java.nio.charset.StandardCharsets.UTF_8)) {
      if (b > 0x20 && b < 0x7F && b != '%') {
        out.append((char) b);
      } else {
        out.append(String.format(Locale.ROOT, "%%%02X", b & 0xFF));
      }
    }
    return out.toString();
  }
}
