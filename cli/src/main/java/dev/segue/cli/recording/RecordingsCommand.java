package dev.segue.cli.recording;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.SegueCommand;
import dev.segue.cli.store.ObjectUri;
import dev.segue.cli.store.StoreOptions;
import dev.segue.cli.store.Stores;
import dev.segue.cli.store.Streams;
import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.Printable;
import dev.segue.cli.terminal.Quantities;
import dev.segue.mcap.McapFormatException;
import dev.segue.mcap.McapSummary;
import dev.segue.objectstore.ObjectReader;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.WriteOptions;
import dev.segue.recording.Player;
import dev.segue.recording.Rewriting;
import java.io.IOException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The base of commands that inspect and rewrite recordings. */
abstract class RecordingsCommand extends SegueCommand {
  private static final long NANOS = 1_000_000_000L;

  /** Returns what the options say of stores. */
  abstract StoreOptions storeOptions();

  /** Does the work. */
  abstract void run(Stores stores) throws IOException, CommandFailedException, InterruptedException;

  @Override
  protected final void work() throws IOException, CommandFailedException, InterruptedException {
    try (Stores stores = new Stores(storeOptions())) {
      run(stores);
    }
  }

  final ObjectStore store(Stores stores, ObjectUri uri) throws IOException {
    return stores.of(uri, storeOptions().variables());
  }

  /** The summary of a recording, if it has one; a damaged one is a fault that names it. */
  static Optional<McapSummary> summary(ObjectStore store, ObjectUri uri)
      throws IOException, CommandFailedException {
    if (uri.isFolder()) {
      throw new IllegalArgumentException(uri + ": it names no recording");
    }
    try {
      return Player.readSummary(store, uri.key());
    } catch (McapFormatException e) {
      throw new CommandFailedException(uri + ": " + e.getMessage(), e);
    }
  }

  static String time(long nanos) {
    return Instant.ofEpochSecond(Math.floorDiv(nanos, NANOS), Math.floorMod(nanos, NANOS))
        .toString();
  }

  final void complain(String text) {
    err().println(Printable.of(spec.qualifiedName() + ": " + text));
    err().flush();
  }

  /** Writes recordings as one, and says what it has. */
  final void rewrite(Stores stores, List<ObjectUri> from, ObjectUri to, Rewriting rewriting)
      throws IOException, CommandFailedException {
    if (from.contains(to)) {
      throw new IllegalArgumentException(to + ": a recording can't be written over itself");
    }
    if (to.isFolder()) {
      throw new IllegalArgumentException(to + ": the new recording needs a name");
    }
    if (Streams.isStandardOutput(to)) {
      writesBytes();
    }
    Rewriting.Result result;
    long byteSize;
    ObjectStore target = store(stores, to);
    boolean isStream = Streams.isStream(to);
    if (!isStream && target.exists(to.key())) {
      throw isThere(to);
    }
    Map<String, ObjectReader> sources = new LinkedHashMap<>();
    try {
      for (ObjectUri uri : from) {
        if (sources.containsKey(uri.toString())) {
          throw new IllegalArgumentException(uri + ": it is named twice");
        }
        sources.put(uri.toString(), store(stores, uri).read(uri.key()));
      }
      WriteOptions options = isStream ? WriteOptions.NONE : WriteOptions.NONE.ifAbsent();
      try (var writer = target.write(to.key(), options)) {
        result = rewriting.write(sources, writer);
        byteSize = writer.byteSize();
      }
    } catch (ObjectStoreException e) {
      if (e.reason() == ObjectStoreException.Reason.EXISTS) {
        throw isThere(to);
      }
      throw e;
    } finally {
      sources.values().forEach(ObjectReader::close);
    }
    result.truncations().forEach((name, where) -> complain(name + ": " + where));
    JsonObject json =
        new JsonObject()
            .with("command", spec.name())
            .with("to", to.toString())
            .with("messages", result.statistics().messageCount())
            .with("channels", result.statistics().channelCount())
            .with("attachments", result.statistics().attachmentCount())
            .with("metadata", result.statistics().metadataCount())
            .with("bytes", byteSize)
            .with("truncated", result.truncations().size());
    print(
        String.format(
            Locale.ROOT,
            "%s: %s in %s, %s",
            Printable.of(to.toString()),
            Quantities.count(result.statistics().messageCount(), "message"),
            Quantities.count(result.statistics().channelCount(), "channel"),
            Quantities.byteSize(byteSize)),
        json);
  }

  private static CommandFailedException isThere(ObjectUri to) {
    return new CommandFailedException(to + ": it is there already, and is not replaced");
  }
}
