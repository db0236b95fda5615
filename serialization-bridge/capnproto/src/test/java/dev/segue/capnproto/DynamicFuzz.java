package dev.segue.capnproto;

import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.dynamic.MessageFormat;
import dev.segue.capnproto.dynamic.MessageSchemas;
import dev.segue.capnproto.dynamic.MessageType;
import java.util.Arrays;
import java.util.List;

/**
 * Any bytes as schemas and a message by them, as they come from a peer: the first two bytes say how
 * many words are the request, the message follows.
 */
public final class DynamicFuzz {
  private static final int MOST_TYPES = 4;
  private static final int MOST_CHARS = 1 << 14;
  private static final OffHeapPool POOL = new OffHeapPool(1 << 20);
  private static final List<MessageFormat> FORMATS =
      List.of(
          MessageFormat.text().withMaxCharCount(MOST_CHARS),
          MessageFormat.json().withMaxCharCount(MOST_CHARS));

  private DynamicFuzz() {}

  /**
   * Shows the message by each type, and builds it again from its JSON, or ends in the documented
   * exceptions.
   */
  public static void fuzzerTestOneInput(byte[] data) {
    if (data.length < 2) {
      return;
    }
    int end = Math.min(data.length, 2 + 8 * ((data[0] & 0xFF) | (data[1] & 0xFF) << 8));
    SegmentedBytes message = SegmentedBytes.copyOf(Arrays.copyOfRange(data, end, data.length));
    List<MessageType> types;
    try {
      types = MessageSchemas.fromRequest(Arrays.copyOfRange(data, 2, end)).types();
    } catch (CapnProtoException _) {
      return; // They are no schemas, and that is what is said of them.
    }
    for (MessageType type : types.subList(0, Math.min(MOST_TYPES, types.size()))) {
      try {
        int charCount = type.toJsonSchema().length();
        if (charCount == 0) {
          throw new AssertionError("an empty JSON schema");
        }
      } catch (IllegalArgumentException _) {
        // Faulty schemas: messages are read all the same.
      }
      for (MessageFormat format : FORMATS) {
        show(type, message, format);
      }
    }
  }

  private static void show(MessageType type, SegmentedBytes message, MessageFormat format) {
    String text;
    try (MessageView view = MessageView.of(message, POOL)) {
      text = type.toText(view, format);
    } catch (CapnProtoException _) {
      return; // The message or the schemas are hostile.
    }
    if (text.length() > MOST_CHARS) {
      throw new AssertionError("a text of " + text.length() + " characters");
    }
    if (format.syntax() == MessageFormat.Syntax.JSON) {
      try {
        byte[] again = type.fromJson(text);
        if (again.length == 0) {
          throw new AssertionError("an empty message");
        }
      } catch (IllegalArgumentException _) {
        // What JSON can't say, such as a pointer of unknown type.
      }
    }
  }
}
