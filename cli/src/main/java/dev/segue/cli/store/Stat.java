package dev.segue.cli.store;

import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.Printable;
import dev.segue.cli.terminal.Quantities;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectMetadata;
import dev.segue.objectstore.ObjectStore;
import java.io.IOException;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Tells an object's size, version and time. */
@Command(
    name = "stat",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {"Shows an object's size, version, and time of change.", ""})
public final class Stat extends StoreCommand {
  @Parameters(
      paramLabel = "URI",
      converter = ObjectUri.Converter.class,
      description = "The object.")
  private ObjectUri location = ObjectUri.NONE;

  @Mixin private StoreOptions options = new StoreOptions();

  private Stat() {}

  @Override
  StoreOptions options() {
    return options;
  }

  @Override
  void run(Stores stores, Map<String, String> variables) throws IOException {
    if (Targets.isFolder(location)) {
      throw usage(location + " names no object; ls lists what lies below it");
    }
    ObjectStore store = stores.of(location, variables);
    ObjectInfo info = store.head(location.key());
    ObjectMetadata metadata = store.metadata(location.key());
    if (output.json()) {
      JsonObject json = fields(location, info).with("contentType", metadata.contentType());
      metadata.user().forEach((name, value) -> json.with("meta." + name, value));
      out().println(json);
      return;
    }
    if (output.quiet()) {
      return;
    }
    out().println("object    " + Printable.of(location.toString()));
    out()
        .println(
            "size      " + info.byteSize() + " B (" + Quantities.byteSize(info.byteSize()) + ")");
    out().println("modified  " + info.lastModified());
    out().println("etag      " + Printable.of(info.etag()));
    if (!metadata.contentType().isEmpty()) {
      out().println("type      " + Printable.of(metadata.contentType()));
    }
    metadata
        .user()
        .forEach((name, value) -> out().println(Printable.of("meta      " + name + "=" + value)));
  }

  static String json(ObjectUri location, ObjectInfo info) {
    return fields(location, info).toString();
  }

  private static JsonObject fields(ObjectUri location, ObjectInfo info) {
    return new JsonObject()
        .with("uri", location.toString())
        .with("bytes", info.byteSize())
        .with("modified", info.lastModified().toString())
        .with("etag", info.etag());
  }
}
