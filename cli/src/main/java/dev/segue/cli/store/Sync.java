package dev.segue.cli.store;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.terminal.Quantities;
import dev.segue.cli.terminal.Watch;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes a folder hold what another one holds. */
@Command(
    name = "sync",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Copies what is below FROM, unless TO has it with the same size and an equal or newer time;"
          + " with --delete, also deletes what exists only below TO.",
      "Names that --exclude leaves out are neither copied nor deleted. The names below TO are held"
          + " in memory.",
      ""
    })
public final class Sync extends StoreCommand {
  private static final int DELETION = 1000;

  @Parameters(
      index = "0",
      paramLabel = "FROM",
      converter = ObjectUri.Converter.class,
      description = "A folder of a store, or a directory.")
  private ObjectUri from = ObjectUri.NONE;

  @Parameters(
      index = "1",
      paramLabel = "TO",
      converter = ObjectUri.Converter.class,
      description = "A folder of a store, or a directory.")
  private ObjectUri to = ObjectUri.NONE;

  @Option(
      names = "--delete",
      description =
          "Once everything has been copied, delete what exists only below TO; delete nothing if"
              + " anything failed, or if FROM is empty.")
  private boolean delete;

  @Option(names = "--size-only", description = "Copy only what has another size.")
  private boolean sizeOnly;

  @Option(
      names = {"-j", "--jobs"},
      paramLabel = "COUNT",
      defaultValue = "4",
      description = "Objects at a time (default: ${DEFAULT-VALUE}).")
  private int jobCount = 4;

  @Option(
      names = "--times",
      description =
          "Give files the times that were stored with their objects (mtime), and compare by them,"
              + " with a further request for each.")
  private boolean times;

  @Option(
      names = "--resume",
      description = "Keep what was stored of an object if this is interrupted.")
  private boolean resume;

  @Option(names = "--dry-run", description = "Only print what would be done.")
  private boolean dryRun;

  @Mixin private KeyFilter filter = new KeyFilter();
  @Mixin private UploadOptions options = new UploadOptions();

  private final Set<String> found = new HashSet<>();
  private final Deletion deletion = new Deletion(this::complain);

  private Sync() {}

  @Override
  StoreOptions options() {
    return options;
  }

  @Override
  void run(Stores stores, Map<String, String> variables)
      throws IOException, CommandFailedException, InterruptedException {
    if (jobCount < 1 || jobCount > 1000) {
      throw usage("--jobs " + jobCount + ": from 1 to 1000");
    }
    if (from.isLocal() && !Files.isDirectory(from.path())) {
      throw new CommandFailedException(from + ": no such directory");
    }
    ObjectUri source = from.asFolder();
    ObjectUri target = to.asFolder();
    if (Places.isWithin(stores.resolved(target), stores.resolved(source))
        || Places.isWithin(stores.resolved(source), stores.resolved(target))) {
      throw usage(from + " and " + to + ": one lies below the other");
    }
    Watch watch = new Watch();
    Outcome outcome;
    try (Meter meter = meter()) {
      ObjectCopy copy =
          new ObjectCopy(stores, variables, meter, CopyRules.of(false, times, resume));
      outcome = sync(copy, task(copy, stores), source, target, meter, watch);
    }
    if (!dryRun) {
      output.result(
          out(),
          outcome.line()
              + (delete ? ", " + deletion.deletedCount() + " deleted" : "")
              + (deletion.failedCount() == 0 ? "" : ", " + deletion.failedCount() + " not"),
          outcome
              .fields()
              .with("deleted", deletion.deletedCount())
              .with("undeleted", deletion.failedCount()));
    }
    if (outcome.failedCount() > 0) {
      throw new CommandFailedException(
          Quantities.count(outcome.failedCount(), "object")
              + " failed, "
              + Quantities.count(outcome.objectCount(), "object")
              + " copied, "
              + outcome.skippedCount()
              + " the same"
              + (delete ? "; nothing was deleted" : ""));
    }
    if (deletion.failedCount() > 0) {
      throw new CommandFailedException(
          Quantities.count(deletion.failedCount(), "object") + " could not be deleted below " + to);
    }
  }

  private CopyTask task(ObjectCopy copy, Stores stores) {
    return new CopyTask(copy, new Skipping(false, false), false, dryRun, stores, output, out());
  }

  private Outcome sync(
      ObjectCopy copy, CopyTask task, ObjectUri source, ObjectUri target, Meter meter, Watch watch)
      throws IOException, CommandFailedException, InterruptedException {
    try (TreeCopy tree = new TreeCopy(task, meter, jobCount, err(), spec.qualifiedName())) {
      meter.expectMore();
      Map<String, ObjectInfo> there = new HashMap<>();
      copy.list(
          new Source(target, Optional.empty()),
          true,
          filter,
          objects ->
              objects.forEach(info -> there.put(info.key().substring(target.key().length()), info)),
          tree::unreadable);
      copy.list(
          new Source(source, Optional.empty()),
          true,
          filter,
          objects -> {
            // A bucket has more names than anybody can tell.
            checkApart(objects, source, there, target);
            tree.add(changed(copy, objects, source, there, tree), source, target);
          },
          tree::unreadable);
      if (found.isEmpty() && delete && !there.isEmpty()) {
        throw new CommandFailedException(
            from
                + ": nothing there, so nothing was deleted below "
                + to
                + "; rm -r deletes it all");
      }
      meter.expectNoMore();
      tree.await();
      if (delete && tree.failedCount() == 0) {
        there.keySet().removeAll(found);
        if (!there.isEmpty() && !dryRun) {
          lookAgain(copy, source, target, there, tree);
        }
        if (tree.failedCount() == 0) {
          deleteAll(copy, task, target, there);
        }
      }
      return tree.outcome(this, source.toString(), target.toString(), watch);
    }
  }

  /**
   * Looks whether of two folders one lies below the other by another name of its bucket: what is to
   * be deleted may be the source then.
   */
  private void checkApart(
      List<ObjectInfo> objects, ObjectUri source, Map<String, ObjectInfo> there, ObjectUri target)
      throws IOException {
    String above = target.key();
    if (source.isLocal()
        || target.isLocal()
        || source.key().equals(above)
        || !(source.key().startsWith(above) || above.startsWith(source.key()))) {
      return;
    }
    for (ObjectInfo info : objects) {
      if (info.key().startsWith(above)
          && info.equals(there.get(info.key().substring(above.length())))) {
        throw new IOException(
            from
                + " and "
                + to
                + " may lie one below the other: "
                + info.key()
                + " is in both, of the same time; nothing was deleted");
      }
    }
  }

  /**
   * Leaves only what still lies below TO alone, and is what it was: copies take their time, and
   * others write meanwhile.
   */
  private void lookAgain(
      ObjectCopy copy,
      ObjectUri source,
      ObjectUri target,
      Map<String, ObjectInfo> gone,
      TreeCopy tree)
      throws IOException {
    copy.list(
        new Source(source, Optional.empty()),
        true,
        filter,
        objects ->
            objects.forEach(
                info -> {
                  gone.remove(info.key().substring(source.key().length()));
                }),
        tree::unreadable);
    Set<String> same = new HashSet<>();
    copy.list(
        new Source(target, Optional.empty()),
        true,
        filter,
        objects -> {
          for (ObjectInfo info : objects) {
            String key = info.key().substring(target.key().length());
            if (info.equals(gone.get(key))) {
              same.add(key);
            }
          }
        },
        tree::unreadable);
    gone.keySet().retainAll(same);
  }

  private List<ObjectInfo> changed(
      ObjectCopy copy,
      List<ObjectInfo> objects,
      ObjectUri source,
      Map<String, ObjectInfo> there,
      TreeCopy tree)
      throws IOException {
    List<ObjectInfo> changed = new ArrayList<>();
    for (ObjectInfo info : objects) {
      String key = info.key().substring(source.key().length());
      if (TreeCopy.isFolder(info)) {
        // It is not copied, but what has its name there isn't only there.
        there.remove(key);
        continue;
      }
      if (delete) {
        found.add(key);
      }
      ObjectInfo known = there.get(key);
      boolean isSame =
          known != null
              && (sizeOnly
                  ? known.byteSize() == info.byteSize()
                  : Skipping.isSame(copy, source.withKey(info.key()), info, known));
      if (isSame) {
        tree.skip();
      } else {
        changed.add(info);
      }
    }
    return changed;
  }

  private void deleteAll(
      ObjectCopy copy, CopyTask task, ObjectUri target, Map<String, ObjectInfo> gone)
      throws IOException {
    List<ObjectInfo> some = new ArrayList<>();
    for (String key : gone.keySet().stream().sorted().toList()) {
      ObjectInfo listed = Objects.requireNonNull(gone.get(key));
      if (TreeCopy.isFolder(listed)) {
        continue;
      }
      if (dryRun) {
        task.sayDeleted(target.resolve(key));
        continue;
      }
      version(copy, target, listed).ifPresent(some::add);
      if (some.size() == DELETION) {
        deleteSome(copy, target, some);
      }
    }
    deleteSome(copy, target, some);
  }

  /**
   * Returns the version that was listed; where listings don't say it, the one that is there now, if
   * it has the size and time that were listed.
   */
  private static Optional<ObjectInfo> version(ObjectCopy copy, ObjectUri target, ObjectInfo listed)
      throws IOException {
    if (!listed.etag().isEmpty()) {
      return Optional.of(listed);
    }
    try {
      ObjectInfo now = copy.head(target.withKey(listed.key()));
      // Heads and listings tell the time in parts of a second, or not.
      boolean isSame =
          now.byteSize() == listed.byteSize()
              && now.lastModified().getEpochSecond() == listed.lastModified().getEpochSecond();
      return isSame ? Optional.of(now) : Optional.empty();
    } catch (ObjectStoreException e) {
      if (e.reason() == ObjectStoreException.Reason.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private void deleteSome(ObjectCopy copy, ObjectUri target, List<ObjectInfo> versions)
      throws IOException {
    deletion.runUnchanged(copy.store(target), versions);
    versions.clear();
  }
}
