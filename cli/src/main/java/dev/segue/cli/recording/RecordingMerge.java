package dev.segue.cli.recording;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.store.ObjectUri;
import dev.segue.recording.Rewriting;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Writes several recordings as one. */
@Command(
    name = "merge",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {"Writes several recordings as one, in the order of their times.", ""})
final class RecordingMerge extends RecordingsCommand {
  @Parameters(
      arity = "2..*",
      paramLabel = "URI",
      converter = TopicCommand.Location.class,
      description = "The recordings, and last the new one, which must not be there.")
  private List<ObjectUri> uris = List.of();

  private RecordingMerge() {}

  @Override
  void run() throws IOException, CommandFailedException {
    rewrite(uris.subList(0, uris.size() - 1), uris.getLast(), Rewriting.all());
  }
}
