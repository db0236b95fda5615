package dev.segue.cli.store;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.terminal.Quantities;
import dev.segue.cli.terminal.Watch;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Copies objects from any store to any store. */
@Command(
    name = "cp",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Copies an object, or with --recursive all that lies below a folder, from any store to any"
          + " store; a path is a file of this machine.",
      "Within one store it copies by itself, and no byte passes this machine.",
      ""
    })
public final class Cp extends StoreCommand {
  @Parameters(
      index = "0",
      paramLabel = "FROM",
      converter = Location.class,
      description = "An object, or with --recursive a folder.")
  private ObjectUri from = ObjectUri.NONE;

  @Parameters(
      index = "1",
      paramLabel = "TO",
      converter = Location.class,
      description = "An object; a folder or a directory gets the object below it.")
  private ObjectUri to = ObjectUri.NONE;

  @Option(
      names = {"-r", "--recursive"},
      description = "Copy all that lies below FROM to the same names below TO.")
  private boolean recursive;

  @Option(
      names = {"-j", "--jobs"},
      paramLabel = "COUNT",
      defaultValue = "4",
      description = "Objects at a time, with --recursive (default: ${DEFAULT-VALUE}).")
  private int jobCount = 4;

  @Option(
      names = "--resume",
      description = {
        "Keep what was stored if this is interrupted, and go on from there the next time; skip"
            + " objects that are there with the same size and are not older."
      })
  private boolean resume;

  @Option(names = "--no-clobber", description = "Skip objects that are there, whatever they are.")
  private boolean noClobber;

  private Cp() {}

  @Override
  StoreOptions.Direction direction() {
    return StoreOptions.Direction.WRITE;
  }

  @Override
  void run(Stores stores, Map<String, String> variables)
      throws IOException, CommandFailedException, InterruptedException {
    if (jobCount < 1 || jobCount > 1000) {
      throw usage("--jobs " + jobCount + ": from 1 to 1000");
    }
    Skipping skipping = new Skipping(noClobber, resume);
    Optional<Journals> journals = resume ? Optional.of(Journals.ofUser()) : Optional.empty();
    Watch watch = new Watch();
    Outcome outcome;
    try (Meter meter = meter()) {
      ObjectCopy copy = new ObjectCopy(stores, variables, meter, journals);
      outcome =
          recursive ? copyAll(copy, skipping, meter, watch) : copyOne(copy, skipping, meter, watch);
    }
    output.print(out(), outcome);
    if (outcome.failedCount() > 0) {
      throw new CommandFailedException(
          Quantities.count(outcome.failedCount(), "object")
              + " failed, "
              + Quantities.count(outcome.objectCount(), "object")
              + " copied, "
              + outcome.skippedCount()
              + " skipped");
    }
  }

  private Outcome copyOne(ObjectCopy copy, Skipping skipping, Meter meter, Watch watch)
      throws IOException, CommandFailedException {
    if (Targets.isFolder(from)) {
      throw usage(from + " is a folder: --recursive copies what lies below it");
    }
    ObjectUri target = Targets.of(from, to);
    if (target.equals(from)) {
      throw usage(from + ": FROM and TO are the same");
    }
    ObjectInfo info = copy.head(from);
    meter.expect(info.byteSize());
    boolean skipped = skipping.skips(copy, info, target);
    ObjectInfo result = skipped ? info : copy.copy(from, info, target);
    return new Outcome(
        spec.name(),
        from.toString(),
        target.toString(),
        skipped ? 0 : 1,
        skipped ? 1 : 0,
        0,
        skipped ? 0 : result.byteSize(),
        meter.resumedByteSize(),
        watch.seconds(),
        result.etag(),
        watch.copies().byteCounts());
  }

  private Outcome copyAll(ObjectCopy copy, Skipping skipping, Meter meter, Watch watch)
      throws IOException, CommandFailedException, InterruptedException {
    ObjectUri source = from.asFolder();
    ObjectUri target = to.asFolder();
    if (Places.isWithin(target, source)) {
      throw usage(to + " lies below " + from + ": it would be copied into itself");
    }
    if (isFile()) {
      return copyOne(copy, skipping, meter, watch);
    }
    try (TreeCopy tree =
        new TreeCopy(copy, skipping, meter, jobCount, err(), spec.qualifiedName())) {
      meter.expectMore();
      copy.list(source, page -> tree.add(page.objects(), source, target), tree::unreadable);
      if (tree.isEmpty() && !source.isLocal() && !source.key().isEmpty()) {
        return copyNamed(copy, skipping, meter, watch);
      }
      meter.expectNoMore();
      tree.await();
      return new Outcome(
          spec.name(),
          source.toString(),
          target.toString(),
          tree.copiedCount(),
          tree.skippedCount(),
          tree.failedCount(),
          meter.doneByteSize(),
          meter.resumedByteSize(),
          watch.seconds(),
          "",
          watch.copies().byteCounts());
    }
  }

  /** Whether a path names one file, which is then copied, and none that is not there. */
  private boolean isFile() throws CommandFailedException {
    if (!from.isLocal() || Files.isDirectory(from.path())) {
      return false;
    }
    if (!Files.exists(from.path())) {
      throw new CommandFailedException(from + ": no such file or directory");
    }
    return true;
  }

  /** Nothing lies below the name: it may be that of an object. */
  private Outcome copyNamed(ObjectCopy copy, Skipping skipping, Meter meter, Watch watch)
      throws IOException, CommandFailedException {
    if (!from.isFolder()) {
      try {
        ObjectInfo _ = copy.head(from);
        return copyOne(copy, skipping, meter, watch);
      } catch (ObjectStoreException e) {
        if (e.reason() != ObjectStoreException.Reason.NOT_FOUND) {
          throw e;
        }
      }
    }
    throw new CommandFailedException(from + ": nothing there");
  }
}
