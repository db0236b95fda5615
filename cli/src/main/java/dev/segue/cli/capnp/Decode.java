package dev.segue.cli.capnp;

import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.MessageView;
import dev.segue.capnproto.dynamic.FieldPath;
import dev.segue.capnproto.dynamic.MessageFormat;
import dev.segue.capnproto.dynamic.MessageType;
import dev.segue.cli.CommandFailedException;
import dev.segue.cli.SegueCommand;
import dev.segue.cli.terminal.InputFile;
import dev.segue.cli.terminal.Printable;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows messages by their schema. */
@Command(
    name = "decode",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Shows Cap'n Proto messages as text, with --json as JSON in one line each.",
      "Messages follow each other in the stream framing, as capnp encode writes them.",
      ""
    })
final class Decode extends SegueCommand {
  private static final long POOL_BYTE_SIZE = 1 << 30;

  @Parameters(
      paramLabel = "FILE",
      arity = "0..*",
      description = "Files with messages; - or none is the standard input.")
  private List<String> files = new ArrayList<>();

  @Mixin private SchemaOption schema = new SchemaOption();
  @Mixin private FormatOptions formatOptions = new FormatOptions();

  @Option(
      names = "--packed",
      description = "The messages are packed, as capnp convert packed has it.")
  private boolean isPacked;

  @Option(
      names = "--field",
      paramLabel = "PATH",
      description = "Show only this field, such as pose.x or points[0].name. May be repeated.")
  private List<String> fields = new ArrayList<>();

  private Decode() {}

  @Override
  protected void work() throws IOException, CommandFailedException {
    MessageType type = schema.find();
    MessageFormat format = formatOptions.format(output.json());
    List<FieldPath> paths = fields.stream().map(type::path).toList();
    try (OffHeapPool pool = new OffHeapPool(POOL_BYTE_SIZE)) {
      for (String file : files.isEmpty() ? List.of("-") : files) {
        boolean isStandard = file.equals("-");
        try (InputStream in = InputFile.stream(file)) {
          show(
              isPacked ? MessageStream.packed(in) : new MessageStream(in),
              isStandard ? "standard input" : file,
              message -> {
                try (MessageView view = MessageView.of(message, pool)) {
                  return shown(type, view, format, paths);
                }
              });
        }
      }
    }
  }

  /** Formats a message as text. */
  private interface Shown {
    String of(SegmentedBytes message) throws CapnProtoException;
  }

  /** Shows each message when it is there: the input may have no end. */
  private void show(MessageStream messages, String name, Shown shown)
      throws IOException, CommandFailedException {
    long at = 0;
    for (byte[] next = messages.next(); next.length > 0; next = messages.next()) {
      try {
        out().println(shown.of(SegmentedBytes.copyOf(next)));
      } catch (CapnProtoException e) {
        throw new CommandFailedException(
            name + ": message at byte " + at + ": " + e.getMessage(), e);
      }
      checkOutput();
      at += next.length;
    }
  }

  /** A message, or its fields: as an object in JSON, else with tabs between. */
  static String shown(
      MessageType type, MessageView view, MessageFormat format, List<FieldPath> paths)
      throws CapnProtoException {
    if (paths.isEmpty()) {
      return type.toText(view, format);
    }
    boolean isJson = format.syntax() == MessageFormat.Syntax.JSON;
    StringBuilder line = new StringBuilder(isJson ? "{" : "");
    for (FieldPath path : paths) {
      if (isJson) {
        line.append(line.length() > 1 ? "," : "").append('"').append(path).append("\":");
      } else if (!path.equals(paths.getFirst())) {
        line.append('\t');
      }
      // In a line, whatever a text has in it, and nothing that a terminal would obey.
      line.append(
          isJson
              ? path.toText(view, format)
              : Printable.of(path.toText(view, format.withIndented(false))));
    }
    return line.append(isJson ? "}" : "").toString();
  }
}
