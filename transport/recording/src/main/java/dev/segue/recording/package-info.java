/**
 * Topics recorded into objects, and published from them again.
 *
 * <pre>
 *   topic ─► Subscriber ─► Recorder ─► MCAP ─► ObjectWriter      payloads lent until they are stored
 *   object ─► ranges ─► loans in shared memory ─► Player ─► topic   read straight into what is published
 * </pre>
 *
 * <p>The smallest program:
 *
 * <pre>{@code
 * try (Recorder recorder =
 *     Recorder.start(session, KeyExpr.of("robot/**"), store.write("drive.mcap"), options)) {
 *   recorder.awaitEnd(Duration.ofMinutes(1));
 *   recorder.finish();
 * }
 * }</pre>
 *
 * <p>What of a sample is kept, and where:
 *
 * <table>
 *   <caption>A sample in a recording</caption>
 *   <tr><th>sample</th><th>MCAP</th></tr>
 *   <tr><td>key</td><td>the channel's topic</td></tr>
 *   <tr><td>encoding</td><td>the channel's message encoding (the format's name for it where there
 *       is one), whole in its metadata {@code zenoh.encoding}</td></tr>
 *   <tr><td>put or delete, priority, congestion control, express, reliability</td><td>the channel's
 *       metadata {@code zenoh.…}: one channel for each combination</td></tr>
 *   <tr><td>payload</td><td>the message's data</td></tr>
 *   <tr><td>time of reception</td><td>log time</td></tr>
 *   <tr><td>timestamp</td><td>publish time in ns; exact, with its clock's id, in the private record
 *       </td></tr>
 *   <tr><td>source info, attachment</td><td>the private record</td></tr>
 * </table>
 *
 * <p>The private record (opcode 0x80) stands before the message that it belongs to, if there is
 * anything to keep in it. Other programs skip it, as the format requires; programs that rewrite a
 * file drop it.
 */
@NullMarked
package dev.segue.recording;

import org.jspecify.annotations.NullMarked;
