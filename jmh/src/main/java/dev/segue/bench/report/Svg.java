package dev.segue.bench.report;

import java.util.Locale;

/** Writes the elements that charts are made of. One thread. */
final class Svg {
  // Okabe and Ito: told apart by those who see fewer colours as well.
  private static final String[] COLOURS = {
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#555555"
  };

  private final StringBuilder text = new StringBuilder();

  Svg(int width, int height, String title) {
    text.append(
        String.format(
            Locale.ROOT,
            """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %1$d %2$d" width="%1$d" \
            height="%2$d" font-family="sans-serif" font-size="12">
            <title>%3$s</title>
            <rect width="%1$d" height="%2$d" fill="white"/>
            """,
            width,
            height,
            escape(title)));
    label(width / 2.0, 20, "middle", title, "font-size=\"14\" font-weight=\"bold\"");
  }

  static String colour(int index) {
    return COLOURS[index % COLOURS.length];
  }

  Svg line(double x1, double y1, double x2, double y2, String colour) {
    return element(
        "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>",
        x1, y1, x2, y2, colour);
  }

  Svg box(double x, double y, double width, double height, String colour) {
    return element(
        "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>",
        x, y, width, height, colour);
  }

  Svg dot(double x, double y, String colour) {
    return element("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>", x, y, colour);
  }

  Svg path(String points, String colour) {
    return element(
        "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>", points, colour);
  }

  Svg label(double x, double y, String anchor, String content) {
    return label(x, y, anchor, content, "");
  }

  Svg label(double x, double y, String anchor, String content, String more) {
    return element(
        "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" %s>%s</text>",
        x, y, anchor, more, escape(content));
  }

  String end() {
    return text.append("</svg>\n").toString();
  }

  @SuppressWarnings("AnnotateFormatMethod")
  private Svg element(String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values)).append('\n');
    return this;
  }

  private static String escape(String content) {
    return content.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
