package dev.segue.cli.recording;

import dev.segue.cli.store.ObjectUri;
import dev.segue.mcap.McapCompression;
import dev.segue.objectstore.ObjectStore;
import dev.segue.recording.RecordingPart;
import dev.segue.recording.Rewriting;
import java.util.List;
import java.util.function.Predicate;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Writes some topics of a recording. */
@Command(
    name = "filter",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Writes some topics of a recording as a new recording, compressed or not.",
      "Attachments and metadata are kept.",
      ""
    })
final class RecordingFilter extends PartCommand {
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
  Rewriting part(ObjectStore store, ObjectUri recording) {
    Predicate<String> kept = Topics.among(topics);
    if (!without.isEmpty()) {
      kept = kept.and(Topics.among(without).negate());
    }
    Rewriting all = Rewriting.all();
    return all.part(RecordingPart.all().topics(kept)).layout(all.layout().compression(compression));
  }
}
