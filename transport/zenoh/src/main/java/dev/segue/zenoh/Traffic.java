package dev.segue.zenoh;

/**
 * The traffic of the links of a session, or of one of them: messages of every kind, such as puts,
 * queries, replies and declarations, and the bytes on the links, including everything around the
 * payloads.
 *
 * <p>Counts never decrease. The core (1.10.2) counts the messages that a low-latency session sends
 * as received, and the bytes that it receives as sent.
 *
 * @param sentCount messages sent
 * @param sentByteSize bytes sent
 * @param receivedCount messages received
 * @param receivedByteSize bytes received
 * @param droppedCount messages dropped on the way out: of a link, those that it had no room for; of
 *     a session, also those that access control, downsampling or a low-pass filter held back
 */
public record Traffic(
    long sentCount,
    long sentByteSize,
    long receivedCount,
    long receivedByteSize,
    long droppedCount) {}
