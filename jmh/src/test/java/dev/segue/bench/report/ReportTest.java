package dev.segue.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
    return new LineChart(
            "times",
            "Times & sizes <p50>",
            Axis.logarithmic("bytes", 4, Units::bytes),
            Axis.logarithmic("time", 10, Units::time))
        .series("flat", new double[] {1024, 1 << 20, 1 << 30}, new double[] {300, 310, 305})
        .series("grows", new double[] {1024, 1 << 20}, new double[] {900, 80_000});
  }

  private static Report report() {
    Section section =
        new Section("lend", "Lending is cheap.")
            .add(Figure.of("lend", "≤ 1 µs", "320 ns", "", true))
            .add(Figure.of("garbage", "≤ 100 B", "129 B", "", false))
            .add(Figure.info("alone", "27 ns", ""))
            .add(new Table("way", "p50").row("a|b", "1\n2"))
            .add(lines())
            .remark("Noted.");
    return new Report("Title", List.of("2 cores"), List.of(section));
  }

  private static Document parsed(String xml) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(xml)));
  }

  @Test
  void theFiguresOfAllSectionsStandInOneTable() {
    String text = report().toMarkdown();
    assertTrue(text.contains("| lend | ≤ 1 µs | 320 ns |  | **PASS** |"), text);
    assertTrue(text.contains("| garbage | ≤ 100 B | 129 B |  | **MISS** |"), text);
    assertTrue(text.contains("| alone | – | 27 ns |  |  |"), text);
    assertTrue(text.contains("Reached: 1, missed: 1."), text);
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
    Path file = report().writeTo(directory.resolve("bench"));
    assertEquals("report.md", file.getFileName().toString());
    assertTrue(Files.readString(file).contains("![Times & sizes <p50>](times.svg)"));
    assertTrue(Files.exists(file.resolveSibling("times.svg")));
  }

  @Test
  void aLineChartIsWellFormedAndHasALineForEachSeries() throws Exception {
    Document svg = parsed(lines().toSvg());
    assertEquals(2, svg.getElementsByTagName("polyline").getLength());
    assertEquals(5, svg.getElementsByTagName("circle").getLength());
    assertFalse(lines().toSvg().contains("NaN"));
  }

  @Test
  void aBarChartGivesTheLargestOfAGroupTheWholeWidth() throws Exception {
    BarChart chart =
        new BarChart("bars", "Bars", Units::rate).bar("8 B", "a", 1e6).bar("8 B", "b", 5e5);
    Document svg = parsed(chart.toSvg());
    var boxes = svg.getElementsByTagName("rect");
    double a =
        Double.parseDouble(boxes.item(1).getAttributes().getNamedItem("width").getNodeValue());
    double b =
        Double.parseDouble(boxes.item(2).getAttributes().getNamedItem("width").getNodeValue());
    assertEquals(a / 2, b, 0.1);
  }

  @Test
  void emptyChartsAreStillPictures() throws Exception {
    parsed(new BarChart("bars", "Bars", Units::rate).toSvg());
    parsed(
        new LineChart("l", "L", Axis.linear("x", Units::digits), Axis.linear("y", Units::digits))
            .toSvg());
  }

  @Test
  void ticksEncloseTheValues() {
    assertEquals(List.of(0.0, 20.0, 40.0, 60.0, 80.0), Axis.linear("", Units::digits).ticks(0, 80));
    List<Double> powers = Axis.logarithmic("", 10, Units::digits).ticks(320, 9_430_000);
    assertEquals(100, powers.getFirst(), 1e-9);
    assertEquals(1e7, powers.getLast(), 1e-3);
    List<Double> many = Axis.logarithmic("", 4, Units::digits).ticks(1024, 1 << 30);
    assertTrue(many.size() <= 11 && many.getLast() >= 1 << 30, many.toString());
    assertEquals(2, Axis.logarithmic("", 10, Units::digits).ticks(100, 100).size());
  }

  @Test
  void theFactsOfTheMachineNameNoPlace() {
    String facts = String.join("\n", MachineFacts.of(Path.of("").toAbsolutePath()).facts());
    assertTrue(facts.contains("cores") && facts.contains("JDK 25"), facts);
    assertFalse(facts.contains(System.getProperty("user.dir")), facts);
    assertFalse(facts.contains(System.getProperty("user.home")), facts);
  }
}
