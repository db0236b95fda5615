package dev.segue.cli.store;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.terminal.Watch;
import dev.segue.objectstore.ObjectInfo;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Reads an object into a file or to the standard output. */
@Command(
    name = "get",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Reads an object into a file, or to the standard output.",
      "The file has a hidden name until it is complete. See docs/cli.md for the syntax of URIs.",
      ""
    })
public final class Get extends StoreCommand {
  @Parameters(
      index = "0",
      paramLabel = "URI",
      converter = Source.Converter.class,
      description = "The object.")
  private Source source = Source.NONE;

  @Parameters(
      index = "1",
      paramLabel = "FILE",
      arity = "0..1",
      defaultValue = ".",
      description = "A file, a directory (default: the current one), or - for the standard output.")
  private String file = ".";

  @Option(
      names = "--resume",
      description = "If interrupted, keep what was read and continue from there next time.")
  private boolean resume;

  @Option(names = "--no-clobber", description = "Keep a file that already exists.")
  private boolean noClobber;

  @Option(
      names = "--times",
      description =
          "Set the file's time to the one stored with the object (mtime), at one more request"
              + " (default: the object's own time).")
  private boolean times;

  @Mixin private DownloadOptions options = new DownloadOptions();

  private Get() {}

  @Override
  StoreOptions options() {
    return options;
  }

  @Override
  void run(Stores stores, Map<String, String> variables)
      throws IOException, CommandFailedException {
    ObjectUri from = source.location();
    if (source.isPattern()) {
      throw usage(
          source + ": get reads one object, cp all that match; a * in a name is written %2A");
    }
    if (from.isFolder()) {
      throw usage(from + " names no object; cp --recursive copies what lies below it");
    }
    Watch watch = new Watch();
    if (file.equals("-")) {
      writesBytes();
      Printed printed = new Printed();
      try (Meter meter = new Meter(Printed.progress(output, err()), spec.name())) {
        printed.add(Printed.write(stores, variables, from, ByteRange.ALL, meter));
      }
      printed.report(this, from.toString(), watch);
      return;
    }
    if (file.matches("[A-Za-z][A-Za-z0-9+.-]+:.*")) {
      throw usage(
          "get reads into a file, and " + file + " isn't one; cp copies from store to store");
    }
    ObjectUri to = Targets.of(from, ObjectUri.parse(file));
    goesTo(to);
    boolean replaces = Targets.isRegularFile(to);
    Outcome outcome;
    try (Meter meter = meter()) {
      ObjectCopy copy =
          new ObjectCopy(stores, variables, meter, CopyRules.of(noClobber, times, resume));
      ObjectInfo info = copy.head(from);
      meter.expect(info.byteSize());
      CopyTask task =
          new CopyTask(copy, new Skipping(noClobber, false), false, false, stores, output, out());
      Optional<ObjectInfo> read = task.run(from, info, to);
      outcome =
          read.isEmpty()
              ? Outcome.ofSkipped(this, from.toString(), to.toString(), watch)
              : Outcome.ofOne(
                  this,
                  from.toString(),
                  to.toString(),
                  info,
                  meter.resumedByteSize(),
                  replaces,
                  watch);
    }
    print(outcome);
  }
}
