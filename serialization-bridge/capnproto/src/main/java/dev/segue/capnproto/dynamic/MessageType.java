package dev.segue.capnproto.dynamic;

import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.MessageView;
import java.util.List;
import org.capnproto.DecodeException;
import org.jspecify.annotations.Nullable;

/**
 * A struct of a schema, by which messages are read and written without its generated class.
 *
 * <p>Reading obeys the limits of the {@link MessageView}: each call may traverse as much as one
 * {@link MessageView#read} may.
 *
 * <p>Owner: nobody. Lifetime: a value. Threads: any.
 */
public final class MessageType {
  private final StructType type;

  MessageType(StructType type) {
    this.type = type;
  }

  StructType struct() {
    return type;
  }

  /** The id that the schema gives the struct. */
  public long id() {
    return type.id();
  }

  /** The name with its file: {@code robot.capnp:Outer.Inner}. */
  public String name() {
    return type.name();
  }

  /** The schemas that it is from. */
  public MessageSchemas schemas() {
    return type.schemas();
  }

  /**
   * Shows a message whose root is of this type.
   *
   * @throws CapnProtoException if a pointer leaves the message or has another type than the schema
   *     says, if a limit is exceeded, or if the schemas contradict themselves
   * @throws IllegalStateException if the view is closed or its memory has ended
   */
  public String toText(MessageView view, MessageFormat format) throws CapnProtoException {
    return view.read(
        RootFactory.INSTANCE,
        _ -> {
          MessageWriter writer = new MessageWriter(type.schemas(), format);
          writer.write(type, Words.of(view).root());
          return writer.text();
        });
  }

  /**
   * Builds a message from JSON: an object with a member for each field that is to be set, as {@link
   * MessageFormat#json()} shows it. Data is base64 or a list of numbers, numbers of 64 bits may be
   * strings, an enum is a name or number, {@code null} leaves a field at its default or chooses a
   * member of a union without a value.
   *
   * @return the message in the stream framing, of one segment
   * @throws IllegalArgumentException if the text isn't JSON or doesn't fit the type, with the place
   *     in it
   */
  public byte[] fromJson(String json) {
    try {
      return MessageEncoder.encode(type, JsonParser.parse(json));
    } catch (DecodeException e) {
      throw new IllegalArgumentException("the schemas are faulty: " + e.getMessage(), e);
    }
  }

  /**
   * Builds a message from each value of a text that has several, with space between them or none.
   *
   * @return the messages, each as {@link #fromJson} returns it
   * @throws IllegalArgumentException as {@link #fromJson}
   */
  public List<byte[]> fromJsonSequence(String json) {
    try {
      return JsonParser.parseSequence(json).stream()
          .map(value -> MessageEncoder.encode(type, value))
          .toList();
    } catch (DecodeException e) {
      throw new IllegalArgumentException("the schemas are faulty: " + e.getMessage(), e);
    }
  }

  /**
   * The JSON schema (draft 2020-12) of what {@link MessageFormat#json()} shows of messages. It has
   * no references: a struct inside itself is an object without further constraints, and so are
   * those that would make it longer than some hundred thousand characters. Numbers of 64 bits are
   * strings, and data is base64. Fields of type {@code Void} are left out; {@code NaN} and infinite
   * floats, and values of an enum that the schema doesn't know, are of other JSON types than it
   * says.
   *
   * @throws IllegalArgumentException if the schemas are faulty
   */
  public String toJsonSchema() {
    try {
      return JsonSchemaWriter.of(type);
    } catch (DecodeException e) {
      throw new IllegalArgumentException("the schemas are faulty: " + e.getMessage(), e);
    }
  }

  /**
   * A path to a value in messages of this type: {@code pose.position.x}, {@code points[3].name}.
   *
   * @throws IllegalArgumentException if a field isn't there
   */
  public FieldPath path(String path) {
    try {
      return FieldPath.of(type, path);
    } catch (DecodeException e) {
      throw new IllegalArgumentException("the schemas are faulty: " + e.getMessage(), e);
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof MessageType message && message.type.equals(type);
  }

  @Override
  public int hashCode() {
    return type.hashCode();
  }

  @Override
  public String toString() {
    return type.toString();
  }
}
