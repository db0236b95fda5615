package dev.segue.gateway;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The target of a request: the path as it was sent, still encoded, and the decoded query.
 *
 * @param path starts with a slash; {@link #decode} is for the parts of it
 * @param query the last value of each name; empty for a name alone
 */
record Target(String path, Map<String, String> query) {
  /** Each costs 150 bytes of heap, of three that were sent, as long as the request goes on. */
  private static final int MAX_PARAMETER_COUNT = 64;

  /** Of a request's path with its query, in origin form (RFC 9112 section 3.2.1). */
  static Target parse(String requested) throws HttpException {
    if (!requested.startsWith("/")) {
      throw HttpException.badRequest("the path must start with a slash");
    }
    int question = requested.indexOf('?');
    if (question < 0) {
      return new Target(requested, Map.of());
    }
    Map<String, String> query = new LinkedHashMap<>();
    for (String pair : requested.substring(question + 1).split("&", -1)) {
      int equals = pair.indexOf('=');
      String name = equals < 0 ? pair : pair.substring(0, equals);
      String value = equals < 0 ? "" : pair.substring(equals + 1);
      if (!name.isEmpty()) {
        if (query.size() == MAX_PARAMETER_COUNT) {
          throw HttpException.badRequest("more than " + MAX_PARAMETER_COUNT + " parameters");
        }
        query.put(decode(name.replace('+', ' ')), decode(value.replace('+', ' ')));
      }
    }
    return new Target(requested.substring(0, question), query);
  }

  /**
   * Percent-decoded, strictly: what is no UTF-8 or no escape is an error, and so is a control
   * character.
   */
  static String decode(String encoded) throws HttpException {
    return decode("the path", encoded, false);
  }

  /** The same of a header field, whose escapes may mean control characters as well. */
  static String decodeField(String name, String encoded) throws HttpException {
    return decode(name, encoded, true);
  }

  private static String decode(String what, String encoded, boolean isControlAllowed)
      throws HttpException {
    ByteBuffer bytes = ByteBuffer.allocate(encoded.length());
    for (int i = 0; i < encoded.length(); i++) {
      char c = encoded.charAt(i);
      if (c > 0x7E || c < 0x20) {
        throw HttpException.badRequest(what + " has a character that must be percent-encoded");
      }
      if (c != '%') {
        bytes.put((byte) c);
        continue;
      }
      int value =
          i + 2 < encoded.length()
              ? hex(encoded.charAt(i + 1)) * 16 + hex(encoded.charAt(i + 2))
              : -1;
      if (value < 0) {
        throw HttpException.badRequest(what + " has a % that no two hexadecimal digits follow");
      }
      if (!isControlAllowed && (value < 0x20 || value == 0x7F)) {
        throw HttpException.badRequest(what + " has a control character");
      }
      bytes.put((byte) value);
      i += 2;
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
    } catch (CharacterCodingException e) {
      throw HttpException.badRequest(what + " is not UTF-8");
    }
  }

  private static int hex(char c) {
    int digit = c < 0x7F ? Character.digit(c, 16) : -1;
    return digit < 0 ? -1000 : digit;
  }

  boolean has(String name) {
    return query.containsKey(name);
  }

  String query(String name, String otherwise) {
    return query.getOrDefault(name, otherwise);
  }

  /** A whole number between two others. */
  int query(String name, int otherwise, int least, int most) throws HttpException {
    String text = query.get(name);
    if (text == null) {
      return otherwise;
    }
    try {
      int value = Integer.parseInt(text);
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException _) {
      // said below
    }
    throw HttpException.badRequest(
        name + "=" + text + ": a whole number from " + least + " to " + most);
  }

  /** Yes or no; a name alone is yes. */
  boolean flag(String name) throws HttpException {
    String text = query.get(name);
    if (text == null) {
      return false;
    }
    return switch (text) {
      case "", "1", "true" -> true;
      case "0", "false" -> false;
      default -> throw HttpException.badRequest(name + "=" + text + ": true or false");
    };
  }
}
