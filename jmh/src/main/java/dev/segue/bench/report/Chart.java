package dev.segue.bench.report;

/**
 * A picture of a section, as SVG: sharp at any size, and no font or display is needed to draw it.
 */
public sealed interface Chart permits LineChart, BarChart {
  /** The file's name without its ending. */
  String name();

  /** What the picture shows, for those who don't see it. */
  String title();

  /** The whole file. */
  String toSvg();
}
