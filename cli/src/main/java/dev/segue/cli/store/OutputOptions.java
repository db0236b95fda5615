package dev.segue.cli.store;

import dev.segue.cli.terminal.ProgressLine;
import java.io.PrintWriter;
import picocli.CommandLine.Option;

/** What a command prints. */
final class OutputOptions {
  @Option(
      names = "--json",
      description = "Print what was done as one JSON object on the standard output.")
  private boolean json;

  @Option(
      names = {"-q", "--quiet"},
      description = "Show no progress, print no result.")
  private boolean quiet;

  private boolean printed;

  boolean json() {
    return json;
  }

  boolean quiet() {
    return quiet;
  }

  /** Progress goes to a terminal only. */
  ProgressLine progress(PrintWriter err) {
    return quiet ? ProgressLine.silent(err) : ProgressLine.on(err);
  }

  /** Whether a result told already how it went. */
  boolean isPrinted() {
    return printed;
  }

  void print(PrintWriter out, Outcome outcome) {
    printed = true;
    if (json) {
      out.println(outcome.json());
    } else if (!quiet) {
      out.println(outcome.line());
    }
    out.flush();
  }
}
