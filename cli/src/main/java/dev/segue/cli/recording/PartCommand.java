package dev.segue.cli.recording;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.store.ObjectUri;
import dev.segue.cli.store.StoreOptions;
import dev.segue.cli.store.Stores;
import dev.segue.cli.store.UploadOptions;
import dev.segue.objectstore.ObjectStore;
import dev.segue.recording.Rewriting;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Writes a part of a recording as a recording. */
abstract class PartCommand extends RecordingsCommand {
  @Parameters(
      index = "0",
      paramLabel = "FROM",
      converter = ObjectUri.Converter.class,
      description = "The recording.")
  private ObjectUri source = ObjectUri.NONE;

  @Parameters(
      index = "1",
      paramLabel = "TO",
      converter = ObjectUri.Converter.class,
      description = "The new recording, which must not exist.")
  private ObjectUri target = ObjectUri.NONE;

  @Mixin private UploadOptions options = new UploadOptions();

  PartCommand() {}

  /** Which part it is. */
  abstract Rewriting part(ObjectStore store, ObjectUri recording)
      throws IOException, CommandFailedException;

  @Override
  final StoreOptions storeOptions() {
    return options;
  }

  @Override
  final void run(Stores stores) throws IOException, CommandFailedException {
    Rewriting part = part(store(stores, source), source);
    rewrite(stores, List.of(source), target, part);
  }
}
