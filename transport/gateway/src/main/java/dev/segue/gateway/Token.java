package dev.segue.gateway;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A secret that clients must show, as it is or as a cookie made of it. Compared in constant time.
 */
final class Token {
  private static final String SCHEME = "bearer ";
  private static final String COOKIE = "segue";

  private final byte[] digest;
  private final String cookieText;
  private final byte[] cookieDigest;

  Token(String secret) {
    this.digest = digestOf(secret);
    this.cookieText = HexFormat.of().formatHex(digestOf("cookie of " + secret));
    this.cookieDigest = digestOf(cookieText);
  }

  /** Of digests, so that not even the length shows. */
  private static byte[] digestOf(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  boolean is(String shown) {
    return MessageDigest.isEqual(digest, digestOf(shown));
  }

  /** {@code Authorization: Bearer SECRET}, RFC 6750. */
  boolean isBearer(String authorization) {
    return authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
        && is(authorization.substring(SCHEME.length()).strip());
  }

  /** Among the cookies of a {@code Cookie} field, RFC 6265. */
  boolean isCookie(String cookies) {
    boolean found = false;
    for (String each : cookies.split(";", -1)) {
      int equals = each.indexOf('=');
      if (equals > 0 && each.substring(0, equals).strip().equals(COOKIE)) {
        found |= MessageDigest.isEqual(cookieDigest, digestOf(each.substring(equals + 1).strip()));
      }
    }
    return found;
  }

  /** Unreadable for scripts, and not sent along by other sites. */
  String cookie(boolean secure) {
    return COOKIE
        + "="
        + cookieText
        + "; Path=/; HttpOnly; SameSite=Strict"
        + (secure ? "; Secure" : "");
  }
}
