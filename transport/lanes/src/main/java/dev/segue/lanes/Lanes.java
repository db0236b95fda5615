package dev.segue.lanes;

import dev.segue.iceoryx2.IceoryxException;
import dev.segue.iceoryx2.Node;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Declares publishers and subscribers over iceoryx2 and Zenoh.
 *
 * <p>Owner: the caller; it needs no close, but what it declares does, before the session and the
 * node are closed. Threads: any.
 */
public final class Lanes {
  private final Session session;
  private final @Nullable Node node;

  private Lanes(Session session, @Nullable Node node) {
    this.session = Objects.requireNonNull(session, "session");
    this.node = node;
  }

  /**
   * Both lanes. Processes read each other by iceoryx2 when their nodes see each other, and their
   * sessions hear each other's liveliness.
   */
  public static Lanes of(Session session, Node node) {
    return new Lanes(session, Objects.requireNonNull(node, "node"));
  }

  /**
   * Returns lanes with Zenoh only, where iceoryx2 isn't available: for subscribers, which then read
   * all publishers over Zenoh.
   */
  public static Lanes of(Session session) {
    return new Lanes(session, null);
  }

  /**
   * A publisher. Its shared memory is taken here.
   *
   * @throws IllegalArgumentException if the key has wildcards, or the publisher's memory is more
   *     than can be addressed
   * @throws IllegalStateException if the session has a lane publisher of that key already, if the
   *     session or node is closed, or without a node
   * @throws IceoryxException if the machine has no room, or the service can't be made
   */
  public LanePublisher declarePublisher(KeyExpr key, LanePublisherOptions options)
      throws ZenohException, IceoryxException {
    if (key.isWild()) {
      throw new IllegalArgumentException("lane publisher of " + key + ": a key without wildcards");
    }
    Node with = node;
    if (with == null) {
      throw new IllegalStateException(
          "lane publisher of " + key + ": its loans are iceoryx2's; use Lanes.of(session, node)");
    }
    return LanePublisher.open(session, with, key, options);
  }

  /** A subscriber of the nearest lane: {@link LaneSubscriberOptions#defaults()}. */
  public LaneSubscriber declareSubscriber(KeyExpr keyExpr) throws ZenohException {
    return declareSubscriber(keyExpr, LaneSubscriberOptions.defaults());
  }

  /**
   * A subscriber.
   *
   * @throws IllegalStateException if it is to take iceoryx2 alone and there is no node; if the
   *     session is closed
   */
  public LaneSubscriber declareSubscriber(KeyExpr keyExpr, LaneSubscriberOptions options)
      throws ZenohException {
    if (node == null && !options.choice().readsFar()) {
      throw new IllegalStateException(
          "lane subscriber of " + keyExpr + " by iceoryx2: use Lanes.of(session, node)");
    }
    return LaneSubscriber.open(session, node, keyExpr, options);
  }
}
