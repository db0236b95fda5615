package dev.segue.objectstore.http;

import java.net.ProtocolException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A status line and its fields, parsed as strictly as RFC 9112 allows a client to.
 *
 * <p>Refused: anything but CRLF as a line's end, folded lines, white space around a name, names
 * that are not tokens, control characters, a second Content-Length, Content-Length beside
 * Transfer-Encoding, any transfer coding but {@code chunked}.
 *
 * @param contentLength -1 where there is none
 * @param persistent whether the connection may be used again after the body
 */
public record ResponseHead(
    int status,
    String reason,
    List<Field> fields,
    long contentLength,
    boolean chunked,
    boolean persistent) {
  private static final int FIELD_COUNT_LIMIT = 256;
  private static final String TOKEN_MARKS = "!#$%&'*+-.^_`|~";

  /** One header field. */
  public record Field(String name, String value) {}

  /** Parses a head that ends with its empty line, CRLF included. */
  static ResponseHead parse(byte[] head) throws ProtocolException {
    String text = new String(head, StandardCharsets.ISO_8859_1);
    if (!text.endsWith("\r\n\r\n")) {
      throw malformed("it has no end", text);
    }
    int lineEnd = text.indexOf("\r\n");
    String line = text.substring(0, lineEnd);
    int status = status(line);
    boolean old = line.startsWith("HTTP/1.0");
    List<Field> fields = new ArrayList<>();
    long contentLength = -1;
    boolean chunked = false;
    boolean close = old;
    for (int at = lineEnd + 2; at < text.length() - 2; ) {
      int end = text.indexOf("\r\n", at);
      Field field = field(text.substring(at, end));
      if (fields.size() == FIELD_COUNT_LIMIT) {
        throw new ProtocolException("response head: more than fieldCount=" + FIELD_COUNT_LIMIT);
      }
      fields.add(field);
      switch (field.name().toLowerCase(Locale.ROOT)) {
        case "content-length" -> {
          if (contentLength >= 0) {
            throw malformed("it has two lengths", field.value());
          }
          contentLength = length(field.value());
        }
        case "transfer-encoding" -> {
          if (chunked || old || !field.value().equalsIgnoreCase("chunked")) {
            throw malformed("its transfer coding is not understood", field.value());
          }
          chunked = true;
        }
        case "connection" -> {
          for (String option : field.value().split(",", -1)) {
            close |= option.strip().equalsIgnoreCase("close");
          }
        }
        default -> {}
      }
      at = end + 2;
    }
    if (chunked && contentLength >= 0) {
      throw malformed("it has a length and a transfer coding", "contentLength=" + contentLength);
    }
    String reason = line.length() > 13 ? line.substring(13) : "";
    return new ResponseHead(status, reason, List.copyOf(fields), contentLength, chunked, !close);
  }

  private static int status(String line) throws ProtocolException {
    boolean shape =
        line.length() >= 12
            && (line.startsWith("HTTP/1.1 ") || line.startsWith("HTTP/1.0 "))
            && (line.length() == 12 || line.charAt(12) == ' ');
    for (int i = 9; shape && i < 12; i++) {
      shape = line.charAt(i) >= '0' && line.charAt(i) <= '9';
    }
    if (!shape || !isText(line) || line.charAt(9) == '0' || line.charAt(9) > '5') {
      throw malformed("its status line is not HTTP/1.x", line);
    }
    return Integer.parseInt(line, 9, 12, 10);
  }

  /** Parses a line of a head or of a trailer. */
  static Field field(String line) throws ProtocolException {
    int colon = line.indexOf(':');
    if (colon <= 0) {
      throw malformed("a line is not a field", line);
    }
    for (int i = 0; i < colon; i++) {
      if (!isToken(line.charAt(i))) {
        throw malformed("a field name is not a token", line);
      }
    }
    if (!isText(line)) {
      throw malformed("a field has control characters", line);
    }
    return new Field(line.substring(0, colon), stripped(line, colon + 1));
  }

  private static String stripped(String line, int from) {
    int start = from;
    int end = line.length();
    while (start < end && isBlank(line.charAt(start))) {
      start++;
    }
    while (end > start && isBlank(line.charAt(end - 1))) {
      end--;
    }
    return line.substring(start, end);
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t';
  }

  private static boolean isToken(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || TOKEN_MARKS.indexOf(c) >= 0;
  }

  private static boolean isText(String line) {
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if ((c < ' ' && c != '\t') || c == 0x7F) {
        return false;
      }
    }
    return true;
  }

  private static long length(String value) throws ProtocolException {
    boolean digits = !value.isEmpty() && value.length() <= 18;
    for (int i = 0; digits && i < value.length(); i++) {
      digits = value.charAt(i) >= '0' && value.charAt(i) <= '9';
    }
    if (!digits) {
      throw malformed("its length is not a number", value);
    }
    return Long.parseLong(value);
  }

  private static ProtocolException malformed(String what, String where) {
    StringBuilder shown = new StringBuilder("response head: ").append(what).append(": \"");
    for (int i = 0; i < Math.min(where.length(), 80); i++) {
      char c = where.charAt(i);
      shown.append(c < ' ' || c > '~' ? '?' : c);
    }
    return new ProtocolException(shown.append('"').toString());
  }
}
