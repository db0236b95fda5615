package dev.segue.cli.terminal;

import java.io.PrintWriter;
import picocli.CommandLine.Option;

/**
 * Options for the output of a command.
 *
 * <p>Owner: the command. Lifetime: that of the command. Threads: any.
 */
public final class OutputOptions {
  @Option(
      names = "--json",
      description = "Print the result, or the error, as JSON on standard output.")
  private boolean json;

  @Option(
      names = {"-q", "--quiet"},
      description = "Print neither progress nor the result.")
  private boolean quiet;

  private volatile boolean printed;

  /** Returns whether results are for programs. */
  public boolean json() {
    return json;
  }

  /** Returns whether nothing is shown but errors. */
  public boolean quiet() {
    return quiet;
  }

  /** Progress goes to a terminal only. */
  public ProgressLine progress(PrintWriter err) {
    return quiet ? ProgressLine.silent(err) : ProgressLine.on(err);
  }

  /** Returns whether a result has told already how it went. */
  public boolean isPrinted() {
    return printed;
  }

  /** Prints the result of the command: a line for people, or an object for programs. */
  public void result(PrintWriter out, String text, Object object) {
    printed = true;
    line(out, text, object);
  }

  /** Prints one of many things that a command lists. */
  public void line(PrintWriter out, String text, Object object) {
    if (json) {
      out.println(object);
    } else if (!quiet) {
      out.println(text);
    }
    out.flush();
  }
}
