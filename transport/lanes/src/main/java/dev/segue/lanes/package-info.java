/**
 * One publisher and one subscriber over two lanes: iceoryx2 for readers of this host, Zenoh for
 * everybody else.
 *
 * <pre>
 *   LanePublisher.loan ──► Loan, filled once ──► put ──► iceoryx2: a position in a queue, 0 copies
 *                                                   └──► lent to Zenoh where somebody subscribes
 *
 *   LaneSubscriber ◄── of each publisher, the nearest lane that it can be read by; each message once
 * </pre>
 *
 * <p>The smallest program:
 *
 * <pre>{@code
 * try (Session session = Session.open(Config.defaults());
 *     Node node = Node.create();
 *     LanePublisher publisher =
 *         Lanes.of(session, node)
 *             .declarePublisher(KeyExpr.of("robot/camera"), LanePublisherOptions.of(12 << 20))) {
 *   Loan loan = publisher.loan(byteSize);
 *   camera.readInto(loan.segment());
 *   publisher.put(loan);
 * }
 * }</pre>
 *
 * <p>A <i>lane</i> is a way from a publisher to a subscriber. A publisher is <i>near</i> when it
 * can be read by iceoryx2: it runs on this host, as this user, and offers it. It <i>announces</i>
 * itself by a liveliness token of Zenoh. The other words are those of {@code dev.segue.zenoh},
 * {@code dev.segue.iceoryx2} and {@code dev.segue.bytes}.
 */
@NullMarked
package dev.segue.lanes;

import org.jspecify.annotations.NullMarked;
