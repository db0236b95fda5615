package dev.segue.readme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds the messages in docs/troubleshooting.md to those that the sources have. */
final class TroubleshootingTest {
  private static final Path ROOT = Path.of("..");

  /** A row of a table that begins with a message, as code. */
  private static final Pattern MESSAGE = Pattern.compile("(?m)^\\| `([^`]+)`");

  /** What the JVM says, and names of classes and methods. */
  private static final Pattern OTHER =
      Pattern.compile("WARNING: A restricted.*|\\w+(\\.\\w+\\(\\))?");

  /** Parts of one literal; the source breaks it where a line ends. */
  private static final Pattern BREAK = Pattern.compile("\"\\s*\\+\\s*\"");

  @Test
  void theSourcesHaveEachMessage() throws IOException {
    String sources = sources();
    Matcher rows = MESSAGE.matcher(Files.readString(ROOT.resolve("docs/troubleshooting.md")));
    List<String> missing = new ArrayList<>();
    int count = 0;
    while (rows.find()) {
      String message = rows.group(1);
      if (OTHER.matcher(message).matches()) {
        continue;
      }
      count++;
      for (String part : message.split("…|\"", -1)) {
        if (!sources.contains(part.strip())) {
          missing.add(part + " of: " + message);
        }
      }
    }
    assertTrue(count > 20, "count=" + count);
    assertEquals(List.of(), missing);
  }

  /** Returns the sources and the scripts, with each literal in one piece. */
  private static String sources() throws IOException {
    StringBuilder text = new StringBuilder();
    for (String folder : List.of("transport", "serialization-bridge", "cli", "tools")) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(folder))) {
        for (Path file : files.filter(TroubleshootingTest::isSource).sorted().toList()) {
          text.append(BREAK.matcher(Files.readString(file)).replaceAll(""));
        }
      }
    }
    return text.toString();
  }

  private static boolean isSource(Path file) {
    String name = file.toString().replace('\\', '/');
    boolean script = name.startsWith("../tools/") || name.endsWith("/native/build");
    return Files.isRegularFile(file)
        && !name.contains("/target/")
        && (script
            || (name.contains("/src/main/java/") && name.endsWith(".java"))
            || (name.contains("/native/src/") && name.endsWith(".rs")));
  }
}
