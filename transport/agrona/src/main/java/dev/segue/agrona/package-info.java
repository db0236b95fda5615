/**
 * Agrona's buffers into and out of {@link dev.segue.bytes.SegmentedBytes}, for those who use
 * Agrona.
 *
 * <pre>
 *   DirectBuffer over a read-only direct ByteBuffer ──fromBuffers(…, false)─────┐
 *   a part of any direct buffer ──asReadOnlySegment──► fromSegments(…, false) ──┼──► SegmentedBytes
 *   any other DirectBuffer ──fromBuffers(…, true), copyOf: counted──────────────┘        │
 *   read-only DirectBuffers ◄──────────────asDirectBuffers───────────────────────────────┘
 * </pre>
 *
 * <p>The smallest program:
 *
 * <pre>{@code
 * MemorySegment frame = AgronaBuffers.asReadOnlySegment(termBuffer, offset, length);
 * SegmentedBytes bytes = SegmentedBytes.fromSegments(List.of(frame), false);
 * DirectBuffer back = AgronaBuffers.asDirectBuffers(bytes).getFirst();
 * }</pre>
 *
 * <p>Words, besides those of {@link dev.segue.bytes}:
 *
 * <ul>
 *   <li><i>direct buffer</i>: Agrona's {@code DirectBuffer}, whatever it lies in; not to be
 *       confused with a direct {@code ByteBuffer}, which is off-heap;
 *   <li><i>address-only</i>: a direct buffer that was wrapped around a plain address, so that
 *       nothing shows how long its memory lives; it can be copied, not borrowed.
 * </ul>
 */
@NullMarked
package dev.segue.agrona;

import org.jspecify.annotations.NullMarked;
