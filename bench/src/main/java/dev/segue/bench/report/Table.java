package dev.segue.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Rows under a header, as Markdown. */
public final class Table {
  private final List<String> header;
  private final List<List<String>> rows = new ArrayList<>();

  /**
   * A table for JSON.
   *
   * @param header of the columns
   * @param rows as many cells each as the header has
   */
  public record Data(List<String> header, List<List<String>> rows) {
    /** The table with a line break at its end. */
    public String toMarkdown() {
      StringBuilder text = new StringBuilder(line(header));
      text.append("|---".repeat(header.size())).append("|\n");
      rows.forEach(row -> text.append(line(row)));
      return text.toString();
    }
  }

  /** An empty table. */
  public Table(String... header) {
    this.header = List.of(header);
  }

  /**
   * Adds a row.
   *
   * @throws IllegalArgumentException if it has not as many cells as the header
   */
  public Table row(String... cells) {
    if (cells.length != header.size()) {
      throw new IllegalArgumentException(
          "row of cellCount=" + cells.length + " in a table of columnCount=" + header.size());
    }
    rows.add(List.of(cells));
    return this;
  }

  /** Returns whether it has no rows. */
  public boolean isEmpty() {
    return rows.isEmpty();
  }

  /** All of it, for JSON. */
  public Data data() {
    return new Data(header, List.copyOf(rows));
  }

  /** The table with a line break at its end. */
  public String toMarkdown() {
    return data().toMarkdown();
  }

  private static String line(List<String> cells) {
    return cells.stream()
        .map(cell -> cell.replace("|", "\\|").replace("\n", " "))
        .collect(Collectors.joining(" | ", "| ", " |\n"));
  }
}
