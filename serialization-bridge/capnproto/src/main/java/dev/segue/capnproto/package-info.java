/**
 * Cap'n Proto messages from and to {@link dev.segue.bytes.SegmentedBytes}, without joining or
 * copying them.
 *
 * <pre>
 *   camera ──► CapturedData ──embed──┐
 *   generated classes ──► LoanMessage ──handOver──► SegmentedBytes ──► put, upload, DATA frames
 *   any MessageBuilder ──► Framing.borrow ─────────► [table + segment 0][segment 1]…
 *
 *   payload, object range ──► MessageView ──read──► generated readers, in place
 *                               └─ straddling segments: gathered into a loan, in the copy ledger
 * </pre>
 *
 * <p>The smallest program:
 *
 * <pre>{@code
 * try (LoanMessage message = LoanMessage.of(pool)) {
 *   message.initRoot(Frames.CameraFrame.factory).setSequence(7);
 *   publisher.put(message.handOver());
 * }
 *
 * try (MessageView view = MessageView.of(payload, pool)) {
 *   long sequence = view.read(Frames.CameraFrame.factory, frame -> frame.getSequence());
 * }
 * }</pre>
 *
 * <p>Words, beside those of {@link dev.segue.bytes}:
 *
 * <ul>
 *   <li><i>message segment</i>: a run of words that pointers address; a message has one or more;
 *   <li><i>word</i>: eight bytes, little-endian; sizes on the wire are in words, ours are in bytes;
 *   <li><i>segment table</i>: the count and sizes of the segments, before them in the stream
 *       framing;
 *   <li><i>head</i>: the first loan of a message, segment table and first segment;
 *   <li><i>landing pad</i>: the word before an object in another segment that a far pointer points
 *       at;
 *   <li><i>captured data</i>: bytes that were there before the message, with room for the pad;
 *   <li><i>gather</i>: copy a segment of a message that lies in several pieces into one.
 * </ul>
 */
@NullMarked
package dev.segue.capnproto;

import org.jspecify.annotations.NullMarked;
