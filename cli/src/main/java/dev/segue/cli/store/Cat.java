package dev.segue.cli.store;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.terminal.StandardInput;
import dev.segue.cli.terminal.Watch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes objects to the standard output, one after the other. */
@Command(
    name = "cat",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {"Writes objects to the standard output, one after the other.", ""})
public final class Cat extends StoreCommand {
  @Parameters(
      paramLabel = "URI",
      arity = "1..*",
      converter = Source.Converter.class,
      description = "The objects, also as names with wildcards: 's3://b/log-*.txt'.")
  private List<Source> sources = List.of();

  @Option(
      names = "--range",
      paramLabel = "A-B",
      converter = ByteRange.Converter.class,
      description =
          "Only the bytes from A to B of each, both included, counted from 0; A- for all from A on, -N for the last N.")
  private ByteRange range = ByteRange.ALL;

  @Mixin private DownloadOptions options = new DownloadOptions();

  private Cat() {}

  @Override
  StoreOptions options() {
    return options;
  }

  @Override
  void run(Stores stores, Map<String, String> variables)
      throws IOException, CommandFailedException {
    for (Source source : sources) {
      if (source.pattern().isEmpty() && source.location().isFolder()) {
        throw usage(source + " names no object");
      }
    }
    writesBytes();
    Watch watch = new Watch();
    Printed printed = new Printed();
    try (Meter meter = new Meter(Printed.progress(output, err()), spec.name())) {
      for (Source source : sources) {
        for (ObjectUri each : objects(stores, variables, source)) {
          if (each.isLocal()) {
            StandardInput.check(each.path());
          }
          printed.add(Printed.write(stores, variables, each, range, meter));
        }
      }
    }
    printed.report(this, sources.size() == 1 ? sources.getFirst().toString() : "", watch);
  }

  private static List<ObjectUri> objects(
      Stores stores, Map<String, String> variables, Source source)
      throws IOException, CommandFailedException {
    ObjectUri location = source.location();
    if (source.pattern().isEmpty()) {
      return List.of(location);
    }
    List<ObjectUri> all = new ArrayList<>();
    Listing.walk(
        stores,
        variables,
        source,
        false,
        new KeyFilter(),
        objects -> objects.forEach(info -> all.add(location.withKey(info.key()))),
        failure -> {
          throw failure;
        });
    if (all.isEmpty()) {
      throw new CommandFailedException(source + ": nothing matches");
    }
    return all;
  }
}
