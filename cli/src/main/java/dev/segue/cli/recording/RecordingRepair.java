package dev.segue.cli.recording;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.store.ObjectUri;
import dev.segue.cli.store.StoreOptions;
import dev.segue.cli.store.Stores;
import dev.segue.cli.store.UploadOptions;
import dev.segue.cli.terminal.JsonObject;
import dev.segue.mcap.McapRepair;
import dev.segue.objectstore.ObjectStore;
import dev.segue.recording.Rewriting;
import dev.segue.recording.Spool;
import dev.segue.recording.SpoolOptions;
import dev.segue.recording.SpoolTarget;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Completes recordings that were cut off, and those that wait for their store. */
@Command(
    name = "repair",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Completes what a killed recorder left: a file in place, any recording into a new one (FROM TO), or,",
      "without arguments, all that waits in the spool for its store.",
      ""
    })
final class RecordingRepair extends RecordingsCommand {
  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "FROM",
      converter = ObjectUri.Converter.class,
      description = "The recording, or a folder in which one was being recorded.")
  private @Nullable ObjectUri source;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "TO",
      converter = ObjectUri.Converter.class,
      description = "The new one (default: a file is repaired in place).")
  private @Nullable ObjectUri target;

  @Option(
      names = "--spool",
      paramLabel = "FOLDER",
      description = "Where recordings wait (default: $XDG_STATE_HOME/segue/recordings).")
  private @Nullable Path spool;

  @Option(
      names = "--give-up",
      paramLabel = "TIME",
      defaultValue = "20s",
      description = "How long to wait while a store takes nothing (default: ${DEFAULT-VALUE}).")
  private String giveUp = "";

  @Mixin private UploadOptions options = new UploadOptions();

  private RecordingRepair() {}

  @Override
  StoreOptions storeOptions() {
    return options;
  }

  @Override
  void run(Stores stores) throws IOException, CommandFailedException, InterruptedException {
    if (source == null) {
      completeSpool(stores, spool == null ? Spools.ofUser() : spool);
    } else if (target != null) {
      rewrite(stores, List.of(source), target, Rewriting.all());
    } else if (source.isLocal() && Files.isDirectory(source.path())) {
      completeFolder(source.path());
    } else if (source.isLocal()) {
      repair(source.path());
    } else {
      throw new IllegalArgumentException(
          source + ": an object can't be repaired in place; name a new one as well");
    }
  }

  private void repair(Path file) throws IOException, CommandFailedException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      Optional<McapRepair.Repaired> repaired = McapRepair.repair(channel);
      if (repaired.isEmpty()) {
        throw new CommandFailedException(file + ": it does not begin as a recording (MCAP)");
      }
      McapRepair.Repaired done = repaired.get();
      print(
          String.format(
              Locale.ROOT,
              "%s: %s, %d messages, %d B cut off",
              file,
              done.wasWhole() ? "it was whole" : "repaired",
              done.statistics().messageCount(),
              done.cutByteSize()),
          new JsonObject()
              .with("command", "repair")
              .with("name", file.toString())
              .with("messages", done.statistics().messageCount())
              .with("cutBytes", done.cutByteSize()));
    }
  }

  private void completeFolder(Path folder)
      throws IOException, CommandFailedException, InterruptedException {
    complete(Spool.directoryIn(folder), new SpoolTarget.InFolder(folder, "recording.mcap"));
  }

  private void completeSpool(Stores stores, Path directory)
      throws IOException, CommandFailedException, InterruptedException {
    List<String> locations = Spool.locationsIn(directory);
    for (String location : locations) {
      ObjectStore store = store(stores, new ObjectUri(location, ""));
      complete(directory, new SpoolTarget.InStore(store, location, "recording.mcap"));
    }
    if (locations.isEmpty()) {
      say("nothing waits in " + directory);
    }
  }

  private void complete(Path directory, SpoolTarget into)
      throws IOException, CommandFailedException, InterruptedException {
    try (Spool opened = Spool.open(directory, into, SpoolOptions.defaults())) {
      long millis = StoreOptions.millis(spec, "--give-up", giveUp);
      boolean stored = opened.awaitStored(Duration.ofMillis(millis));
      Spool.State state = opened.state();
      for (String name : state.stored()) {
        output.line(
            out(),
            into.location() + ": " + name + " is stored",
            new JsonObject()
                .with("command", "repair")
                .with("location", into.location())
                .with("name", name));
      }
      if (!stored) {
        throw new CommandFailedException(
            state.waitingCount()
                + " recordings still wait in "
                + directory
                + ": "
                + state.failure().map(Throwable::getMessage).orElse("the store takes nothing"));
      }
    }
  }
}
