package dev.segue.gateway;

import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Entity tags that say which version it is, and nothing else. */
final class EntityTags {
  private static final String ALGORITHM = "HmacSHA256";
  private static final int BYTE_SIZE = 16;

  /** Of this process, so that nobody can try out what a tag is made of. */
  private static final byte[] KEY = new byte[32];

  static {
    new SecureRandom().nextBytes(KEY);
  }

  private EntityTags() {}

  /** A tag for another one; the same for the same, as long as this process runs. */
  static String hidden(String etag) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(KEY, ALGORITHM));
      byte[] digest = mac.doFinal(etag.getBytes(StandardCharsets.UTF_8));
      return '"' + HexFormat.of().formatHex(digest, 0, BYTE_SIZE) + '"';
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new IllegalStateException("every Java has " + ALGORITHM, e);
    }
  }
}
