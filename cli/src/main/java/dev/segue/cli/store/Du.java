package dev.segue.cli.store;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.Printable;
import dev.segue.cli.terminal.Quantities;
import dev.segue.objectstore.ObjectInfo;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Sums sizes. */
@Command(
    name = "du",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Sums the sizes of all objects below each location, or that match wildcards.",
      "With several locations the last line is the total.",
      ""
    })
public final class Du extends StoreCommand {
  @Parameters(
      paramLabel = "URI",
      arity = "1..*",
      converter = Source.Converter.class,
      description = "Folders, directories, or names with wildcards: 's3://b/**/*.raw'.")
  private List<Source> sources = List.of();

  @Option(names = "--folders", description = "Also print a line for each folder of the next level.")
  private boolean folders;

  @Mixin private KeyFilter filter = new KeyFilter();
  @Mixin private StoreOptions options = new StoreOptions();

  private static final class Sum {
    private long byteSize;
    private long count;

    void add(long bytes) {
      byteSize += bytes;
      count++;
    }
  }

  private long unreadableCount;

  private Du() {}

  @Override
  StoreOptions options() {
    return options;
  }

  @Override
  void run(Stores stores, Map<String, String> variables)
      throws IOException, CommandFailedException {
    Sum total = new Sum();
    for (Source source : sources) {
      Sum sum = sum(stores, variables, source);
      total.byteSize += sum.byteSize;
      total.count += sum.count;
    }
    if (sources.size() > 1) {
      print("total", total);
    }
    if (unreadableCount > 0) {
      throw new CommandFailedException(
          Quantities.count(unreadableCount, "folder")
              + " can't be read: the totals are incomplete");
    }
  }

  private Sum sum(Stores stores, Map<String, String> variables, Source source)
      throws IOException, CommandFailedException {
    Sum sum = new Sum();
    Map<String, Sum> byFolder = new TreeMap<>();
    ObjectUri folder = source.location().asFolder();
    Listing.walk(
        stores,
        variables,
        source,
        true,
        filter,
        objects -> {
          for (ObjectInfo info : objects) {
            sum.add(info.byteSize());
            int slash = info.key().indexOf('/', folder.key().length());
            if (folders && slash >= 0) {
              byFolder
                  .computeIfAbsent(info.key().substring(0, slash + 1), key -> new Sum())
                  .add(info.byteSize());
            }
          }
        },
        failure -> {
          unreadableCount++;
          complain(failure);
        });
    if (sum.count == 0 && !folder.key().isEmpty() && !Targets.isDirectory(folder)) {
      return sumOfOne(stores, variables, source);
    }
    byFolder.forEach((key, some) -> print(folder.withKey(key).toString(), some));
    print(source.toString(), sum);
    return sum;
  }

  /** Nothing lies below: it may be the name of an object. */
  private Sum sumOfOne(Stores stores, Map<String, String> variables, Source source)
      throws IOException, CommandFailedException {
    ObjectUri location = source.location();
    if (source.pattern().isPresent() || location.isFolder() || filter.isActive()) {
      throw new CommandFailedException(
          source + (source.pattern().isPresent() ? ": nothing matches" : ": nothing there"));
    }
    Sum sum = new Sum();
    sum.add(stores.of(location, variables).head(location.key()).byteSize());
    print(location.toString(), sum);
    return sum;
  }

  private void print(String what, Sum sum) {
    output.line(
        out(),
        String.format(
            Locale.ROOT,
            "%10s  %10s  %s",
            Quantities.byteSize(sum.byteSize),
            Quantities.count(sum.count, "object"),
            Printable.of(what)),
        new JsonObject().with("uri", what).with("objects", sum.count).with("bytes", sum.byteSize));
  }
}
