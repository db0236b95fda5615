package dev.segue.cli.recording;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.store.ObjectUri;
import dev.segue.mcap.McapStatistics;
import dev.segue.mcap.McapSummary;
import dev.segue.objectstore.ObjectStore;
import dev.segue.recording.Player;
import dev.segue.recording.Rewriting;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes a part of a recording by time. */
@Command(
    name = "cut",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {"Writes what a recording has from one time to another as a recording.", ""})
final class RecordingCut extends RecordingsCommand {
  @Parameters(
      index = "0",
      paramLabel = "FROM",
      converter = TopicCommand.Location.class,
      description = "The recording.")
  private ObjectUri source = ObjectUri.NONE;

  @Parameters(
      index = "1",
      paramLabel = "TO",
      converter = TopicCommand.Location.class,
      description = "The new one, which must not be there.")
  private ObjectUri target = ObjectUri.NONE;

  @Option(
      names = "--from",
      paramLabel = "TIME",
      description = "90s after the start, or a time such as 2026-05-01T12:00:00Z.")
  private @Nullable String fromTime;

  @Option(names = "--to", paramLabel = "TIME", description = "Alike.")
  private @Nullable String toTime;

  private RecordingCut() {}

  @Override
  void run() throws IOException, CommandFailedException {
    long start;
    try (ObjectStore store = open(source)) {
      start =
          Player.readSummary(store, source.key())
              .flatMap(McapSummary::statistics)
              .map(McapStatistics::messageStartTimeNanos)
              .orElseThrow(
                  () ->
                      new CommandFailedException(
                          source + ": it has no summary; `segue recording repair` writes one"));
    }
    Rewriting all = Rewriting.all();
    long from = fromTime == null ? all.fromNanos() : Topics.nanos(spec, "--from", fromTime, start);
    long to = toTime == null ? all.toNanos() : Topics.nanos(spec, "--to", toTime, start);
    rewrite(List.of(source), target, new Rewriting(from, to, all.topics(), all.layout()));
  }
}
