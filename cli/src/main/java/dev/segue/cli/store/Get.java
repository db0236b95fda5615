package dev.segue.cli.store;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.terminal.Watch;
import dev.segue.objectstore.ObjectInfo;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Reads an object into a file or to the standard output. */
@Command(
    name = "get",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Reads an object into a file, or to the standard output.",
      "The file has a hidden name until it is whole. See docs/cli.md for how URIs are written.",
      ""
    })
public final class Get extends StoreCommand {
  @Parameters(
      index = "0",
      paramLabel = "URI",
      converter = Location.class,
      description = "The object.")
  private ObjectUri from = ObjectUri.NONE;

  @Parameters(
      index = "1",
      paramLabel = "FILE",
      arity = "0..1",
      defaultValue = ".",
      description = "A file, a directory (default: the current one), or - for the standard output.")
  private String file = ".";

  @Option(
      names = "--resume",
      description =
          "Keep what was read if this is interrupted, and go on from there the next time.")
  private boolean resume;

  private Get() {}

  @Override
  StoreOptions.Direction direction() {
    return StoreOptions.Direction.READ;
  }

  @Override
  void run(Stores stores, Map<String, String> variables)
      throws IOException, CommandFailedException {
    if (from.isFolder()) {
      throw usage(from + " names no object; cp --recursive copies what lies below it");
    }
    if (file.equals("-")) {
      Cat.write(stores, variables, from, Output.standard());
      return;
    }
    if (file.matches("[A-Za-z][A-Za-z0-9+.-]+:.*")) {
      throw usage("get reads into a file, and " + file + " is none; cp copies from store to store");
    }
    ObjectUri to = Targets.of(from, ObjectUri.parse(file));
    Watch watch = new Watch();
    long resumed;
    ObjectInfo read;
    try (Meter meter = meter()) {
      ObjectCopy copy = new ObjectCopy(stores, variables, meter, journals());
      ObjectInfo info = copy.head(from);
      meter.expect(info.byteSize());
      ObjectInfo _ = copy.copy(from, info, to);
      read = info;
      resumed = meter.resumedByteSize();
    }
    output.print(out(), Outcome.ofOne(this, from.toString(), to.toString(), read, resumed, watch));
  }

  private Optional<Journals> journals() {
    return resume ? Optional.of(Journals.ofUser()) : Optional.empty();
  }
}
