package dev.segue.readme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Holds the README's Java to what {@link ReadmeSnippetsTest} compiles and runs. */
final class ReadmeTest {
  private static final Path README = Path.of("../README.md");
  private static final Path SNIPPETS =
      Path.of("src/test/java/dev/segue/readme/ReadmeSnippetsTest.java");
  private static final Pattern IN_CODE =
      Pattern.compile("(?ms)^ *// snippet: (\\w+)\\R(.*?)^ *// end$");
  private static final Pattern IN_README =
      Pattern.compile("(?ms)^<!-- snippet: (\\w+) -->\\R```java\\R(.*?)^```$");

  @Test
  void theReadmeShowsTheCodeThatRuns() throws IOException {
    Map<String, String> code = find(IN_CODE, SNIPPETS);
    assertFalse(code.isEmpty());
    assertEquals(code, find(IN_README, README));
  }

  @Test
  void allJavaInTheReadmeIsASnippet() throws IOException {
    String text = Files.readString(README);
    assertEquals(find(IN_README, README).size(), text.split("```java", -1).length - 1);
  }

  private static Map<String, String> find(Pattern pattern, Path file) throws IOException {
    Map<String, String> found = new TreeMap<>();
    Matcher matcher = pattern.matcher(Files.readString(file));
    while (matcher.find()) {
      assertEquals(
          null, found.put(matcher.group(1), matcher.group(2).stripTrailing().stripIndent()));
    }
    return found;
  }
}
