package dev.segue.cli.store;

import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.Printable;
import dev.segue.cli.terminal.Quantities;
import dev.segue.objectstore.ObjectInfo;
import java.io.IOException;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Tells an object's size, version and time. */
@Command(
    name = "stat",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {"Tells an object's size, version and time of change.", ""})
public final class Stat extends StoreCommand {
  @Parameters(paramLabel = "URI", converter = Location.class, description = "The object.")
  private ObjectUri location = ObjectUri.NONE;

  private Stat() {}

  @Override
  StoreOptions.Direction direction() {
    return StoreOptions.Direction.READ;
  }

  @Override
  void run(Stores stores, Map<String, String> variables) throws IOException {
    if (Targets.isFolder(location)) {
      throw usage(location + " names no object; ls lists what lies below it");
    }
    ObjectInfo info = stores.of(location, variables).head(location.key());
    if (output.json()) {
      out().println(json(location, info));
      return;
    }
    out().println("object    " + Printable.of(location.toString()));
    out()
        .println(
            "size      " + info.byteSize() + " B (" + Quantities.byteSize(info.byteSize()) + ")");
    out().println("modified  " + info.lastModified());
    out().println("etag      " + info.etag());
  }

  static String json(ObjectUri location, ObjectInfo info) {
    return new JsonObject()
        .with("uri", location.toString())
        .with("bytes", info.byteSize())
        .with("modified", info.lastModified().toString())
        .with("etag", info.etag())
        .toString();
  }
}
