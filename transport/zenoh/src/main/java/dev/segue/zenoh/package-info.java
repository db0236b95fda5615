/**
 * Publish and subscribe over the Zenoh core, without copying payloads.
 *
 * <pre>
 *   SegmentedBytes ──put──► lent to the core ──► shared memory: a descriptor, 0 copies
 *   Loan of a ShmPool ─────►                 └─► network: 1 copy, into the core's batches
 *
 *   network, shared memory ──► bounded native queue ──► poll / receive / handler ──► Sample
 * </pre>
 *
 * <p>The smallest program:
 *
 * <pre>{@code
 * try (Session session = Session.open(Config.defaults());
 *     Publisher publisher = session.declarePublisher(KeyExpr.of("robot/camera"))) {
 *   publisher.put(SegmentedBytes.fromSegments(List.of(header, pixels), false));
 * }
 * }</pre>
 *
 * <p>The words are Zenoh's: <i>session</i>, <i>key expression</i>, <i>sample</i>, <i>encoding</i>,
 * <i>attachment</i>, <i>congestion control</i>, <i>locality</i>. To <i>lend</i>, <i>hand over</i>
 * and <i>copy</i> are those of {@code dev.segue.bytes}.
 */
@NullMarked
package dev.segue.zenoh;

import org.jspecify.annotations.NullMarked;
