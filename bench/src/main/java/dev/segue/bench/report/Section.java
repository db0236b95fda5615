package dev.segue.bench.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The results of one bench: figures, tables, raw data, charts and remarks. Filled by one thread.
 */
public final class Section {
  private final String title;
  private final String claim;
  private final List<Figure> figures = new ArrayList<>();
  private final List<Table> tables = new ArrayList<>();
  private final List<Chart> charts = new ArrayList<>();
  private final List<String> remarks = new ArrayList<>();
  private final List<Raw> raw = new ArrayList<>();
  private final List<String> failures = new ArrayList<>();
  private final List<String> missing = new ArrayList<>();

  /**
   * Samples as they were measured, one a fork.
   *
   * @param who the contender
   * @param quantity with its unit
   * @param values in the order in which they were measured
   */
  public record Raw(String who, String quantity, List<Double> values) {}

  /**
   * All of it, for JSON.
   *
   * @param title the bench's name
   * @param claim what it is to show
   * @param figures with verdicts
   * @param tables with text
   * @param charts names of pictures
   * @param remarks sentences
   * @param raw samples
   */
  public record Data(
      String title,
      String claim,
      List<Figure> figures,
      List<Table.Data> tables,
      List<Picture> charts,
      List<String> remarks,
      List<Raw> raw) {}

  /**
   * A picture's file beside the report.
   *
   * @param name without its ending
   * @param title what it shows
   */
  public record Picture(String name, String title) {}

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

  /** Adds samples; those that are no numbers are left out. */
  public Section raw(String who, String quantity, double... values) {
    raw.add(
        new Raw(who, quantity, Arrays.stream(values).filter(Double::isFinite).boxed().toList()));
    return this;
  }

  /** Adds a remark. */
  public Section remark(String text) {
    if (!remarks.contains(text)) {
      remarks.add(text);
    }
    return this;
  }

  /**
   * Adds what this library could not do, as a remark as well: a figure that is missing for it is no
   * result, and the run counts as failed.
   */
  public Section failure(String text) {
    failures.add(text);
    return remark(text);
  }

  /** Adds what can't be had here, as a remark as well: without it the section is not whole. */
  public Section missing(String text) {
    missing.add(text);
    return remark(text);
  }

  /** Returns what could not be had. */
  public List<String> missing() {
    return List.copyOf(missing);
  }

  /** Returns what this library could not do. */
  public List<String> failures() {
    return List.copyOf(failures);
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

  /** All of it, for JSON. */
  public Data data() {
    return new Data(
        title,
        claim,
        figures(),
        tables.stream().map(Table::data).toList(),
        charts.stream().map(chart -> new Picture(chart.name(), chart.title())).toList(),
        remarks(),
        List.copyOf(raw));
  }
}
