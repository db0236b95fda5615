/**
 * MCAP files (<a href="https://mcap.dev/spec">mcap.dev</a>), the field's container of recorded
 * messages: written from segments that are never joined, read as views.
 *
 * <pre>
 *   message data (borrowed) ──┐
 *   record heads (a block) ───┴─► McapWriter ──► BytesSink (an object, a file)
 *   BytesSource, McapInput ──► McapReader ──► McapMessage.data(), where the source put it
 * </pre>
 *
 * <p>The smallest program:
 *
 * <pre>{@code
 * try (McapReader reader = McapReader.open(store.read("drive.mcap"))) {
 *   for (var next = reader.next(); next.isPresent(); next = reader.next()) {
 *     try (McapMessage message = next.get()) {
 *       handle(message.channel().topic(), message.data());
 *     }
 *   }
 * }
 * }</pre>
 *
 * <p>Words, the format's own:
 *
 * <ul>
 *   <li><i>record</i>: an opcode, a length, and that many bytes; the file is records between two
 *       magics;
 *   <li><i>channel</i>: a topic with an encoding, a schema and metadata;
 *   <li><i>message</i>: bytes of a channel with two times and a sequence number;
 *   <li><i>chunk</i>: records in one record, perhaps compressed;
 *   <li><i>data section</i>, <i>summary section</i>: what was recorded, and what it was, at the
 *       end.
 * </ul>
 */
@NullMarked
package dev.segue.mcap;

import org.jspecify.annotations.NullMarked;
