package dev.segue.gateway;

import java.util.Base64;

/**
 * The schemas of {@code foxglove.RawImage} and {@code foxglove.CompressedImage}, as Foxglove wants
 * them: a {@code FileDescriptorSet} in base64.
 */
final class FoxgloveSchemas {
  static final String RAW_IMAGE = "foxglove.RawImage";
  static final String COMPRESSED_IMAGE = "foxglove.CompressedImage";

  // google.protobuf.FieldDescriptorProto.Type
  private static final int INT64 = 3;
  private static final int INT32 = 5;
  private static final int FIXED32 = 7;
  private static final int STRING = 9;
  private static final int MESSAGE = 11;
  private static final int BYTES = 12;
  private static final int OPTIONAL = 1;
  private static final String TIMESTAMP_FILE = "google/protobuf/timestamp.proto";
  private static final String TIMESTAMP = ".google.protobuf.Timestamp";

  private static final Protobuf TIMESTAMP_PROTO =
      new Protobuf()
          .text(1, TIMESTAMP_FILE)
          .text(2, "google.protobuf")
          .message(
              4,
              new Protobuf()
                  .text(1, "Timestamp")
                  .message(2, field("seconds", 1, INT64))
                  .message(2, field("nanos", 2, INT32)))
          .text(12, "proto3");

  private FoxgloveSchemas() {}

  private static Protobuf field(String name, int number, int type) {
    return new Protobuf()
        .text(1, name)
        .varint(3, number)
        .varint(4, OPTIONAL)
        .varint(5, type)
        .text(10, name.equals("frame_id") ? "frameId" : name);
  }

  private static Protobuf timestamp() {
    return field("timestamp", 1, MESSAGE).text(6, TIMESTAMP);
  }

  private static String setOf(String name, Protobuf fields) {
    Protobuf file =
        new Protobuf()
            .text(1, "foxglove/" + name + ".proto")
            .text(2, "foxglove")
            .text(3, TIMESTAMP_FILE)
            .message(4, fields)
            .text(12, "proto3");
    byte[] set = new Protobuf().message(1, TIMESTAMP_PROTO).message(1, file).toByteArray();
    return Base64.getEncoder().encodeToString(set);
  }

  /** The descriptor of a schema, in base64. */
  static String of(String name) {
    return name.equals(RAW_IMAGE) ? RAW : COMPRESSED;
  }

  private static final String RAW =
      setOf(
          "RawImage",
          new Protobuf()
              .text(1, "RawImage")
              .message(2, timestamp())
              .message(2, field("frame_id", 7, STRING))
              .message(2, field("width", 2, FIXED32))
              .message(2, field("height", 3, FIXED32))
              .message(2, field("encoding", 4, STRING))
              .message(2, field("step", 5, FIXED32))
              .message(2, field("data", 6, BYTES)));

  private static final String COMPRESSED =
      setOf(
          "CompressedImage",
          new Protobuf()
              .text(1, "CompressedImage")
              .message(2, timestamp())
              .message(2, field("frame_id", 4, STRING))
              .message(2, field("data", 2, BYTES))
              .message(2, field("format", 3, STRING)));
}
