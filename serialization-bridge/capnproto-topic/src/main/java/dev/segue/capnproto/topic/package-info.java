/**
 * Topics whose samples are Cap'n Proto messages of one type: a line to publish, a line to
 * subscribe.
 *
 * <pre>
 *   frame -> frame.setSequence(7)
 *     │ TopicPublisher: built in loans of a pool, handed over        no copy
 *     ▼
 *   sample, encoding application/capnp;frames.capnp:CameraFrame@0x…
 *     │ TopicSubscriber: encoding and limits checked, read in place
 *     ▼
 *   (frame, sample) -> show(frame.getSequence())
 * </pre>
 *
 * <p>The publisher answers for the schema beside the topic, by which tools read its messages
 * ({@link dev.segue.capnproto.topic.TopicSchemas}).
 *
 * <p>The smallest program:
 *
 * <pre>{@code
 * var type = TopicType.of(Frames.CameraFrame.factory);
 * try (var subscriber = TopicSubscriber.of(session, key, type, (frame, sample) -> show(frame));
 *     var publisher = TopicPublisher.of(session, key, type, pool)) {
 *   publisher.publish(frame -> frame.setSequence(7));
 * }
 * }</pre>
 */
@NullMarked
package dev.segue.capnproto.topic;

import org.jspecify.annotations.NullMarked;
