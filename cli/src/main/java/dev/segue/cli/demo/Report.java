package dev.segue.cli.demo;

import dev.segue.cli.terminal.ProgressLine;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The lanes' figures for people and for programs. */
final class Report {
  private Report() {}

  /** A table of at most 94 columns, and what was copied where. */
  static String table(List<LaneResult> lanes) {
    List<String> lines = new ArrayList<>();
    lines.add(
        row("", "", "", "", "latency,", "capture", "→ recvd", "put", "copied", "per frame", ""));
    lines.add(
        row(
            "lane",
            "frames",
            "fps",
            "MB/s",
            "p50",
            "p90",
            "p99",
            "p50",
            "publisher",
            "subscr.",
            "lost"));
    for (LaneResult lane : lanes) {
      lines.add(
          row(
              lane.lane().label(),
              lane.frames(),
              decimal(lane.framesPerSecond()),
              decimal(lane.megabytesPerSecond()),
              duration(lane.latencyNanos().p50()),
              duration(lane.latencyNanos().p90()),
              duration(lane.latencyNanos().p99()),
              duration(lane.putP50Nanos()),
              byteSize(lane.publisherCopiedPerFrame()),
              byteSize(lane.subscriberCopiedPerFrame()),
              lane.framesLost()));
    }
    lines.add("");
    lines.add("Copied per frame, from the copy ledger:");
    for (LaneResult lane : lanes) {
      long published = lane.frames() + lane.framesLost();
      lines.add(copies(lane, "publisher", lane.publisherCopies(), published));
      lines.add(copies(lane, "subscriber", lane.subscriberCopies(), lane.frames()));
    }
    return String.join("\n", lines);
  }

  private static String row(Object... cells) {
    return String.format(Locale.ROOT, "%-8s %6s %6s %6s %8s %8s %8s %9s %9s %9s %5s", cells)
        .stripTrailing();
  }

  private static String copies(
      LaneResult lane, String side, Map<String, Long> copies, long frames) {
    String places =
        copies.entrySet().stream()
            .filter(place -> LaneResult.perFrame(place.getValue(), frames) != 0)
            .map(
                place ->
                    place.getKey() + " " + byteSize(LaneResult.perFrame(place.getValue(), frames)))
            .collect(Collectors.joining(", "));
    return String.format(
        Locale.ROOT,
        "  %-8s  %-10s  %s",
        lane.lane().label(),
        side,
        places.isEmpty() ? "nothing" : places);
  }

  /** The progress of a lane while it runs. */
  static String progress(Lane lane, long frames, long latencyNanos, long frameCount) {
    if (frames == 0) {
      return String.format(Locale.ROOT, "%-8s  warming up", lane.label());
    }
    if (frameCount == Long.MAX_VALUE) {
      return String.format(
          Locale.ROOT, "%-8s  frame %d, latency %s", lane.label(), frames, duration(latencyNanos));
    }
    return String.format(
        Locale.ROOT,
        "%-8s  %s  frame %d of %d, latency %s",
        lane.label(),
        ProgressLine.bar((double) frames / frameCount),
        frames,
        frameCount,
        duration(latencyNanos));
  }

  /** One object in one line. */
  static String json(List<LaneResult> lanes) {
    return lanes.stream().map(Report::json).collect(Collectors.joining(",", "{\"lanes\":[", "]}"));
  }

  private static String json(LaneResult lane) {
    Quantiles latency = lane.latencyNanos();
    return String.format(
        Locale.ROOT,
        "{\"lane\":\"%s\",\"frames\":%d,\"framesLost\":%d,"
            + "\"latencyMicros\":{\"p50\":%s,\"p90\":%s,\"p99\":%s},\"putMicros\":{\"p50\":%s},"
            + "\"bytesCopiedPerFrame\":{\"publisher\":%d,\"subscriber\":%d}}",
        lane.lane().label(),
        lane.frames(),
        lane.framesLost(),
        micros(latency.p50()),
        micros(latency.p90()),
        micros(latency.p99()),
        micros(lane.putP50Nanos()),
        lane.publisherCopiedPerFrame(),
        lane.subscriberCopiedPerFrame());
  }

  private static String micros(long nanos) {
    return String.format(Locale.ROOT, "%.1f", nanos / 1e3);
  }

  private static String decimal(double value) {
    return String.format(Locale.ROOT, value < 100 ? "%.1f" : "%.0f", value);
  }

  /** Three digits and a unit. */
  static String duration(long nanos) {
    if (nanos < 1_000_000) {
      return String.format(Locale.ROOT, nanos < 99_950 ? "%.1f µs" : "%.0f µs", nanos / 1e3);
    }
    return String.format(Locale.ROOT, nanos < 99_950_000 ? "%.1f ms" : "%.0f ms", nanos / 1e6);
  }

  /** In decimal units, as network rates are. */
  static String byteSize(long bytes) {
    if (bytes < 1000) {
      return bytes + " B";
    }
    if (bytes < 999_950) {
      return String.format(Locale.ROOT, "%.1f kB", bytes / 1e3);
    }
    return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
  }
}
