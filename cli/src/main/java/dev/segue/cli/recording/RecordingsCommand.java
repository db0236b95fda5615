package dev.segue.cli.recording;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.store.Interruption;
import dev.segue.cli.store.ObjectUri;
import dev.segue.cli.store.StoreOptions;
import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.Quantities;
import dev.segue.objectstore.ObjectReader;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.StoreSettings;
import dev.segue.recording.Rewriting;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What these commands have in common: stores, faults in one line. */
abstract class RecordingsCommand implements Callable<Integer> {
  private static final int INTERRUPTED = 130;
  private static final long NANOS = 1_000_000_000L;

  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin StoreOptions storeOptions = new StoreOptions();

  @Option(
      names = "--json",
      description = "Print what was found or done as JSON, one object in each line.")
  private boolean json;

  /** Does the work. */
  abstract void run() throws IOException, CommandFailedException, InterruptedException;

  @Override
  public final Integer call() throws CommandFailedException {
    try (Interruption interruption = new Interruption()) {
      try {
        run();
        return 0;
      } catch (InterruptedException e) {
        return INTERRUPTED;
      } catch (IOException e) {
        if (interruption.isRequested()) {
          return INTERRUPTED;
        }
        throw new CommandFailedException(e.getMessage() == null ? e.toString() : e.getMessage(), e);
      } catch (IllegalArgumentException e) {
        throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
      } finally {
        spec.commandLine().getOut().flush();
      }
    }
  }

  ObjectStore open(ObjectUri uri) throws IOException {
    return ObjectStore.open(
        uri.storeUri(), StoreSettings.of(storeOptions.variables(StoreOptions.Direction.BOTH)));
  }

  void print(String text, JsonObject object) {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(object);
    } else {
      out.println(text);
    }
    out.flush();
  }

  void say(String text) {
    PrintWriter err = spec.commandLine().getErr();
    err.println(spec.qualifiedName() + ": " + text);
    err.flush();
  }

  static String time(long nanos) {
    return Instant.ofEpochSecond(Math.floorDiv(nanos, NANOS), Math.floorMod(nanos, NANOS))
        .toString();
  }

  /** Writes recordings as one, and says what it has. */
  void rewrite(List<ObjectUri> from, ObjectUri to, Rewriting rewriting)
      throws IOException, CommandFailedException {
    if (from.contains(to)) {
      throw new IllegalArgumentException(to + ": a recording can't be written over itself");
    }
    Rewriting.Result result;
    try (ObjectStore target = open(to)) {
      if (target.exists(to.key())) {
        throw new CommandFailedException(to + ": it is there already, and is not replaced");
      }
      Map<String, ObjectReader> sources = new LinkedHashMap<>();
      Map<String, ObjectStore> stores = new LinkedHashMap<>();
      try (var writer = target.write(to.key())) {
        for (ObjectUri uri : from) {
          ObjectStore store = stores.get(uri.storeUri());
          if (store == null) {
            store = open(uri);
            stores.put(uri.storeUri(), store);
          }
          sources.put(uri.toString(), store.read(uri.key()));
        }
        result = rewriting.write(sources, writer);
      } finally {
        sources.values().forEach(ObjectReader::close);
        stores.values().forEach(ObjectStore::close);
      }
    }
    result.truncations().forEach((name, where) -> say(name + ": " + where));
    long byteSize;
    try (ObjectStore target = open(to)) {
      byteSize = target.head(to.key()).byteSize();
    }
    print(
        String.format(
            Locale.ROOT,
            "%s: %d messages in %d channels, %s",
            to,
            result.statistics().messageCount(),
            result.statistics().channelCount(),
            Quantities.byteSize(byteSize)),
        new JsonObject()
            .with("command", spec.name())
            .with("to", to.toString())
            .with("messages", result.statistics().messageCount())
            .with("channels", result.statistics().channelCount())
            .with("bytes", byteSize)
            .with("truncated", result.truncations().size()));
  }
}
