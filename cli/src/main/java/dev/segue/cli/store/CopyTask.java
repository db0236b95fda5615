package dev.segue.cli.store;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.OutputOptions;
import dev.segue.cli.terminal.Printable;
import dev.segue.cli.terminal.StandardInput;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStoreException;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Optional;

/**
 * The work on each object of a copy.
 *
 * <p>Owner: the command. Lifetime: that of the copier. Threads: any.
 *
 * @param moves whether the source is deleted when its copy is stored
 * @param dryRun whether to only print what would be done
 * @param stores tell whether two locations are one
 */
record CopyTask(
    ObjectCopy copy,
    Skipping skipping,
    boolean moves,
    boolean dryRun,
    Stores stores,
    OutputOptions output,
    PrintWriter out) {
  ObjectInfo head(ObjectUri location) throws IOException {
    return copy.head(location);
  }

  /**
   * Copies an object.
   *
   * @return what was stored; empty where nothing was copied, as something is there
   */
  Optional<ObjectInfo> run(ObjectUri from, ObjectInfo info, ObjectUri to)
      throws IOException, CommandFailedException {
    if (from.isLocal()) {
      StandardInput.check(from.path());
    }
    if (Places.isSame(stores.resolved(from), stores.resolved(to))) {
      throw new CommandFailedException(
          from + " and " + to + " are the same: nothing was " + (moves ? "moved" : "copied"));
    }
    // What is there may be what an earlier time made, whose answer was lost: then it goes on, on
    // the same condition, and the store tells.
    boolean goesOn = skipping.whatever() && copy.isBegun(from, info, to);
    if (!goesOn && skipping.skips(copy, from, info, to)) {
      return Optional.empty();
    }
    if (dryRun) {
      say(moves ? "move" : "copy", from, to, info.byteSize());
      return Optional.of(info);
    }
    if (moves) {
      checkApart(from, info, to);
    }
    ObjectInfo copied;
    try {
      copied = copy.copy(from, info, to);
    } catch (ObjectStoreException e) {
      if (skipping.whatever() && e.reason() == ObjectStoreException.Reason.EXISTS) {
        return Optional.empty();
      }
      throw e;
    }
    if (moves) {
      copy.delete(from, info);
    }
    return Optional.of(copied);
  }

  /**
   * Looks whether two locations are two objects: a server has more addresses, and a bucket more
   * names, than anybody can tell (aliases, access points, proxies, the environment's endpoint), and
   * what was copied onto itself must not be deleted.
   */
  private void checkApart(ObjectUri from, ObjectInfo source, ObjectUri to)
      throws IOException, CommandFailedException {
    if (from.isLocal() || to.isLocal() || from.storeUri().equals(to.storeUri())) {
      return;
    }
    ObjectInfo target;
    try {
      target = copy.head(to);
    } catch (ObjectStoreException e) {
      switch (e.reason()) {
        case NOT_FOUND -> {
          return;
        }
        case DENIED -> {
          // Who may write there need not be allowed to look.
          if (!Places.haveOneName(from, to)) {
            return;
          }
        }
        default -> {}
      }
      throw e;
    }
    long seconds = source.lastModified().getEpochSecond() - target.lastModified().getEpochSecond();
    if (source.isSameVersion(target) && Math.abs(seconds) <= 1) {
      throw new CommandFailedException(
          from + " and " + to + " may be one object, of the same time: nothing was moved");
    }
  }

  private void say(String action, ObjectUri from, ObjectUri to, long byteSize) {
    output.line(
        out,
        Printable.of("would " + action + " " + from + " → " + to),
        new JsonObject()
            .with("dryRun", true)
            .with("action", action)
            .with("from", from.toString())
            .with("to", to.toString())
            .with("bytes", byteSize));
  }

  /** Says that an object would be deleted. */
  void sayDeleted(ObjectUri location) {
    output.line(
        out,
        Printable.of("would delete " + location),
        new JsonObject()
            .with("dryRun", true)
            .with("action", "delete")
            .with("uri", location.toString()));
  }
}
