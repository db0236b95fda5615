package dev.segue.bench.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * All sections of one run.
 *
 * @param title the first line
 * @param facts of the machine and the run
 * @param sections in their order
 */
public record Report(String title, List<String> facts, List<Section> sections) {
  /** Writes {@code report.md} and its pictures into a directory; returns the report's path. */
  public Path writeTo(Path directory) throws IOException {
    Files.createDirectories(directory);
    for (Section section : sections) {
      for (Chart chart : section.charts()) {
        Files.writeString(directory.resolve(chart.name() + ".svg"), chart.toSvg());
      }
    }
    Path file = directory.resolve("report.md");
    Files.writeString(file, toMarkdown());
    return file;
  }

  /** How many figures have a verdict. */
  public long count(Figure.Verdict verdict) {
    return sections.stream()
        .flatMap(section -> section.figures().stream())
        .filter(figure -> figure.verdict() == verdict)
        .count();
  }

  /** The report's text. */
  public String toMarkdown() {
    StringBuilder text = new StringBuilder("# " + title + "\n\n");
    facts.forEach(fact -> text.append("- ").append(fact).append('\n'));
    text.append("\n## Figures\n\n").append(summary());
    text.append("\nReached: ")
        .append(count(Figure.Verdict.PASS))
        .append(", missed: ")
        .append(count(Figure.Verdict.MISS))
        .append(".\n");
    sections.forEach(section -> append(text, section));
    return text.toString();
  }

  private String summary() {
    Table table = new Table("figure", "target", "reached", "ratio", "");
    for (Section section : sections) {
      for (Figure figure : section.figures()) {
        table.row(
            figure.what(),
            figure.target(),
            figure.reached(),
            figure.ratio(),
            figure.verdict() == Figure.Verdict.INFO ? "" : "**" + figure.verdict() + "**");
      }
    }
    return table.toMarkdown();
  }

  private static void append(StringBuilder text, Section section) {
    text.append("\n## ").append(section.title()).append("\n\n").append(section.claim());
    text.append("\n");
    for (Table table : section.tables()) {
      text.append('\n').append(table.toMarkdown());
    }
    for (Chart chart : section.charts()) {
      text.append("\n![").append(chart.title()).append("](");
      text.append(chart.name()).append(".svg)\n");
    }
    if (!section.remarks().isEmpty()) {
      text.append('\n');
      section.remarks().forEach(remark -> text.append("- ").append(remark).append('\n'));
    }
  }
}
