/**
 * Bytes in memory as a list of read-only segments, and what owns that memory.
 *
 * <pre>
 *   MemorySegment, ByteBuffer, mapped file ──fromSegments(…, false)──┐
 *   Loan of a LoanPool ──────────handOver()──────────────────────────┼──► SegmentedBytes ──► transports
 *   received samples, object ranges, DATA frames ────────────────────┘         │
 *                                                                 isLent(), released()
 *   BytesSource (an object, a topic) ──── pipeTo ────► BytesSink (a topic, an object)
 * </pre>
 *
 * <p>The smallest program:
 *
 * <pre>{@code
 * SegmentedBytes bytes = SegmentedBytes.fromSegments(List.of(header, pixels), false);
 * bytes.slice(0, 40).reader().readInt();
 * }</pre>
 *
 * <p>Words, the same in the whole library:
 *
 * <ul>
 *   <li><i>view</i>: the same bytes with the same lifetime, owning nothing;
 *   <li><i>lend</i>, <i>borrow</i>: the owner stays the owner and keeps the bytes alive and
 *       unchanged until the release;
 *   <li><i>hand over</i>: the receiver owns them, the sender must not touch them again;
 *   <li><i>copy</i>: bytes are duplicated; the word stands in the method's name and the bytes in
 *       the {@link dev.segue.bytes.CopyLedger};
 *   <li><i>loan</i>: memory that a pool gives out to be filled, then handed over or given back.
 * </ul>
 *
 * <p>Lifetimes of memory, by owner:
 *
 * <table>
 *   <caption>Lifetimes</caption>
 *   <tr><th>memory</th><th>ends</th></tr>
 *   <tr><td>{@link dev.segue.bytes.Loan}</td><td>closed, and the last lease ended</td></tr>
 *   <tr><td>{@link dev.segue.bytes.LendingArena}</td><td>closed, and the last lease ended</td></tr>
 *   <tr><td>{@code Arena.ofAuto()}, {@code Arena.global()}</td><td>unreachable; a lease reaches it</td></tr>
 *   <tr><td>any other arena</td><td>when its owner closes it: wait for {@code released()} first</td></tr>
 * </table>
 */
@NullMarked
package dev.segue.bytes;

import org.jspecify.annotations.NullMarked;
