package dev.segue.http2;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** The client's request to begin a WebSocket, and the answer: RFC 6455 section 4, RFC 8441. */
final class WebSocketHandshake {
  private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  private static final String VERSION = "13";
  private static final int KEY_BYTE_SIZE = 16;

  private WebSocketHandshake() {}

  /** Returns whether a request of HTTP/1.1 wants to become a WebSocket. */
  static boolean isUpgrade(Request request) {
    return request.method().equals("GET")
        && names(request, "upgrade").stream().anyMatch("websocket"::equalsIgnoreCase)
        && names(request, "connection").stream().anyMatch("upgrade"::equalsIgnoreCase)
        && request.headers().first("sec-websocket-version").orElse("").equals(VERSION)
        && isKey(request.headers().first("sec-websocket-key").orElse(""));
  }

  static boolean isAsked(Request request, String protocol) {
    return protocol.isEmpty()
        ? isUpgrade(request)
        : protocol.equals("websocket")
            && request.headers().first("sec-websocket-version").orElse(VERSION).equals(VERSION);
  }

  private static boolean isKey(String key) {
    try {
      return Base64.getDecoder().decode(key).length == KEY_BYTE_SIZE;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  static List<String> protocols(Request request) {
    return names(request, "sec-websocket-protocol");
  }

  private static List<String> names(Request request, String field) {
    List<String> names = new ArrayList<>();
    request
        .headers()
        .forEach(
            (name, value) -> {
              if (name.equals(field)) {
                for (String each : value.split(",", -1)) {
                  if (!each.isBlank()) {
                    names.add(each.strip());
                  }
                }
              }
            });
    return names;
  }

  static Headers answer(Request request, String protocol) {
    Headers headers = Headers.empty();
    if (!protocol.isEmpty()) {
      headers = headers.with("sec-websocket-protocol", protocol);
    }
    if (!request.method().equals("GET")) {
      return headers; // Over HTTP/2 there is no key.
    }
    String key = request.headers().first("sec-websocket-key").orElse("");
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-1")
              .digest((key + GUID).getBytes(StandardCharsets.US_ASCII));
      return headers.with("sec-websocket-accept", Base64.getEncoder().encodeToString(hash));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("no SHA-1 in this Java", e);
    }
  }
}
