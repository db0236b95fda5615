package dev.segue.bench.report;

import java.util.ArrayList;
import java.util.List;

/** What one bench found: figures, tables, charts and remarks. Filled by one thread. */
public final class Section {
  private final String title;
  private final String claim;
  private final List<Figure> figures = new ArrayList<>();
  private final List<Table> tables = new ArrayList<>();
  private final List<Chart> charts = new ArrayList<>();
  private final List<String> remarks = new ArrayList<>();

  /** An empty section. */
  public Section(String title, String claim) {
    this.title = title;
    this.claim = claim;
  }

  /** Adds a figure. */
  public Section add(Figure figure) {
    figures.add(figure);
    return this;
  }

  /** Adds a table. */
  public Section add(Table table) {
    tables.add(table);
    return this;
  }

  /** Adds a chart. */
  public Section add(Chart chart) {
    charts.add(chart);
    return this;
  }

  /** Adds a remark. */
  public Section remark(String text) {
    remarks.add(text);
    return this;
  }

  /** The bench's name. */
  public String title() {
    return title;
  }

  /** What the bench is to show. */
  public String claim() {
    return claim;
  }

  /** The figures. */
  public List<Figure> figures() {
    return List.copyOf(figures);
  }

  /** The tables. */
  public List<Table> tables() {
    return List.copyOf(tables);
  }

  /** The charts. */
  public List<Chart> charts() {
    return List.copyOf(charts);
  }

  /** The remarks. */
  public List<String> remarks() {
    return List.copyOf(remarks);
  }
}
