package dev.segue.bench.report;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;

/** A picture of a section, drawn by XChart as SVG: sharp at any size. */
public sealed interface Chart permits LineChart, BarChart {
  /** The file's name without its ending. */
  String name();

  /** Returns what the picture shows, for those who don't see it. */
  String title();

  /** The whole file. */
  String toSvg();

  /** Returns what XChart draws. */
  static String svg(org.knowm.xchart.internal.chartpart.Chart<?, ?> chart) {
    System.setProperty("java.awt.headless", "true");
    ByteArrayOutputStream to = new ByteArrayOutputStream();
    try {
      VectorGraphicsEncoder.saveVectorGraphic(chart, to, VectorGraphicsFormat.SVG);
    } catch (IOException e) {
      throw new IllegalStateException("a picture in memory", e);
    }
    return to.toString(StandardCharsets.UTF_8);
  }
}
