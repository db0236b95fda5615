package dev.segue.iceoryx2;

import java.util.Arrays;

/**
 * The outcome of sending a message.
 *
 * @param recipientCount subscribers whose buffer it is in; 0 if there are none
 * @param missedCount subscribers that were there and don't have it: their buffer stayed full for
 *     the publisher's patience, they died, or they left during the send; always 0 with safe
 *     overflow as long as none dies or leaves, because the oldest message is replaced and not
 *     counted
 */
public record Delivery(int recipientCount, int missedCount) {
  private static final Delivery[] USUAL = new Delivery[16];

  static {
    Arrays.setAll(USUAL, recipients -> new Delivery(recipients, 0));
  }

  static Delivery of(long packed) {
    if (packed >= 0 && packed < USUAL.length) {
      return USUAL[(int) packed];
    }
    return new Delivery((int) packed, (int) (packed >>> 32));
  }
}
