package dev.segue.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The README's figures come from the committed report and from nowhere else. */
class ReadmeTest {
  private static final Path ROOT = Path.of("..");

  @Test
  void theTableIsWhatTheGeneratorMakesOfTheCommittedReport() throws Exception {
    String readme = Files.readString(ROOT.resolve("README.md"));
    String table = Readme.table(Readme.committed(ROOT));
    assertEquals(Readme.withTable(readme, table), readme, "./segue bench --readme makes it again");
  }

  @Test
  void theCommittedMarkdownIsThatOfTheCommittedJson() throws Exception {
    Optional<Report> report = Readme.committed(ROOT);
    if (report.isPresent()) {
      Path markdown = ROOT.resolve(Readme.REPORT).resolveSibling("report.md");
      assertEquals(report.get().toMarkdown(), Files.readString(markdown));
    }
  }

  @Test
  void onlyPrimaryFiguresStandInTheReadme() {
    String table = Readme.table(Optional.of(ReportTest.report()));
    assertTrue(table.contains("| lend | 320 ns |  | ≤ 1 µs: pass |"), table);
    assertTrue(!table.contains("garbage"), table);
    assertTrue(table.contains("commit abc"), table);
  }

  @Test
  void aReadmeWithoutMarkersIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> Readme.withTable("# Segue", "table"));
  }
}
