package dev.segue.mcap;

import dev.segue.bytes.SegmentedBytes;

/**
 * What the messages of channels look like.
 *
 * @param id from 1 on
 * @param encoding of the data: {@code protobuf}, {@code ros2msg}, {@code jsonschema}, …
 * @param data the schema itself
 */
public record McapSchema(int id, String name, String encoding, SegmentedBytes data) {}
