package dev.segue.cli.store;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.terminal.InputFile;
import dev.segue.cli.terminal.Watch;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStoreException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes a file as an object. */
@Command(
    name = "put",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Writes a file as an object.",
      "The object appears once it is complete; a file that changes meanwhile is an error.",
      ""
    })
public final class Put extends StoreCommand {
  @Parameters(index = "0", paramLabel = "FILE", description = "The file.")
  private String file = "";

  @Parameters(
      index = "1",
      paramLabel = "URI",
      converter = ObjectUri.Converter.class,
      description = "The object; with a slash at its end, the folder that it goes into.")
  private ObjectUri to = ObjectUri.NONE;

  @Option(
      names = "--resume",
      description = "If interrupted, keep what was stored and continue from there next time.")
  private boolean resume;

  @Option(
      names = "--no-clobber",
      description = "Keep an object that already exists; the store decides.")
  private boolean noClobber;

  @Mixin private UploadOptions options = new UploadOptions();

  private Put() {}

  @Override
  StoreOptions options() {
    return options;
  }

  @Override
  void run(Stores stores, Map<String, String> variables)
      throws IOException, CommandFailedException {
    if (file.equals("-")) {
      throw usage("put sends a file; put-streaming sends the standard input");
    }
    ObjectUri from = ObjectUri.parse(file);
    if (!from.isLocal()) {
      throw usage("put sends a file, and " + file + " isn't one; cp copies from store to store");
    }
    if (Targets.isDirectory(from)) {
      throw usage(file + " is a directory; cp --recursive copies what lies below it");
    }
    ObjectUri target = Targets.of(from, to);
    goesTo(target);
    Watch watch = new Watch();
    Outcome outcome;
    try (Meter meter = meter()) {
      ObjectCopy copy =
          new ObjectCopy(stores, variables, meter, CopyRules.of(noClobber, false, resume));
      boolean replaces = Targets.isRegularFile(target);
      Optional<ObjectInfo> stored =
          Files.isRegularFile(from.path()) || !Files.exists(from.path())
              ? put(stores, copy, meter, from, target)
              : send(copy, from.path(), target);
      outcome =
          stored.isEmpty()
              ? Outcome.ofSkipped(this, from.toString(), target.toString(), watch)
              : Outcome.ofOne(
                  this,
                  from.toString(),
                  target.toString(),
                  stored.get(),
                  meter.resumedByteSize(),
                  replaces,
                  watch);
    }
    print(outcome);
  }

  private Optional<ObjectInfo> put(
      Stores stores, ObjectCopy copy, Meter meter, ObjectUri from, ObjectUri target)
      throws IOException, CommandFailedException {
    ObjectInfo info = copy.head(from);
    meter.expect(info.byteSize());
    return new CopyTask(copy, new Skipping(noClobber, false), false, false, stores, output, out())
        .run(from, info, target);
  }

  /** A pipe or a device has no size. */
  private Optional<ObjectInfo> send(ObjectCopy copy, Path pipe, ObjectUri target)
      throws IOException {
    try (FileChannel channel = InputFile.open(pipe)) {
      return Optional.of(copy.sendChannel(channel, target));
    } catch (ObjectStoreException e) {
      if (noClobber && e.reason() == ObjectStoreException.Reason.EXISTS) {
        return Optional.empty();
      }
      throw e;
    }
  }
}
