package dev.segue.readme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Holds the Java of the README and of the recipes to what {@link ReadmeSnippetsTest} runs; that of
 * all other pages compiles.
 */
final class ReadmeTest {
  private static final List<Path> PAGES =
      List.of(Path.of("../README.md"), Path.of("../docs/recipes.md"));
  private static final List<Path> PROGRAMS =
      Stream.of("ReadmeSnippetsTest", "FirstPublisher", "FirstSubscriber")
          .map(name -> Path.of("src/test/java/dev/segue/readme", name + ".java"))
          .toList();
  private static final Pattern IN_CODE =
      Pattern.compile("(?ms)^ *// snippet: (\\w+)\\R(.*?)^ *// end$");
  private static final Pattern IN_README =
      Pattern.compile("(?ms)^<!-- snippet: (\\w+) -->\\R```java\\R(.*?)^```$");

  private static final Pattern JAVA = Pattern.compile("(?ms)^```java\\R(.*?)^```$");

  @Test
  void thePagesShowTheCodeThatRuns() throws IOException {
    Map<String, String> code = find(IN_CODE, PROGRAMS);
    assertFalse(code.isEmpty());
    assertEquals(code, find(IN_README, PAGES));
  }

  @Test
  void allJavaOnThePagesIsASnippet() throws IOException {
    int blockCount = 0;
    for (Path page : PAGES) {
      blockCount += Files.readString(page).split("```java", -1).length - 1;
    }
    assertEquals(find(IN_README, PAGES).size(), blockCount);
  }

  @Test
  void theJavaOfAllOtherPagesCompiles() throws IOException {
    List<PageCode> code = new ArrayList<>();
    try (Stream<Path> pages = Files.walk(Path.of("../docs"))) {
      for (Path page : pages.filter(ReadmeTest::isOther).sorted().toList()) {
        List<PageCode.Block> blocks = blocks(Files.readString(page));
        if (!blocks.isEmpty()) {
          code.add(PageCode.of(page, blocks));
        }
      }
    }
    assertTrue(code.size() > 8, "pageCount=" + code.size());
    assertEquals("", String.join("\n", PageCode.compile(code)));
  }

  private static boolean isOther(Path page) {
    return page.toString().endsWith(".md") && !PAGES.contains(page);
  }

  private static List<PageCode.Block> blocks(String text) {
    List<PageCode.Block> blocks = new ArrayList<>();
    Matcher matcher = JAVA.matcher(text);
    while (matcher.find()) {
      blocks.add(
          new PageCode.Block(
              text.substring(0, matcher.start()).lines().count() + 1, matcher.group(1)));
    }
    return blocks;
  }

  private static Map<String, String> find(Pattern pattern, List<Path> files) throws IOException {
    Map<String, String> found = new TreeMap<>();
    for (Path file : files) {
      Matcher matcher = pattern.matcher(Files.readString(file));
      while (matcher.find()) {
        assertEquals(
            null, found.put(matcher.group(1), matcher.group(2).stripTrailing().stripIndent()));
      }
    }
    return found;
  }
}
