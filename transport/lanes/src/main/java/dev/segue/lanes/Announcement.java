package dev.segue.lanes;

import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.ZenohId;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The content of the key of a publisher's liveliness token: {@code
 * @segue/lanes/<host>/<offer>/<session>/<number>/<key>}.
 *
 * @param host {@link HostId} of its host
 * @param offer how it can be read by iceoryx2
 * @param session its session
 * @param number of the publisher, in its session
 * @param key what it publishes to
 */
record Announcement(String host, Offer offer, ZenohId session, int number, String key) {
  private static final String BASE = "@segue/lanes/";
  private static final int PARTS = 7;
  private static final int MAX_NAME_BYTE_SIZE = 255;

  /** The policy of a publisher when the buffer of a near reader is full. */
  enum Offer {
    /** The message takes the place of the oldest one. */
    OVERFLOW("o"),
    /** The put waits. */
    WAITING("w");

    private final String chunk;

    Offer(String chunk) {
      this.chunk = chunk;
    }
  }

  /** The tokens of all who publish to keys of an expression. */
  static KeyExpr all(KeyExpr keys) {
    return KeyExpr.of(BASE + "*/*/*/*").join(keys.toString());
  }

  KeyExpr tokenKey() {
    return KeyExpr.of(BASE + host + "/" + offer.chunk + "/" + session + "/" + number).join(key);
  }

  /** That of a token's key, or null if no publisher writes it so: each has one token. */
  static @Nullable Announcement of(KeyExpr token) {
    String[] parts = token.toString().split("/", PARTS);
    if (parts.length < PARTS) {
      return null;
    }
    for (Offer offer : Offer.values()) {
      if (offer.chunk.equals(parts[3])) {
        try {
          Announcement announcement =
              new Announcement(
                  parts[2], offer, ZenohId.of(parts[4]), Integer.parseInt(parts[5]), parts[6]);
          return announcement.tokenKey().toString().equals(token.toString()) ? announcement : null;
        } catch (IllegalArgumentException _) {
          return null;
        }
      }
    }
    return null;
  }

  /**
   * The name of its iceoryx2 service: with the key, where that is short enough and ASCII, as names
   * have to be; else with its hash.
   */
  String serviceName() {
    String id = "@" + session + "-" + number;
    String name = key + id;
    boolean canBe =
        name.length() <= MAX_NAME_BYTE_SIZE && name.chars().allMatch(c -> c > 0 && c < 128);
    return canBe ? name : UUID.nameUUIDFromBytes(key.getBytes(StandardCharsets.UTF_8)) + id;
  }
}
