package dev.segue.bench.report;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonSyntaxException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * All sections of one run, as Markdown and as JSON. The Markdown is made of the JSON's content
 * alone, so that either can be made again from the committed JSON.
 *
 * @param title the first line
 * @param run what was run, where and when
 * @param facts of the machine, the peers and the run, a sentence each
 * @param sections in their order
 */
public record Report(String title, Run run, List<String> facts, List<Section.Data> sections) {
  private static final Gson GSON =
      new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

  /**
   * The origin of the figures.
   *
   * @param commit of the sources, with what was changed since
   * @param date of the run
   * @param scale {@code quick} or {@code full}
   * @param machine processor, cores and memory
   */
  public record Run(String commit, String date, String scale, String machine) {}

  /**
   * Reads a report that was written as JSON.
   *
   * @throws IOException if it can't be read, or is none
   */
  public static Report read(Path json) throws IOException {
    try {
      Report report = GSON.fromJson(Files.readString(json), Report.class);
      if (report == null || report.sections == null || report.run == null) {
        throw new IOException("no report in " + json.getFileName());
      }
      return report;
    } catch (JsonSyntaxException e) {
      throw new IOException("no report in " + json.getFileName() + ": " + e.getMessage(), e);
    }
  }

  /** All of it as JSON. */
  public String toJson() {
    return GSON.toJson(this) + "\n";
  }

  /** Writes {@code report.md}, {@code report.json} and pictures; returns the report's path. */
  public Path writeTo(Path directory, List<Chart> charts) throws IOException {
    Files.createDirectories(directory);
    for (Chart chart : charts) {
      Files.writeString(directory.resolve(chart.name() + ".svg"), chart.toSvg());
    }
    Files.writeString(directory.resolve("report.json"), toJson());
    Path file = directory.resolve("report.md");
    Files.writeString(file, toMarkdown());
    return file;
  }

  /** Returns how many figures have a verdict. */
  public long count(Figure.Verdict verdict) {
    return sections.stream()
        .flatMap(section -> section.figures().stream())
        .filter(figure -> figure.verdict() == verdict)
        .count();
  }

  /** The report's text. */
  public String toMarkdown() {
    StringBuilder text = new StringBuilder("# " + title + "\n\n");
    text.append("- commit ").append(run.commit()).append(", ").append(run.date());
    text.append(", a ").append(run.scale()).append(" run\n- ").append(run.machine()).append('\n');
    facts.forEach(fact -> text.append("- ").append(fact).append('\n'));
    text.append("\n## Primary figures\n\n").append(summary(true));
    text.append("\n## All figures\n\n").append(summary(false));
    text.append("\nReached: ")
        .append(count(Figure.Verdict.PASS))
        .append(", missed: ")
        .append(count(Figure.Verdict.MISS))
        .append(", undecided: ")
        .append(count(Figure.Verdict.UNDECIDED))
        .append(".\n");
    sections.forEach(section -> append(text, section));
    return text.toString();
  }

  private String summary(boolean primaryAlone) {
    Table table = new Table("figure", "measured", "beside it", "target", "");
    for (Section.Data section : sections) {
      for (Figure figure : section.figures()) {
        if (figure.isPrimary() || !primaryAlone) {
          table.row(
              figure.what(),
              figure.reached(),
              figure.versus(),
              figure.target(),
              figure.verdict() == Figure.Verdict.INFO ? "" : "**" + figure.verdict() + "**");
        }
      }
    }
    return table.toMarkdown();
  }

  private static void append(StringBuilder text, Section.Data section) {
    text.append("\n## ").append(section.title()).append("\n\n").append(section.claim());
    text.append("\n");
    for (Table.Data table : section.tables()) {
      text.append('\n').append(table.toMarkdown());
    }
    for (Section.Picture chart : section.charts()) {
      text.append("\n![").append(chart.title()).append("](");
      text.append(chart.name()).append(".svg)\n");
    }
    if (!section.remarks().isEmpty()) {
      text.append('\n');
      section.remarks().forEach(remark -> text.append("- ").append(remark).append('\n'));
    }
  }
}
