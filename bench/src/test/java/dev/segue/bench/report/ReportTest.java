package dev.segue.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

class ReportTest {
  private static LineChart lines() {
    return new LineChart("times", "Times & sizes <p50>", "bytes", "time", true)
        .series("flat", new double[] {1024, 1 << 20, 1 << 30}, new double[] {300, 310, 305})
        .series("grows", new double[] {1024, 1 << 20}, new double[] {900, 80_000});
  }

  private static Section section() {
    return new Section("lend", "Lending is cheap.")
        .add(Figure.of("lend", "≤ 1 µs", "320 ns", "", true).primary())
        .add(Figure.of("garbage", "≤ 100 B", "129 B", "", false))
        .add(Figure.judged("near", "≤ 1", "1.0 (0.9 – 1.1)", "", Figure.Verdict.UNDECIDED))
        .add(Figure.info("alone", "27 ns", ""))
        .add(new Table("way", "p50").row("a|b", "1\n2"))
        .add(lines())
        .raw("segue", "ns", 320, 330, Double.NaN)
        .remark("Noted.");
  }

  static Report report() {
    return new Report(
        "Title",
        new Report.Run("abc", "2026-01-01", "full", "2 cores"),
        List.of("a fact"),
        List.of(section().data()));
  }

  private static Document parsed(String xml) throws Exception {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setNamespaceAware(true);
    factory.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
    return factory.newDocumentBuilder().parse(new InputSource(new StringReader(xml)));
  }

  @Test
  void theFiguresOfAllSectionsStandInOneTable() {
    String text = report().toMarkdown();
    assertTrue(text.contains("| lend | 320 ns |  | ≤ 1 µs | **PASS** |"), text);
    assertTrue(text.contains("| garbage | 129 B |  | ≤ 100 B | **MISS** |"), text);
    assertTrue(text.contains("| alone | 27 ns |  | – |  |"), text);
    assertTrue(text.contains("Reached: 1, missed: 1, undecided: 1."), text);
    assertEquals(1, report().count(Figure.Verdict.MISS));
  }

  @Test
  void aCellCannotBreakItsTable() {
    String table = new Table("x").row("a|b\nc").toMarkdown();
    assertEquals("| x |\n|---|\n| a\\|b c |\n", table);
    assertThrows(IllegalArgumentException.class, () -> new Table("x").row("1", "2"));
  }

  @Test
  void theReportAndItsPicturesLieInOneDirectory(@TempDir Path directory) throws Exception {
    Path file = report().writeTo(directory.resolve("bench"), section().charts());
    assertEquals("report.md", file.getFileName().toString());
    assertTrue(Files.readString(file).contains("![Times & sizes <p50>](times.svg)"));
    assertTrue(Files.exists(file.resolveSibling("times.svg")));
  }

  @Test
  void jsonHoldsTheWholeReportAndTheRawData(@TempDir Path directory) throws Exception {
    Path file = report().writeTo(directory, List.of());
    Report read = Report.read(file.resolveSibling("report.json"));
    assertEquals(report(), read);
    assertEquals(report().toMarkdown(), read.toMarkdown());
    assertEquals(List.of(320.0, 330.0), read.sections().getFirst().raw().getFirst().values());
    Path broken = Files.writeString(directory.resolve("broken.json"), "{");
    assertThrows(IOException.class, () -> Report.read(broken));
  }

  @Test
  void picturesAreWellFormed() throws Exception {
    Document svg = parsed(lines().toSvg());
    assertEquals("svg", svg.getDocumentElement().getLocalName());
    BarChart bars =
        new BarChart("bars", "Bars", "messages/s")
            .bar("8 B", "a", new Interval(1e6, 9e5, 1.1e6, 3))
            .bar("8 B", "b", Interval.of(5e5));
    assertEquals("svg", parsed(bars.toSvg()).getDocumentElement().getLocalName());
  }

  @Test
  void theFactsOfTheMachineNameNoPlace() {
    String facts = String.join("\n", MachineFacts.of().facts());
    assertTrue(facts.contains("JDK 25"), facts);
    assertFalse(facts.contains(System.getProperty("user.dir")), facts);
    assertFalse(facts.contains(System.getProperty("user.home")), facts);
  }
}
