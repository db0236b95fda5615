package dev.segue.capnproto.dynamic;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.MessageView;
import dev.segue.capnproto.ReadLimits;
import dev.segue.capnproto.compiler.SchemaCompiler;
import dev.segue.capnproto.compiler.SchemaException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Schemas from text, and messages as bytes. */
final class Messages {
  /** As {@code capnp convert} writes JSON. */
  static final MessageFormat JSON = MessageFormat.json().withData(MessageFormat.DataStyle.BYTES);

  /** As {@code capnp convert --short} writes text. */
  static final MessageFormat TEXT =
      MessageFormat.text()
          .withIndented(false)
          .withData(MessageFormat.DataStyle.BYTES)
          .withMaxElementCount(Integer.MAX_VALUE);

  private static final OffHeapPool POOL = new OffHeapPool(1 << 20);

  private Messages() {}

  static byte[] request(String schema) {
    try {
      return new SchemaCompiler(List.of())
          .compileText("test.capnp", schema.getBytes(UTF_8))
          .toRequest();
    } catch (SchemaException e) {
      throw new AssertionError(e.getMessage() + "\n" + schema, e);
    }
  }

  static MessageSchemas schemas(String schema) {
    try {
      return MessageSchemas.fromRequest(request(schema));
    } catch (CapnProtoException e) {
      throw new AssertionError(e);
    }
  }

  static MessageView view(byte[] message) throws CapnProtoException {
    return view(message, ReadLimits.defaults());
  }

  static MessageView view(byte[] message, ReadLimits limits) throws CapnProtoException {
    return MessageView.of(SegmentedBytes.copyOf(message), limits, POOL);
  }

  static String show(MessageType type, byte[] message, MessageFormat format)
      throws CapnProtoException {
    try (MessageView view = view(message)) {
      return type.toText(view, format);
    }
  }

  static byte[] join(List<byte[]> messages) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    messages.forEach(all::writeBytes);
    return all.toByteArray();
  }

  /** Cuts a stream of messages where their segment tables say. */
  static List<byte[]> split(byte[] stream) throws CapnProtoException {
    List<byte[]> messages = new ArrayList<>();
    int at = 0;
    while (at < stream.length) {
      byte[] rest = Arrays.copyOfRange(stream, at, stream.length);
      try (MessageView view = view(rest)) {
        messages.add(Arrays.copyOf(rest, (int) view.byteSize()));
        at += (int) view.byteSize();
      }
    }
    return messages;
  }

  /** A message of one segment of these words. */
  static byte[] ofWords(long... words) {
    ByteBuffer message = ByteBuffer.allocate(8 + words.length * 8).order(ByteOrder.LITTLE_ENDIAN);
    message.putInt(0).putInt(words.length);
    for (long word : words) {
      message.putLong(word);
    }
    return message.array();
  }
}
