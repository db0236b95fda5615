package dev.segue.gateway;

import dev.segue.bytes.LoanPool;
import dev.segue.capnproto.schema.Frames.PixelFormat;
import dev.segue.zenoh.Encoding;
import java.util.Optional;

/**
 * The form in which Foxglove sees a topic.
 *
 * @param kind what its messages are made of
 * @param encoding of the messages: {@code json}, {@code cdr}, {@code protobuf}, or the topic's own
 * @param schemaName empty where there is none
 * @param schemaEncoding of {@code schema}; empty where there is none
 * @param schemaHash of {@code schema}, also where that was left out
 */
record FoxgloveChannel(
    Kind kind,
    String encoding,
    String schemaName,
    String schemaEncoding,
    String schema,
    int schemaHash) {
  private static final FoxgloveChannel JSON = new FoxgloveChannel(Kind.PAYLOAD, "json", "", "", "");

  FoxgloveChannel(
      Kind kind, String encoding, String schemaName, String schemaEncoding, String schema) {
    this(kind, encoding, schemaName, schemaEncoding, schema, schema.hashCode());
  }

  /** The source of a channel's messages. */
  enum Kind {
    /** The payload as it is. */
    PAYLOAD,
    /** A picture that it is, or that is made of it. */
    PICTURE,
    /** JSON that is made of it, by its schema. */
    MESSAGE
  }

  /** Of a topic as its newest sample is. */
  static FoxgloveChannel of(Topic topic, Encoding encoding, MessageTypes types, LoanPool memory) {
    Topic.View view = topic.view(memory);
    String type = MediaTypes.of(encoding);
    if (view.camera().isPresent()) {
      return image(
          rawEncoding(view.camera().get().format()).isPresent()
              ? FoxgloveSchemas.RAW_IMAGE
              : FoxgloveSchemas.COMPRESSED_IMAGE);
    }
    if (type.startsWith("image/")) {
      return image(FoxgloveSchemas.COMPRESSED_IMAGE);
    }
    if (type.contains("json")) {
      return JSON;
    }
    Optional<MessageTypes.Known> message = types.known(topic.keyExpr(), encoding);
    if (message.isPresent()) {
      String name = message.get().type().name();
      String json = message.get().jsonSchema();
      return new FoxgloveChannel(Kind.MESSAGE, "json", name, "jsonschema", json);
    }
    String text = encoding.text();
    int semicolon = text.indexOf(';');
    String schema = semicolon < 0 ? "" : text.substring(semicolon + 1);
    if (text.startsWith("application/cdr") || isRos(topic.key())) {
      String name = schema.isEmpty() ? rosTypeOf(topic.key()) : schema;
      return new FoxgloveChannel(Kind.PAYLOAD, "cdr", name, "", "");
    }
    return new FoxgloveChannel(Kind.PAYLOAD, type, schema, "", "");
  }

  private static FoxgloveChannel image(String name) {
    return new FoxgloveChannel(
        Kind.PICTURE, "protobuf", name, "protobuf", FoxgloveSchemas.of(name));
  }

  /** The same for those who have the schema already. */
  FoxgloveChannel withoutSchema() {
    return new FoxgloveChannel(kind, encoding, schemaName, schemaEncoding, "", schemaHash);
  }

  /** Returns whether a schema that becomes known changes what it is. */
  boolean mayBeMessage() {
    return kind == Kind.PAYLOAD && !encoding.equals("json") && !encoding.equals("cdr");
  }

  /** Returns whether messages of that type are of another schema than was advertised. */
  boolean isOutdatedBy(MessageTypes.Known type) {
    return type.jsonSchema().hashCode() != schemaHash;
  }

  boolean isRawImage() {
    return kind == Kind.PICTURE && schemaName.equals(FoxgloveSchemas.RAW_IMAGE);
  }

  boolean isCompressedImage() {
    return kind == Kind.PICTURE && schemaName.equals(FoxgloveSchemas.COMPRESSED_IMAGE);
  }

  /** The name that RawImage has for a format of pixels; empty where it has none. */
  static Optional<String> rawEncoding(PixelFormat format) {
    return switch (format) {
      case RGB8 -> Optional.of("rgb8");
      case BGR8 -> Optional.of("bgr8");
      case RGBA8 -> Optional.of("rgba8");
      case MONO8 -> Optional.of("mono8");
      case MONO16 -> Optional.of("mono16");
      case YUYV -> Optional.of("yuyv");
      case NV12, INT32, JPEG, PNG, _NOT_IN_SCHEMA -> Optional.empty();
    };
  }

  /** A key of rmw_zenoh: {@code DOMAIN/NAME…/PACKAGE::msg::dds_::TYPE_/RIHS01_…}. */
  private static boolean isRos(String key) {
    return key.contains("::dds_::") && key.contains("/RIHS01_");
  }

  private static String rosTypeOf(String key) {
    String[] chunks = key.split("/", -1);
    String mangled = chunks.length < 2 ? "" : chunks[chunks.length - 2];
    int dds = mangled.indexOf("::dds_::");
    if (dds < 0 || !mangled.endsWith("_")) {
      return "";
    }
    String name = mangled.substring(dds + "::dds_::".length(), mangled.length() - 1);
    return mangled.substring(0, dds).replace("::", "/") + "/" + name;
  }
}
