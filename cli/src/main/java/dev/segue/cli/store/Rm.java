package dev.segue.cli.store;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.Printable;
import dev.segue.cli.terminal.Quantities;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Deletes objects. */
@Command(
    name = "rm",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Deletes objects, a thousand per request, without asking.",
      "An object that does not exist is not an error; local directories stay.",
      ""
    })
public final class Rm extends StoreCommand {
  @Parameters(
      paramLabel = "URI",
      arity = "1..*",
      converter = Source.Converter.class,
      description =
          "The objects, with --recursive folders, or names with wildcards: 's3://b/*.tmp'.")
  private List<Source> sources = List.of();

  @Option(
      names = {"-r", "--recursive"},
      description = "Delete everything below each URI, or below folders that match.")
  private boolean recursive;

  @Option(names = "--dry-run", description = "Only print what would be deleted.")
  private boolean dryRun;

  @Mixin private KeyFilter filter = new KeyFilter();
  @Mixin private StoreOptions options = new StoreOptions();

  private final Deletion deletion = new Deletion(this::complain);
  private long missingCount;
  private long unreadableCount;
  private long failedCount;

  private Rm() {}

  @Override
  StoreOptions options() {
    return options;
  }

  @Override
  void run(Stores stores, Map<String, String> variables)
      throws IOException, CommandFailedException {
    List<ObjectUri> named = new ArrayList<>();
    for (Source source : sources) {
      ObjectUri location = source.location();
      boolean walks = recursive || source.isPattern();
      if (!walks && Targets.isFolder(location)) {
        throw usage(location + " is a folder: --recursive deletes what lies below it");
      }
      if (walks && location.isLocal() && location.key().isEmpty()) {
        throw usage("/: rm does not delete all files of this machine");
      }
      if (!walks && filter.isActive()) {
        throw usage("--include and --exclude are for --recursive, or names with wildcards");
      }
      if (!walks) {
        named.add(location);
      }
    }
    for (Source source : sources) {
      if (recursive || source.isPattern()) {
        tell(() -> removeAll(stores, variables, source));
      }
    }
    remove(stores, variables, named);
    if (!dryRun) {
      output.result(
          out(),
          Quantities.count(deletion.deletedCount(), "object")
              + " deleted"
              + (missingCount == 0 ? "" : ", " + missingCount + " not there"),
          new JsonObject()
              .with("command", spec.name())
              .with("objects", deletion.deletedCount())
              .with("missing", missingCount)
              .with("failed", deletion.failedCount() + unreadableCount + failedCount));
    }
    if (deletion.failedCount() > 0) {
      throw new CommandFailedException(
          Quantities.count(deletion.failedCount(), "object") + " could not be deleted");
    }
    if (unreadableCount > 0) {
      throw new CommandFailedException(
          Quantities.count(unreadableCount, "folder") + " can't be read: not all was deleted");
    }
    if (failedCount > 0) {
      throw new CommandFailedException(
          failedCount + " of " + sources.size() + " failed: not all was deleted");
    }
  }

  /** A step for a part of what was named. */
  private interface Step {
    void run() throws IOException, CommandFailedException;
  }

  /** Runs a step whose fault keeps nothing from the others: it is told in a line of its own. */
  private void tell(Step step) throws IOException, CommandFailedException {
    try {
      step.run();
    } catch (ObjectStoreException | CommandFailedException e) {
      boolean isOver =
          e instanceof ObjectStoreException fault
              && fault.reason() == ObjectStoreException.Reason.CANCELLED;
      if (isOver || sources.size() == 1) {
        throw e;
      }
      failedCount++;
      complain(String.valueOf(e.getMessage()));
    }
  }

  private void remove(Stores stores, Map<String, String> variables, List<ObjectUri> locations)
      throws IOException, CommandFailedException {
    Map<String, List<ObjectUri>> byStore = new LinkedHashMap<>();
    for (ObjectUri location : locations) {
      byStore.computeIfAbsent(location.storeUri(), store -> new ArrayList<>()).add(location);
    }
    for (List<ObjectUri> some : byStore.values()) {
      tell(() -> removeOf(stores.of(some.getFirst(), variables), some));
    }
  }

  private void removeOf(ObjectStore store, List<ObjectUri> some)
      throws IOException, CommandFailedException {
    List<String> there = new ArrayList<>();
    for (ObjectUri each : some) {
      tell(
          () -> {
            if (isThere(store, each.key())) {
              there.add(each.key());
            } else {
              missingCount++;
            }
          });
    }
    delete(store, some.getFirst(), there);
  }

  private void delete(ObjectStore store, ObjectUri of, List<String> keys) throws IOException {
    if (dryRun) {
      for (String key : keys) {
        String uri = of.withKey(key).toString();
        output.line(
            out(),
            Printable.of("would delete " + uri),
            new JsonObject().with("dryRun", true).with("action", "delete").with("uri", uri));
      }
      return;
    }
    deletion.run(store, keys);
  }

  /** Stores confirm the deletion of what was never there, too. */
  private static boolean isThere(ObjectStore store, String key) throws IOException {
    try {
      return store.exists(key);
    } catch (ObjectStoreException e) {
      if (e.reason() == ObjectStoreException.Reason.DENIED) {
        // Who may delete need not be allowed to look.
        return true;
      }
      throw e;
    }
  }

  private void removeAll(Stores stores, Map<String, String> variables, Source source)
      throws IOException, CommandFailedException {
    ObjectUri folder = source.location();
    List<Long> found = new ArrayList<>();
    Listing.walk(
        stores,
        variables,
        source,
        recursive,
        filter,
        objects -> {
          if (!objects.isEmpty()) {
            found.add((long) objects.size());
            delete(
                stores.of(folder, variables),
                folder,
                objects.stream().map(ObjectInfo::key).toList());
          }
        },
        failure -> {
          unreadableCount++;
          complain(failure);
        });
    if (source.isPattern() && found.isEmpty()) {
      throw new CommandFailedException(source + ": nothing matches");
    }
    if (found.isEmpty()
        && !folder.isFolder()
        && !filter.isActive()
        && !Targets.isDirectory(folder)) {
      // Nothing lies below the name: it may be that of an object.
      remove(stores, variables, List.of(folder));
    }
  }
}
