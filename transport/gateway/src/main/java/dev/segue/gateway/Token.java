package dev.segue.gateway;

import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A secret that clients must show, as it is or as a cookie made of it, which this process alone
 * knows. Compared in constant time.
 */
final class Token {
  private static final String SCHEME = "bearer ";
  private static final String ALGORITHM = "HmacSHA256";

  /**
   * Of this process. Cookies are not guesses, however many wrong ones come: so that nobody can make
   * one of each secret that might be it, they are made with this.
   */
  private static final byte[] COOKIE_KEY = new byte[32];

  static {
    new SecureRandom().nextBytes(COOKIE_KEY);
  }

  private final Shown secret;
  private final String cookieText;
  private final Shown cookie;

  Token(String secret) {
    this.secret = new Shown(secret);
    this.cookieText = cookieTextOf(secret);
    this.cookie = new Shown(cookieText);
  }

  /**
   * The token that a client has shown, to be compared with many tokens: its digest is made once.
   * Digests are compared, so that not even the length shows.
   */
  static final class Shown {
    private final byte[] digest;

    Shown(String text) {
      try {
        digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every Java has SHA-256", e);
      }
    }

    private boolean isSame(Shown other) {
      return MessageDigest.isEqual(digest, other.digest);
    }
  }

  /**
   * The secret, if a header field can carry it.
   *
   * @throws IllegalArgumentException if it is empty, begins or ends with a blank, or has something
   *     else than printable ASCII in it
   */
  static String checked(String secret) {
    boolean printable = secret.chars().allMatch(c -> c >= 0x20 && c < 0x7F);
    if (secret.isEmpty() || !printable || !secret.equals(secret.strip())) {
      throw new IllegalArgumentException(
          "a token of length="
              + secret.length()
              + ": one or more characters of printable ASCII, no blank at either end");
    }
    return secret;
  }

  private static String cookieTextOf(String secret) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(COOKIE_KEY, ALGORITHM));
      return HexFormat.of().formatHex(mac.doFinal(secret.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new IllegalStateException("every Java has " + ALGORITHM, e);
    }
  }

  boolean is(Shown shown) {
    return secret.isSame(shown);
  }

  boolean isSame(Token other) {
    return secret.isSame(other.secret);
  }

  /** The secret in {@code Authorization: Bearer SECRET}, RFC 6750; empty if it is none. */
  static String bearerOf(String authorization) {
    return authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
        ? authorization.substring(SCHEME.length()).strip()
        : "";
  }

  /** The value of a cookie of a {@code Cookie} field, RFC 6265; empty if it is not there. */
  static String cookieOf(String cookies, String name) {
    for (String each : cookies.split(";", -1)) {
      int equals = each.indexOf('=');
      if (equals > 0 && each.substring(0, equals).strip().equals(name)) {
        return each.substring(equals + 1).strip();
      }
    }
    return "";
  }

  boolean isCookie(Shown shown) {
    return cookie.isSame(shown);
  }

  /**
   * Unreadable for scripts, and not sent along by other sites.
   *
   * @param path where the gateway is, below which it is sent
   */
  String cookie(String name, String path, boolean secure) {
    return name + "=" + cookieText + attributes(path, secure);
  }

  /** Makes a browser forget the cookie. */
  static String noCookie(String name, String path, boolean secure) {
    return name + "=; Max-Age=0" + attributes(path, secure);
  }

  private static String attributes(String path, boolean secure) {
    return "; Path=" + path + "; HttpOnly; SameSite=Strict" + (secure ? "; Secure" : "");
  }
}
