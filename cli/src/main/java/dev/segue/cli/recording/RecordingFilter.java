package dev.segue.cli.recording;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.store.ObjectUri;
import dev.segue.mcap.McapCompression;
import dev.segue.recording.Rewriting;
import java.io.IOException;
import java.util.List;
import java.util.function.Predicate;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes some topics of a recording. */
@Command(
    name = "filter",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {"Writes some topics of a recording as a recording, compressed or not.", ""})
final class RecordingFilter extends RecordingsCommand {
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
      names = "--topics",
      paramLabel = "KEYEXPR",
      description = "Keep these: robot/camera/**; may be repeated (default: all).")
  private List<String> topics = List.of();

  @Option(
      names = "--without",
      paramLabel = "KEYEXPR",
      description = "Leave these out; may be repeated.")
  private List<String> without = List.of();

  @Option(
      names = "--compress",
      paramLabel = "none|lz4|zstd",
      defaultValue = "none",
      description = "How messages of less than 64 KiB are compressed (default: ${DEFAULT-VALUE}).")
  private McapCompression compression = McapCompression.NONE;

  private RecordingFilter() {}

  @Override
  void run() throws IOException, CommandFailedException {
    Rewriting all = Rewriting.all();
    Predicate<String> kept = Topics.among(topics);
    if (!without.isEmpty()) {
      kept = kept.and(Topics.among(without).negate());
    }
    rewrite(
        List.of(source),
        target,
        new Rewriting(all.fromNanos(), all.toNanos(), kept, all.layout().compression(compression)));
  }
}
