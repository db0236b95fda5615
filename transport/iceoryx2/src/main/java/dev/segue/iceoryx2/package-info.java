/**
 * Publish and subscribe, events, requests and responses between processes of one host and one user,
 * over the iceoryx2 core: a payload is written once, into shared memory, and read there.
 *
 * <pre>
 *   Publisher.tryLoan ──► Loan, filled in place ──► send ──► a position in a queue, 0 copies
 *                                                              │
 *   Sample, read in place ◄── poll / tryReceive / receive ◄────┘   per subscriber
 *
 *   Client.send ──► PendingResponse      Server.receive ──► ActiveRequest
 *                        ▲ Response ◄────────── send ◄──────────┘   both read in place
 * </pre>
 *
 * <p>The smallest program:
 *
 * <pre>{@code
 * try (Node node = Node.create();
 *     PublishSubscribe frames = node.publishSubscribe("camera/front", Qos.defaults());
 *     Publisher publisher = frames.newPublisher(PublisherOptions.of(12 << 20))) {
 *   Loan loan = publisher.loan(byteSize);
 *   camera.readInto(loan.segment());
 *   publisher.send(loan);
 * }
 * }</pre>
 *
 * <p>The words are iceoryx2's: <i>node</i>, <i>service</i>, <i>sample</i>, <i>event</i>,
 * <i>notifier</i>, <i>listener</i>, <i>wait set</i>, <i>client</i>, <i>server</i>, <i>history</i>,
 * <i>borrowed</i>, <i>safe overflow</i>. To <i>lend</i>, <i>hand over</i> and <i>copy</i> are those
 * of {@code dev.segue.bytes}.
 */
@NullMarked
package dev.segue.iceoryx2;

import org.jspecify.annotations.NullMarked;
