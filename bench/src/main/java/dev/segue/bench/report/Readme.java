package dev.segue.bench.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The README's table of figures, made of a committed report and of nothing else. */
public final class Readme {
  /** The path of the committed report, below the root of the checkout. */
  public static final String REPORT = "docs/bench/report.json";

  private static final String BEGIN = "<!-- measured: begin -->\n";
  private static final String END = "<!-- measured: end -->";

  private Readme() {}

  /** The table of a report's primary figures; a sentence where there is no report. */
  public static String table(Optional<Report> of) {
    if (of.isEmpty()) {
      return "No report of this version is committed: `./segue bench` measures, and `./segue bench"
          + " --publish` writes\nits primary figures here.\n";
    }
    Report report = of.get();
    StringBuilder text = new StringBuilder();
    text.append("From one run of `./segue bench` (commit ").append(report.run().commit());
    text.append(", ").append(report.run().date()).append(", ").append(report.run().machine());
    text.append("; a ").append(report.run().scale()).append(" run),\n");
    text.append("in parentheses 95 % intervals over forks. The [report](docs/bench/report.md) has");
    text.append(" all figures, misses included.\n\n");
    Table table = new Table("work", "measured", "beside it", "target");
    report.sections().stream()
        .flatMap(section -> section.figures().stream())
        .filter(Figure::isPrimary)
        .forEach(
            figure -> table.row(figure.what(), figure.reached(), figure.versus(), target(figure)));
    return text.append(table.toMarkdown()).toString();
  }

  private static String target(Figure figure) {
    return figure.verdict() == Figure.Verdict.INFO
        ? ""
        : figure.target() + ": " + figure.verdict().toString().toLowerCase(java.util.Locale.ROOT);
  }

  /** The report that is committed in the checkout at {@code root}; empty if there is none. */
  public static Optional<Report> committed(Path root) throws IOException {
    Path json = root.resolve(REPORT);
    return Files.exists(json) ? Optional.of(Report.read(json)) : Optional.empty();
  }

  /**
   * A README with the table between its markers.
   *
   * @throws IllegalArgumentException if it has no markers
   */
  public static String withTable(String readme, String table) {
    int begin = readme.indexOf(BEGIN);
    int end = readme.indexOf(END);
    if (begin < 0 || end < begin) {
      throw new IllegalArgumentException(
          "the README has no " + BEGIN.strip() + " before its " + END);
    }
    return readme.substring(0, begin + BEGIN.length())
        + "\n"
        + table
        + "\n"
        + readme.substring(end);
  }
}
