package dev.segue.cli.recording;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.store.ObjectUri;
import dev.segue.cli.store.StoreOptions;
import dev.segue.cli.store.Stores;
import dev.segue.cli.store.UploadOptions;
import dev.segue.recording.Rewriting;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Writes several recordings as one. */
@Command(
    name = "merge",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Writes several recordings as one, in the order of their times.",
      "The messages of one recording keep the order that they have in it.",
      ""
    })
final class RecordingMerge extends RecordingsCommand {
  @Parameters(
      arity = "2..*",
      paramLabel = "URI",
      converter = ObjectUri.Converter.class,
      description = "The recordings, and last the new one, which must not exist.")
  private List<ObjectUri> uris = List.of();

  @Mixin private UploadOptions options = new UploadOptions();

  private RecordingMerge() {}

  @Override
  StoreOptions storeOptions() {
    return options;
  }

  @Override
  void run(Stores stores) throws IOException, CommandFailedException {
    rewrite(stores, uris.subList(0, uris.size() - 1), uris.getLast(), Rewriting.all());
  }
}
