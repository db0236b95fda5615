package dev.segue.iceoryx2;

/**
 * What became of a message that was sent.
 *
 * @param recipientCount subscribers whose buffer it is in; 0 when there is none
 * @param missedCount subscribers that were there and don't have it: their buffer stayed full for
 *     the publisher's patience, they died, or they left meanwhile; always 0 with safe overflow as
 *     long as none dies or leaves, as the oldest message gives way and is not counted
 */
public record Delivery(int recipientCount, int missedCount) {
  static Delivery of(long packed) {
    return new Delivery((int) packed, (int) (packed >>> 32));
  }
}
