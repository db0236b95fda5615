package dev.segue.cli.terminal;

import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The properties that the process's terminal reports.
 *
 * @param rowCount lines of text
 * @param columnCount characters in a line
 * @param graphics how it shows pictures; empty if it doesn't
 */
public record Terminal(int rowCount, int columnCount, Optional<Graphics> graphics) {
  private static final File TTY = new File("/dev/tty");
  private static final Terminal USUAL = new Terminal(24, 80, Optional.empty());

  /** Whether it knows kitty's graphics, then what it is: each terminal answers the latter. */
  private static final String QUESTIONS = "\u001b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\u001b\\\u001b[c";

  private static final Pattern ATTRIBUTES = Pattern.compile("\u001b\\[\\?([0-9;]*)c");
  private static final String SIXEL_ATTRIBUTE = "4";
  private static final int LONGEST_ANSWER = 512;

  /** Looks for it, and asks it, which takes half a second where it doesn't answer. */
  public static Terminal find() {
    Map<String, String> variables = System.getenv();
    Terminal sized = size().orElse(USUAL);
    String type = variables.getOrDefault("TERM", "");
    if (type.isEmpty() || type.equals("dumb") || variables.containsKey("NO_COLOR")) {
      return sized;
    }
    boolean asks = !type.equals("linux") && isInForeground(); // The console prints questions.
    Graphics graphics = asks ? ask() : Graphics.BLOCKS;
    return new Terminal(sized.rowCount, sized.columnCount, Optional.of(graphics));
  }

  /** The best way of which an answer says that it is known. */
  static Graphics graphicsOf(String answer) {
    if (answer.contains("\u001b_Gi=31;OK")) {
      return Graphics.KITTY;
    }
    Matcher attributes = ATTRIBUTES.matcher(answer);
    return attributes.find()
            && List.of(attributes.group(1).split(";", -1)).contains(SIXEL_ATTRIBUTE)
        ? Graphics.SIXEL
        : Graphics.BLOCKS;
  }

  /** Who isn't, is stopped by the system when it asks. */
  private static boolean isInForeground() {
    try {
      String stat = Files.readString(Path.of("/proc/self/stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      return fields[2].equals(fields[5]); // the process group, and the terminal's
    } catch (IOException | IndexOutOfBoundsException _) {
      return false; // not Linux
    }
  }

  private static Graphics ask() {
    String before = stty("-g");
    if (before.isEmpty()) {
      return Graphics.BLOCKS;
    }
    try {
      // Nothing is echoed, and a read waits for half a second.
      stty("-icanon", "-echo", "min", "0", "time", "5");
      return graphicsOf(answer());
    } finally {
      stty(before);
    }
  }

  private static String answer() {
    StringBuilder answer = new StringBuilder();
    try (FileOutputStream out = new FileOutputStream(TTY);
        FileInputStream in = new FileInputStream(TTY)) {
      out.write(QUESTIONS.getBytes(StandardCharsets.US_ASCII));
      out.flush();
      while (answer.length() < LONGEST_ANSWER && !ATTRIBUTES.matcher(answer).find()) {
        int c = in.read();
        if (c < 0) {
          break;
        }
        answer.append((char) c);
      }
    } catch (IOException _) {
      // It says nothing.
    }
    return answer.toString();
  }

  private static Optional<Terminal> size() {
    String[] numbers = stty("size").split(" ", -1);
    try {
      int rows = numbers.length == 2 ? Integer.parseInt(numbers[0]) : 0;
      int columns = numbers.length == 2 ? Integer.parseInt(numbers[1]) : 0;
      return rows > 0 && columns > 0
          ? Optional.of(new Terminal(rows, columns, Optional.empty()))
          : Optional.empty();
    } catch (NumberFormatException _) {
      return Optional.empty();
    }
  }

  /** Returns what {@code stty} says of the terminal; empty if there is none. */
  private static String stty(String... arguments) {
    List<String> command = new ArrayList<>(List.of("stty"));
    command.addAll(List.of(arguments));
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectInput(TTY)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      try {
        if (!process.waitFor(2, TimeUnit.SECONDS) || process.exitValue() != 0) {
          return "";
        }
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII)
            .strip();
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException _) {
      return "";
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return "";
    }
  }
}
