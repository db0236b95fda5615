package dev.segue.cli.zenoh;

import dev.segue.bytes.OffHeapPool;
import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.MessageView;
import dev.segue.capnproto.dynamic.FieldPath;
import dev.segue.capnproto.dynamic.MessageFormat;
import dev.segue.capnproto.dynamic.MessageType;
import dev.segue.capnproto.schema.Frames;
import dev.segue.capnproto.topic.TopicType;
import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.Printable;
import dev.segue.cli.terminal.Quantities;
import dev.segue.zenoh.ReceivedSample;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Messages as people and programs read them, by their types.
 *
 * <p>Owner: the command. Lifetime: until {@link #close()}. Threads: one.
 */
final class MessageText implements AutoCloseable {
  private static final long POOL_BYTE_SIZE = 1 << 30;
  private static final int LONGEST = 1 << 26;

  private static final MessageType TENSOR = TopicType.of(Frames.Tensor.factory).message();

  private final MessageFormat format;
  private final List<String> fields;
  private final Consumer<String> say;
  private final Map<MessageType, Optional<List<FieldPath>>> paths = new HashMap<>();
  private final OffHeapPool pool = new OffHeapPool(POOL_BYTE_SIZE);

  /** A message for people, and for programs. */
  record Shown(String line, JsonObject json) {}

  MessageText(MessageFormat format, List<String> fields, Consumer<String> say) {
    this.format = format.withMaxCharCount(LONGEST);
    this.fields = fields;
    this.say = say;
  }

  /**
   * Shows a sample by its type, or the fields that are wanted of it.
   *
   * @return empty if its type doesn't have them
   */
  Optional<Shown> shown(ReceivedSample sample, MessageType type) {
    Optional<List<FieldPath>> wanted = paths.computeIfAbsent(type, this::paths);
    if (wanted.isEmpty()) {
      return Optional.empty();
    }
    try (MessageView view = MessageView.of(sample.payload(), pool)) {
      return Optional.of(
          wanted.get().isEmpty() ? whole(sample, type, view) : fields(sample, wanted.get(), view));
    } catch (CapnProtoException e) {
      String why = String.valueOf(e.getMessage());
      return Optional.of(
          new Shown(
              SampleText.line(sample) + "  no message of its type: " + Printable.of(why),
              SampleText.json(sample).with("fault", why)));
    }
  }

  private Optional<List<FieldPath>> paths(MessageType type) {
    try {
      return Optional.of(fields.stream().map(type::path).toList());
    } catch (IllegalArgumentException e) {
      say.accept(Printable.of("left out: --field " + e.getMessage()));
      return Optional.empty();
    }
  }

  private boolean isJson() {
    return format.syntax() == MessageFormat.Syntax.JSON;
  }

  private Shown whole(ReceivedSample sample, MessageType type, MessageView view)
      throws CapnProtoException {
    String text = type.toText(view, format);
    Optional<TensorText> tensor =
        type.id() == TENSOR.id() ? TensorText.ofMessage(view) : Optional.empty();
    if (isJson()) {
      JsonObject json =
          SampleText.json(
              sample,
              object ->
                  object
                      .with("encoding", sample.encoding().toString())
                      .with("bytes", sample.payloadByteSize())
                      .with("type", type.name())
                      .withJson("message", text));
      return new Shown("", tensor.map(numbers -> numbers.with(json)).orElse(json));
    }
    String head =
        Printable.of(sample.keyExpr().toString())
            + "  "
            + Quantities.byteSize(sample.payloadByteSize())
            + "  "
            + Printable.of(type.name());
    // Lines are the format's own; those in texts are escaped.
    String lines = text.lines().map(Printable::of).collect(Collectors.joining("\n"));
    String gap = format.isIndented() ? "\n" : "  ";
    String numbers = tensor.map(each -> gap + each.line()).orElse("");
    return new Shown(head + gap + lines + numbers, new JsonObject());
  }

  private Shown fields(ReceivedSample sample, List<FieldPath> wanted, MessageView view)
      throws CapnProtoException {
    JsonObject json = new JsonObject().with("key", sample.keyExpr().toString());
    StringBuilder line = new StringBuilder();
    for (FieldPath path : wanted) {
      String value = path.toText(view, format.withIndented(false));
      if (isJson()) {
        json.withJson(path.toString(), value);
      } else {
        line.append(line.isEmpty() ? "" : "\t").append(Printable.of(value));
      }
    }
    return new Shown(line.toString(), json);
  }

  @Override
  public void close() {
    pool.close();
  }
}
