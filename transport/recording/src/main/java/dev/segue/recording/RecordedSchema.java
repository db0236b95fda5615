package dev.segue.recording;

import dev.segue.bytes.SegmentedBytes;

/**
 * The schema of a topic's messages, for readers of its recording.
 *
 * <p>Lifetime: its data must stay valid as long as it is recorded. Threads: any.
 *
 * @param name of the type, as the encoding has it
 * @param encoding the name that the format's registry has for schemas of this language: {@code
 *     capnproto}, {@code protobuf}, {@code jsonschema}
 * @param data the schema itself
 */
public record RecordedSchema(String name, String encoding, SegmentedBytes data) {}
