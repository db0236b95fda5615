package dev.segue.mcap;

import dev.segue.bytes.SegmentedBytes;

/**
 * The schema of the messages of channels.
 *
 * @param id from 1 on
 * @param encoding of the data: {@code protobuf}, {@code ros2msg}, {@code jsonschema}, …
 * @param data the schema itself
 */
public record McapSchema(int id, String name, String encoding, SegmentedBytes data) {}
