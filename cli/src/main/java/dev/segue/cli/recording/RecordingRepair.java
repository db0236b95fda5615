package dev.segue.cli.recording;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.store.ObjectUri;
import dev.segue.cli.store.StoreOptions;
import dev.segue.cli.store.Stores;
import dev.segue.cli.store.UploadOptions;
import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.Quantities;
import dev.segue.mcap.McapRepair;
import dev.segue.objectstore.ObjectStore;
import dev.segue.recording.Rewriting;
import dev.segue.recording.Spool;
import dev.segue.recording.SpoolOptions;
import dev.segue.recording.SpoolTarget;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
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
      "Completes the recording of a killed recorder: a file in place, any recording into a new one (FROM TO),"
          + " or, without arguments, everything in the spool that waits for its store.",
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

  @Option(
      names = "--cut",
      description =
          "In place: give up what is damaged within a file, and all that follows it (default: such a"
              + " file is left as it is).")
  private boolean cuts;

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
      checkNobodyRecords(file, channel);
      McapRepair scanned =
          McapRepair.scan(channel)
              .orElseThrow(
                  () ->
                      new CommandFailedException(
                          file + ": it does not begin as a recording (MCAP)"));
      if (scanned.damage().isPresent() && !cuts) {
        throw new CommandFailedException(
            file
                + ": it was not cut off, but is damaged: "
                + scanned.damage().get()
                + "; nothing was changed, --cut gives up the last "
                + (channel.size() - scanned.wholeByteSize())
                + " B and keeps "
                + Quantities.count(scanned.messageCount(), "message"));
      }
      McapRepair.Repaired done = scanned.finish();
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

  /** A recorder has its file locked, and would write on behind the end that it gets here. */
  private static void checkNobodyRecords(Path file, FileChannel channel)
      throws CommandFailedException {
    boolean isFree;
    try {
      isFree = channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      isFree = false;
    } catch (IOException e) {
      // A file system without locks: nobody can tell.
      isFree = true;
    }
    if (!isFree) {
      throw new CommandFailedException(file + ": it is being recorded; nothing was changed");
    }
  }

  private void completeFolder(Path folder)
      throws IOException, CommandFailedException, InterruptedException {
    Path directory = Spool.directoryIn(folder);
    complete(directory, new SpoolTarget.InFolder(folder, "recording.mcap"));
    checkAllRead(directory);
  }

  /** What can't be opened waits all the same. */
  private static void checkAllRead(Path directory) throws IOException, CommandFailedException {
    List<Path> left = Spool.unreadableIn(directory);
    if (!left.isEmpty()) {
      throw new CommandFailedException(
          Quantities.count(left.size(), "recording")
              + " can't be opened: "
              + left.stream().map(Path::toString).collect(Collectors.joining(", ")));
    }
  }

  private void completeSpool(Stores stores, Path directory)
      throws IOException, CommandFailedException, InterruptedException {
    List<String> locations = Spool.locationsIn(directory);
    List<String> failures = new ArrayList<>();
    for (String location : locations) {
      try {
        complete(directory, target(stores, directory, location));
      } catch (IOException | CommandFailedException | IllegalArgumentException e) {
        // What waits for other stores is not this one's.
        failures.add(location + ": " + e.getMessage());
      }
    }
    try {
      checkAllRead(directory);
      if (locations.isEmpty()) {
        say("nothing waits in " + directory);
      }
    } catch (CommandFailedException e) {
      failures.add(e.getMessage());
    }
    if (!failures.isEmpty()) {
      throw new CommandFailedException(String.join("; ", failures));
    }
  }

  private SpoolTarget target(Stores stores, Path directory, String location) throws IOException {
    Optional<Path> folder = SpoolTarget.folderOf(location);
    if (folder.isPresent()) {
      return new SpoolTarget.InFolder(folder.get(), "recording.mcap");
    }
    if (location.equals(SpoolTarget.HERE)) {
      Path parent = directory.toAbsolutePath().normalize().getParent();
      return new SpoolTarget.InFolder(Objects.requireNonNull(parent), "recording.mcap");
    }
    ObjectStore store = store(stores, new ObjectUri(location, ""));
    return new SpoolTarget.InStore(store, location, "recording.mcap");
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
