package dev.segue.cli.demo;

import java.io.Console;
import java.io.PrintWriter;
import java.util.Locale;

/**
 * One line of a terminal that is written over and over; nothing elsewhere. Threads: one; {@link
 * #abandon} any.
 */
final class ProgressLine implements AutoCloseable {
  private static final int BAR_WIDTH = 24;
  private static final String ERASE = "\r\u001b[K";

  private final PrintWriter out;
  private final boolean isTerminal;
  private volatile boolean shown;

  private ProgressLine(PrintWriter out, boolean isTerminal) {
    this.out = out;
    this.isTerminal = isTerminal;
  }

  @SuppressWarnings("SystemConsoleNull") // it is, with Java 25 and no terminal
  static ProgressLine on(PrintWriter out) {
    Console console = System.console();
    return new ProgressLine(out, console != null && console.isTerminal());
  }

  void show(String text) {
    if (isTerminal) {
      out.print(ERASE + text);
      out.flush();
      shown = true;
    }
  }

  void show(Lane lane, Message progress, FrameOptions options) {
    long frames = progress.number("frames");
    show(line(lane, frames, progress.number("latencyNanos"), options.frameCount()));
  }

  static String line(Lane lane, long frames, long latencyNanos, long frameCount) {
    if (frames == 0) {
      return String.format(Locale.ROOT, "%-6s  warming up", lane.label());
    }
    if (frameCount == Long.MAX_VALUE) {
      return String.format(
          Locale.ROOT,
          "%-6s  frame %d, latency %s",
          lane.label(),
          frames,
          Report.duration(latencyNanos));
    }
    int full = (int) Math.min(BAR_WIDTH, frames * BAR_WIDTH / frameCount);
    return String.format(
        Locale.ROOT,
        "%-6s  %s%s  frame %d of %d, latency %s",
        lane.label(),
        "█".repeat(full),
        "░".repeat(BAR_WIDTH - full),
        frames,
        frameCount,
        Report.duration(latencyNanos));
  }

  /** Goes on below, so that what the terminal writes next doesn't continue the line. */
  void abandon() {
    if (shown) {
      out.println();
      out.flush();
    }
  }

  /** Leaves an empty line to write on. */
  @Override
  public void close() {
    if (shown) {
      out.print(ERASE);
      out.flush();
      shown = false;
    }
  }
}
