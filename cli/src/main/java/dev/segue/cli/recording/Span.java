package dev.segue.cli.recording;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.store.ObjectUri;
import dev.segue.mcap.McapStatistics;
import dev.segue.mcap.McapSummary;
import dev.segue.objectstore.ObjectStore;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** From when to when a recording is meant. */
final class Span {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--from",
      paramLabel = "TIME",
      description =
          "Begin there: 90s after the recording's start, or a time such as 2026-05-01T12:00:00Z"
              + " (default: at the start).")
  private @Nullable String fromTime;

  @Option(
      names = "--to",
      paramLabel = "TIME",
      description = "End there, this time included (default: at the end).")
  private @Nullable String toTime;

  /** Nanoseconds since the Unix epoch, both included. */
  record Times(long fromNanos, long toNanos) {}

  /**
   * The times in a recording; all of it without options.
   *
   * @throws IllegalArgumentException if a time is none, or the end is before the beginning
   */
  Times in(ObjectStore store, ObjectUri recording) throws IOException, CommandFailedException {
    if (fromTime == null && toTime == null) {
      return new Times(Long.MIN_VALUE, Long.MAX_VALUE);
    }
    boolean fromStart = check("--from", fromTime);
    boolean toStart = check("--to", toTime);
    long start = fromStart || toStart ? startOf(store, recording) : 0;
    long from = fromTime == null ? Long.MIN_VALUE : Topics.nanos(spec, "--from", fromTime, start);
    long to = toTime == null ? Long.MAX_VALUE : Topics.nanos(spec, "--to", toTime, start);
    if (from > to) {
      throw new IllegalArgumentException("--from " + fromTime + " is after --to " + toTime);
    }
    return new Times(from, to);
  }

  /**
   * Returns whether a time counts from the recording's start; one that is none is refused at once.
   */
  private boolean check(String option, @Nullable String time) {
    if (time == null) {
      return false;
    }
    Topics.nanos(spec, option, time, 0);
    return time.indexOf('T') <= 0;
  }

  private static long startOf(ObjectStore store, ObjectUri recording)
      throws IOException, CommandFailedException {
    return RecordingsCommand.summary(store, recording)
        .flatMap(McapSummary::statistics)
        .map(McapStatistics::messageStartTimeNanos)
        .orElseThrow(
            () ->
                new CommandFailedException(
                    recording
                        + ": it has no summary that says when it starts; `segue recording repair`"
                        + " writes one"));
  }
}
