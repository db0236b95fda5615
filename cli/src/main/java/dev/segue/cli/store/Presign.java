package dev.segue.cli.store;

import dev.segue.cli.terminal.JsonObject;
import dev.segue.objectstore.ObjectStore;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes a URL that lets others read or write an object for a while. */
@Command(
    name = "presign",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Makes a URL that lets anyone read an object, or write it, for a limited time.",
      ""
    })
public final class Presign extends StoreCommand {
  private static final Duration LONGEST = Duration.ofDays(7);

  @Parameters(
      paramLabel = "URI",
      converter = ObjectUri.Converter.class,
      description = "The object.")
  private ObjectUri location = ObjectUri.NONE;

  @Option(names = "--put", description = "Make a URL for writing, not for reading.")
  private boolean put;

  @Option(
      names = "--expires",
      paramLabel = "TIME",
      defaultValue = "1h",
      description = "How long it is valid: 30s, 15m, 1h, at most 7d (default: ${DEFAULT-VALUE}).")
  private String expires = "1h";

  @Mixin private StoreOptions options = new StoreOptions();

  private Presign() {}

  @Override
  StoreOptions options() {
    return options;
  }

  @Override
  void run(Stores stores, Map<String, String> variables) throws IOException {
    Duration validity = Duration.ofMillis(StoreOptions.millis(spec, "--expires", expires));
    if (validity.toSeconds() < 1 || validity.compareTo(LONGEST) > 0) {
      throw usage("--expires " + expires + ": from 1s to 7d");
    }
    if (location.isFolder()) {
      throw usage(location + " names no object");
    }
    ObjectStore store = stores.of(location, variables);
    URI url =
        put
            ? store.presignPut(location.key(), validity)
            : store.presignGet(location.key(), validity);
    output.result(
        out(),
        url.toString(),
        new JsonObject()
            .with("uri", location.toString())
            .with("method", put ? "PUT" : "GET")
            .with("expiresSeconds", validity.toSeconds())
            .with("url", url.toString()));
  }
}
