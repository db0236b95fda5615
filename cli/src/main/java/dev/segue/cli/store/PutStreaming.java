package dev.segue.cli.store;

import dev.segue.cli.terminal.StandardInput;
import dev.segue.cli.terminal.Watch;
import dev.segue.objectstore.ObjectInfo;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes the standard input as an object, to its end. */
@Command(
    name = "put-streaming",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Writes standard input as an object, whatever its length.",
      "A part is sent as soon as it is full; memory use stays at two parts plus those being sent."
          + " It can't be resumed: what was read from a pipe is gone.",
      ""
    })
public final class PutStreaming extends StoreCommand {
  @Parameters(
      paramLabel = "URI",
      converter = ObjectUri.Converter.class,
      description = "The object.")
  private ObjectUri to = ObjectUri.NONE;

  @Option(
      names = "--no-clobber",
      description = "Fail if the object exists when the input ends; the store decides.")
  private boolean noClobber;

  @Mixin private UploadOptions options = new UploadOptions();

  private PutStreaming() {}

  @Override
  StoreOptions options() {
    return options;
  }

  @Override
  void run(Stores stores, Map<String, String> variables) throws IOException {
    if (Targets.isFolder(to)) {
      throw usage(to + " is a folder; the object needs a name");
    }
    goesTo(to);
    StandardInput.check();
    Watch watch = new Watch();
    ObjectInfo stored;
    try (Meter meter = meter();
        FileInputStream standard = new FileInputStream(FileDescriptor.in);
        FileChannel input = standard.getChannel()) {
      stored =
          new ObjectCopy(stores, variables, meter, CopyRules.of(noClobber, false, false))
              .sendChannel(input, to);
    }
    print(Outcome.ofOne(this, "-", to.toString(), stored, 0, false, watch));
  }
}
