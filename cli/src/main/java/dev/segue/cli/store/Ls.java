package dev.segue.cli.store;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.Printable;
import dev.segue.cli.terminal.Quantities;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectPage;
import dev.segue.objectstore.ObjectStoreException;
import java.io.IOException;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Lists objects. */
@Command(
    name = "ls",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Lists the objects and folders below a location, or those whose names begin with it.",
      "Sizes and times are followed by the name; with --json there is one object in each line.",
      ""
    })
public final class Ls extends StoreCommand {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);

  @Parameters(
      paramLabel = "URI",
      converter = Location.class,
      description = "A bucket, a folder, a directory, or how names begin.")
  private ObjectUri location = ObjectUri.NONE;

  @Option(
      names = {"-r", "--recursive"},
      description = "All that lies below, not only the next level.")
  private boolean recursive;

  private long objectCount;
  private long folderCount;
  private long byteSize;
  private long unreadableCount;

  private Ls() {}

  @Override
  StoreOptions.Direction direction() {
    return StoreOptions.Direction.READ;
  }

  @Override
  void run(Stores stores, Map<String, String> variables)
      throws IOException, CommandFailedException {
    ObjectUri from = Targets.isDirectory(location) ? location.asFolder() : location;
    int shown = from.key().lastIndexOf('/') + 1;
    Listing.walk(
        stores,
        variables,
        from,
        recursive ? "" : "/",
        page -> print(page, from, shown),
        this::unreadable);
    if (objectCount + folderCount == 0 && !from.key().isEmpty() && !Targets.isDirectory(from)) {
      throw new CommandFailedException(location + ": nothing there");
    }
    if (!output.json() && !output.quiet()) {
      out()
          .println(
              String.format(
                  Locale.ROOT,
                  "%10s  %s, %s",
                  Quantities.byteSize(byteSize),
                  Quantities.count(objectCount, "object"),
                  Quantities.count(folderCount, "folder")));
    }
    if (unreadableCount > 0) {
      throw new CommandFailedException(
          Quantities.count(unreadableCount, "folder") + " can't be read: the list is not whole");
    }
  }

  private void unreadable(ObjectStoreException failure) {
    unreadableCount++;
    err().println(Printable.of(spec.qualifiedName() + ": " + failure.getMessage()));
    err().flush();
  }

  private void line(String text) {
    if (!output.quiet()) {
      out().println(text);
    }
  }

  private void print(ObjectPage page, ObjectUri from, int shown) {
    for (String prefix : page.prefixes()) {
      folderCount++;
      line(
          output.json()
              ? new JsonObject().with("folder", from.withKey(prefix).toString()).toString()
              : String.format(
                  Locale.ROOT, "%10s  %19s  %s", "", "", Printable.of(prefix.substring(shown))));
    }
    for (ObjectInfo info : page.objects()) {
      objectCount++;
      byteSize += info.byteSize();
      line(
          output.json()
              ? Stat.json(from.withKey(info.key()), info)
              : String.format(
                  Locale.ROOT,
                  "%10s  %19s  %s",
                  Quantities.byteSize(info.byteSize()),
                  TIME.format(info.lastModified().atZone(ZoneId.systemDefault())),
                  Printable.of(info.key().substring(shown))));
    }
    out().flush();
  }
}
