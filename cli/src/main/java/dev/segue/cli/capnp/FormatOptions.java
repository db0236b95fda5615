package dev.segue.cli.capnp;

import dev.segue.capnproto.dynamic.MessageFormat;
import dev.segue.capnproto.dynamic.MessageFormat.DataStyle;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * Options for showing messages.
 *
 * <p>Owner: the command. Lifetime: that of the command. Threads: one.
 */
public final class FormatOptions {
  @Option(
      names = "--data",
      paramLabel = "summary|base64|bytes",
      description =
          "How fields of type Data are shown: size and first bytes, a string, or a list of numbers in"
              + " JSON (default: summary; capnp decode --json: base64).")
  private @Nullable Data data;

  @Option(names = "--short", description = "Show each message in one line.")
  private boolean isShort;

  /** As users call the styles. */
  enum Data {
    SUMMARY(DataStyle.SUMMARY),
    BASE64(DataStyle.STRING),
    BYTES(DataStyle.BYTES);

    private final DataStyle style;

    Data(DataStyle style) {
      this.style = style;
    }
  }

  /** For picocli. */
  public FormatOptions() {}

  /** The format; JSON is in one line always, so that a line is a message. */
  public MessageFormat format(boolean isJson) {
    return format(isJson ? MessageFormat.json() : MessageFormat.text());
  }

  /** The format where the options say so, else that which is usual. */
  public MessageFormat format(MessageFormat usual) {
    MessageFormat format = usual;
    Data wanted = data;
    if (wanted != null) {
      format = format.withData(wanted.style);
    }
    return isShort ? format.withIndented(false) : format;
  }
}
