package dev.segue.cli.terminal;

import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * One line of a terminal that is written over and over; nothing elsewhere. It is cut to the
 * terminal's width, so that it stays one line.
 *
 * <p>Owner: the command. Lifetime: until {@link #close()}. Threads: one; {@link #abandon} any.
 */
public final class ProgressLine implements AutoCloseable {
  private static final int BAR_WIDTH = 24;
  private static final int DEFAULT_COLUMN_COUNT = 80;
  private static final String ERASE = "\r\u001b[K";

  private final PrintWriter out;
  private final boolean isTerminal;
  private final int columnCount = columnCount(System.getenv().getOrDefault("COLUMNS", ""));
  private volatile boolean shown;

  private ProgressLine(PrintWriter out, boolean isTerminal) {
    this.out = out;
    this.isTerminal = isTerminal;
  }

  /**
   * Shows what it is told if the standard error stream, which {@code out} writes, is a terminal.
   */
  public static ProgressLine on(PrintWriter out) {
    return new ProgressLine(out, isErrorTerminal());
  }

  /** Shows nothing. */
  public static ProgressLine silent(PrintWriter out) {
    return new ProgressLine(out, false);
  }

  /** The console of Java asks for a terminal at the standard input and output, used by pipes. */
  private static boolean isErrorTerminal() {
    return isTerminal(2);
  }

  /** Returns whether the standard output is a terminal. */
  public static boolean isOutputTerminal() {
    return isTerminal(1);
  }

  @SuppressWarnings("SystemConsoleNull") // it is, with Java 25 and no terminal
  private static boolean isTerminal(int descriptor) {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException | UnsupportedOperationException e) {
      Console console = System.console();
      return console != null && console.isTerminal();
    }
  }

  static int columnCount(String text) {
    return text.matches("[1-9]\\d{0,3}") ? Integer.parseInt(text) : DEFAULT_COLUMN_COUNT;
  }

  /** Returns whether anything is shown at all. */
  public boolean isTerminal() {
    return isTerminal;
  }

  /** The width of the terminal in columns: {@code COLUMNS}, else 80. */
  public int columnCount() {
    return columnCount;
  }

  /** Rewrites the line. */
  public void show(String text) {
    if (isTerminal) {
      out.print(ERASE + cut(text, columnCount - 1));
      out.flush();
      shown = true;
    }
  }

  static String cut(String text, int columnCount) {
    return text.length() <= columnCount ? text : text.substring(0, columnCount);
  }

  /** A bar that is full at {@code fraction} = 1. */
  public static String bar(double fraction) {
    int full = (int) Math.clamp(fraction * BAR_WIDTH, 0, BAR_WIDTH);
    return "█".repeat(full) + "░".repeat(BAR_WIDTH - full);
  }

  /** Goes on below, so that what the terminal writes next doesn't continue the line. */
  public void abandon() {
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
