package dev.segue.cli.store;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.Printable;
import dev.segue.cli.terminal.Quantities;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectPage;
import java.io.IOException;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
      converter = Source.Converter.class,
      description =
          "A bucket, folder, directory, prefix of names, or names with wildcards: 's3://b/*.raw'.")
  private Source source = Source.NONE;

  @Option(
      names = {"-r", "--recursive"},
      description = "List everything below, not only the next level.")
  private boolean recursive;

  private long objectCount;
  private long folderCount;
  private long byteSize;
  private long unreadableCount;

  @Mixin private KeyFilter filter = new KeyFilter();
  @Mixin private StoreOptions options = new StoreOptions();

  private Ls() {}

  @Override
  StoreOptions options() {
    return options;
  }

  @Override
  void run(Stores stores, Map<String, String> variables)
      throws IOException, CommandFailedException {
    ObjectUri location = source.location();
    String head = source.pattern().map(KeyPattern::head).orElse("");
    ObjectUri from =
        source.isPattern() || Targets.isDirectory(location)
            ? location.asFolder().withKey(location.asFolder().key() + head)
            : location;
    int shown = source.isPattern() ? from.key().length() - head.length() : lastFolder(from);
    boolean isOneLevel = !recursive && source.pattern().map(KeyPattern::isOneLevel).orElse(true);
    Listing.walk(
        stores,
        variables,
        from,
        isOneLevel ? "/" : "",
        page -> {
          print(page, from, shown);
          checkOutput();
        },
        failure -> {
          unreadableCount++;
          complain(failure);
        });
    if (objectCount + folderCount == 0 && source.isPattern()) {
      throw new CommandFailedException(source + ": nothing matches");
    }
    if (objectCount + folderCount == 0
        && !filter.isActive()
        && !from.key().isEmpty()
        && !Targets.isDirectory(from)) {
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
          Quantities.count(unreadableCount, "folder") + " can't be read: the list is incomplete");
    }
  }

  private static int lastFolder(ObjectUri from) {
    return from.key().lastIndexOf('/') + 1;
  }

  private void line(String text) {
    if (!output.quiet()) {
      out().println(text);
    }
  }

  private void print(ObjectPage page, ObjectUri from, int shown) {
    for (String prefix : page.prefixes()) {
      String name = prefix.substring(shown, prefix.length() - 1);
      if (!source.has(name, false)) {
        continue;
      }
      folderCount++;
      line(
          output.json()
              ? new JsonObject().with("folder", from.withKey(prefix).toString()).toString()
              : String.format(
                  Locale.ROOT, "%10s  %19s  %s", "", "", Printable.of(prefix.substring(shown))));
    }
    for (ObjectInfo info : page.objects()) {
      String name = info.key().substring(shown);
      if (!source.has(name, recursive) || !filter.has(name)) {
        continue;
      }
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
                  Printable.of(name)));
    }
    out().flush();
  }
}
