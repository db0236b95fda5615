package dev.segue.lanes;

/**
 * The readers that a message reached on the iceoryx2 lane; the Zenoh lane has no such counts.
 *
 * @param nearCount readers of this host whose buffer it is in
 * @param nearMissedCount readers of this host that don't have it: their buffer stayed full for the
 *     publisher's patience, they died, or they left during the send; always 0 with safe overflow as
 *     long as none dies or leaves
 */
public record LaneDelivery(int nearCount, int nearMissedCount) {
  static final LaneDelivery NONE = new LaneDelivery(0, 0);
}
