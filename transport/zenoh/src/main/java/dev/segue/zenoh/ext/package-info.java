/**
 * Zenoh's own serialization, as zenoh-ext has it in Rust, C++, Python and Java: numbers in
 * little-endian order, lengths as LEB128, and nothing that says what the values are.
 *
 * <pre>{@code
 * SegmentedBytes bytes = ZCodec.listOf(ZCodec.STRING).serialize(List.of("a", "b"));
 * List<String> names = ZCodec.listOf(ZCodec.STRING).deserialize(bytes);
 *
 * ZSerializer serializer = new ZSerializer();     // a tuple: its values one after the other
 * serializer.writeInt32(7);
 * serializer.writeBytes(pixels);                  // lent on, not copied
 * SegmentedBytes tuple = serializer.finish();
 * }</pre>
 *
 * <p>The format: https://github.com/eclipse-zenoh/roadmap/blob/main/rfcs/ALL/Serialization.md
 */
@NullMarked
package dev.segue.zenoh.ext;

import org.jspecify.annotations.NullMarked;
