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
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Deletes objects. */
@Command(
    name = "rm",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Deletes objects, a thousand in one request. It does not ask.",
      "What is not there is no error; directories of this machine stay.",
      ""
    })
public final class Rm extends StoreCommand {
  @Parameters(
      paramLabel = "URI",
      arity = "1..*",
      converter = Location.class,
      description = "The objects; with --recursive, folders.")
  private List<ObjectUri> locations = List.of();

  @Option(
      names = {"-r", "--recursive"},
      description = "Delete all that lies below each URI.")
  private boolean recursive;

  private long count;
  private long missingCount;
  private long failedCount;

  private Rm() {}

  @Override
  StoreOptions.Direction direction() {
    return StoreOptions.Direction.WRITE;
  }

  @Override
  void run(Stores stores, Map<String, String> variables)
      throws IOException, CommandFailedException {
    for (ObjectUri location : locations) {
      if (!recursive && Targets.isFolder(location)) {
        throw usage(location + " is a folder: --recursive deletes what lies below it");
      }
      if (recursive && location.isLocal() && location.key().isEmpty()) {
        throw usage("/: rm does not delete all files of this machine");
      }
    }
    if (recursive) {
      for (ObjectUri location : locations) {
        removeAll(stores, variables, location.asFolder());
      }
    } else {
      remove(stores, variables);
    }
    if (output.json()) {
      out()
          .println(
              new JsonObject()
                  .with("command", spec.name())
                  .with("objects", count)
                  .with("missing", missingCount)
                  .with("failed", failedCount));
    } else if (!output.quiet()) {
      out()
          .println(
              Quantities.count(count, "object")
                  + " deleted"
                  + (missingCount == 0 ? "" : ", " + missingCount + " not there"));
    }
    if (failedCount > 0) {
      throw new CommandFailedException(
          Quantities.count(failedCount, "folder") + " can't be read: not all was deleted");
    }
  }

  private void remove(Stores stores, Map<String, String> variables) throws IOException {
    Map<String, List<ObjectUri>> byStore = new LinkedHashMap<>();
    for (ObjectUri location : locations) {
      byStore.computeIfAbsent(location.storeUri(), store -> new ArrayList<>()).add(location);
    }
    for (List<ObjectUri> some : byStore.values()) {
      ObjectStore store = stores.of(some.getFirst(), variables);
      List<String> there = new ArrayList<>();
      for (ObjectUri each : some) {
        if (isThere(store, each.key())) {
          there.add(each.key());
        } else {
          missingCount++;
        }
      }
      store.delete(there);
      count += there.size();
    }
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

  private void removeAll(Stores stores, Map<String, String> variables, ObjectUri folder)
      throws IOException {
    Listing.walk(
        stores,
        variables,
        folder,
        "",
        page -> {
          List<String> keys = page.objects().stream().map(ObjectInfo::key).toList();
          stores.of(folder, variables).delete(keys);
          count += keys.size();
        },
        failure -> {
          failedCount++;
          err().println(Printable.of(spec.qualifiedName() + ": " + failure.getMessage()));
        });
  }
}
