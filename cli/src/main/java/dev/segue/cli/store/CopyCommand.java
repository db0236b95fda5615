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
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Copies objects from any store to any store, and deletes them there or not. */
abstract class CopyCommand extends StoreCommand {
  @Parameters(
      index = "0",
      paramLabel = "FROM",
      converter = Source.Converter.class,
      description =
          "An object, with --recursive a folder, or names with wildcards: 's3://b/*.raw'.")
  private Source source = Source.NONE;

  @Parameters(
      index = "1",
      paramLabel = "TO",
      converter = ObjectUri.Converter.class,
      description = "An object; a folder or a directory gets the objects below it.")
  private ObjectUri to = ObjectUri.NONE;

  @Option(
      names = {"-r", "--recursive"},
      description = "Copy everything below FROM to the same names below TO.")
  private boolean recursive;

  @Option(
      names = {"-j", "--jobs"},
      paramLabel = "COUNT",
      defaultValue = "4",
      description = "Objects at a time (default: ${DEFAULT-VALUE}).")
  private int jobCount = 4;

  @Option(
      names = "--resume",
      description = {
        "If interrupted, keep what was stored and continue from there next time; skip objects"
            + " that exist with the same size and are not older."
      })
  private boolean resume;

  @Option(
      names = "--no-clobber",
      description =
          "Skip objects that already exist. The store decides when a copy is complete, except for"
              + " copies that it makes itself.")
  private boolean noClobber;

  @Option(
      names = "--times",
      description =
          "Set the files' times to those stored with the objects (mtime), at one more request for"
              + " each (default: the objects' own times).")
  private boolean times;

  @Option(names = "--dry-run", description = "Only print what would be done.")
  private boolean dryRun;

  @Mixin private KeyFilter filter = new KeyFilter();
  @Mixin private UploadOptions options = new UploadOptions();

  CopyCommand() {}

  /** Returns whether sources are deleted. */
  abstract boolean moves();

  @Override
  final StoreOptions options() {
    return options;
  }

  @Override
  final void run(Stores stores, Map<String, String> variables)
      throws IOException, CommandFailedException, InterruptedException {
    if (jobCount < 1 || jobCount > 1000) {
      throw usage("--jobs " + jobCount + ": from 1 to 1000");
    }
    if (filter.isActive() && !recursive && source.pattern().isEmpty()) {
      throw usage("--include and --exclude are for --recursive, or names with wildcards");
    }
    goesTo(to);
    Watch watch = new Watch();
    Outcome outcome;
    try (Meter meter = meter()) {
      ObjectCopy copy =
          new ObjectCopy(
              stores, variables, meter, CopyRules.of(noClobber, times, resume).pinned(moves()));
      CopyTask task =
          new CopyTask(
              copy, new Skipping(noClobber, resume), moves(), dryRun, stores, output, out());
      outcome =
          recursive || source.pattern().isPresent()
              ? copyAll(copy, task, meter, watch, stores)
              : copyOne(task, meter, watch);
    }
    if (!dryRun) {
      print(outcome);
    }
    if (outcome.failedCount() > 0) {
      throw new CommandFailedException(
          Quantities.count(outcome.failedCount(), "object")
              + " failed, "
              + Quantities.count(outcome.objectCount(), "object")
              + (moves() ? " moved, " : " copied, ")
              + outcome.skippedCount()
              + " skipped");
    }
  }

  private Outcome copyOne(CopyTask task, Meter meter, Watch watch)
      throws IOException, CommandFailedException {
    ObjectUri from = source.location();
    if (Targets.isFolder(from)) {
      throw usage(
          from
              + " is a folder: --recursive "
              + (moves() ? "moves" : "copies")
              + " what lies below it");
    }
    ObjectUri target = Targets.of(from, to);
    if (target.equals(from)) {
      throw usage(from + ": FROM and TO are the same");
    }
    ObjectInfo info = task.head(from);
    meter.expect(info.byteSize());
    boolean replaces = Targets.isRegularFile(target);
    Optional<ObjectInfo> result = task.run(from, info, target);
    return result.isEmpty()
        ? Outcome.ofSkipped(this, from.toString(), target.toString(), watch)
        : Outcome.ofOne(
            this,
            from.toString(),
            target.toString(),
            result.get(),
            meter.resumedByteSize(),
            replaces,
            watch);
  }

  private Outcome copyAll(ObjectCopy copy, CopyTask task, Meter meter, Watch watch, Stores stores)
      throws IOException, CommandFailedException, InterruptedException {
    ObjectUri from = source.location().asFolder();
    ObjectUri target = to.asFolder();
    boolean isDeep = recursive || source.pattern().stream().noneMatch(KeyPattern::isOneLevel);
    if (isDeep && Places.isWithin(stores.resolved(target), stores.resolved(from))) {
      throw usage(to + " lies below " + source + ": it would be copied into itself");
    }
    if (source.pattern().isEmpty() && isFile()) {
      return copyOne(task, meter, watch);
    }
    String ofSources = Places.prefixOf(stores.resolved(target), stores.resolved(from));
    try (TreeCopy tree = new TreeCopy(task, meter, jobCount, err(), spec.qualifiedName())) {
      tree.spare(ofSources);
      meter.expectMore();
      copy.list(
          source, recursive, filter, objects -> tree.add(objects, from, target), tree::unreadable);
      if (tree.isEmpty() && source.pattern().isPresent()) {
        throw new CommandFailedException(source + ": nothing matches");
      }
      if (tree.isEmpty()
          && !filter.isActive()
          && !from.isLocal()
          && !source.location().key().isEmpty()) {
        return copyNamed(task, meter, watch);
      }
      meter.expectNoMore();
      tree.await();
      return tree.outcome(this, source.toString(), target.toString(), watch);
    }
  }

  /** Returns whether a path names one file, which is then copied, and none that is not there. */
  private boolean isFile() throws CommandFailedException {
    ObjectUri from = source.location();
    if (!from.isLocal() || Files.isDirectory(from.path())) {
      return false;
    }
    if (!Files.exists(from.path())) {
      throw new CommandFailedException(from + ": no such file or directory");
    }
    return true;
  }

  /** Nothing lies below the name: it may be that of an object. */
  private Outcome copyNamed(CopyTask task, Meter meter, Watch watch)
      throws IOException, CommandFailedException {
    ObjectUri from = source.location();
    if (!from.isFolder()) {
      try {
        task.head(from);
        return copyOne(task, meter, watch);
      } catch (ObjectStoreException e) {
        if (e.reason() != ObjectStoreException.Reason.NOT_FOUND) {
          throw e;
        }
      }
    }
    throw new CommandFailedException(from + ": nothing there");
  }
}
