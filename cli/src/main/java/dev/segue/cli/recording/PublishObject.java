package dev.segue.cli.recording;

import dev.segue.bytes.LoanPool;
import dev.segue.bytes.OffHeapPool;
import dev.segue.cli.CommandFailedException;
import dev.segue.cli.store.ByteRange;
import dev.segue.cli.store.DownloadOptions;
import dev.segue.cli.store.ObjectUri;
import dev.segue.cli.store.StoreOptions;
import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.Quantities;
import dev.segue.cli.terminal.Watch;
import dev.segue.objectstore.ByteSizes;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectReader;
import dev.segue.objectstore.ObjectStore;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ShmPool;
import dev.segue.zenoh.ZenohException;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Publishes an object, chunk by chunk. */
@Command(
    name = "publish-object",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Publishes an object, or a range of it, as samples of one chunk each.",
      "With --shm the chunks are read straight into shared memory and go to other processes from there.",
      ""
    })
public final class PublishObject extends TopicCommand {
  private static final int CHUNKS_AHEAD = 16;

  @Parameters(
      index = "0",
      paramLabel = "URI",
      converter = ObjectUri.Converter.class,
      description = "The object: s3://bucket/key, or a path.")
  private ObjectUri from = ObjectUri.NONE;

  @Parameters(index = "1", paramLabel = "KEY", description = "Key to publish on.")
  private String key = "";

  @Option(
      names = "--range",
      paramLabel = "A-B",
      converter = ByteRange.Converter.class,
      description = "Byte range to publish: 0-99, 100-, -100.")
  private ByteRange range = ByteRange.ALL;

  @Option(
      names = "--chunk",
      paramLabel = "SIZE",
      defaultValue = "1MiB",
      description = "Size of a sample (default: ${DEFAULT-VALUE}).")
  private String chunk = "";

  @Option(
      names = "--shm",
      paramLabel = "SIZE",
      arity = "0..1",
      fallbackValue = "0",
      description =
          "Publish from shared memory of this size (default without SIZE: 16 chunks; without the option:"
              + " none).")
  private @Nullable String sharedMemory;

  @Option(
      names = "--encoding",
      paramLabel = "TEXT",
      defaultValue = "zenoh/bytes",
      description = "Encoding of the samples (default: ${DEFAULT-VALUE}).")
  private String encoding = "";

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      defaultValue = "3",
      description =
          "Time to wait for a subscriber; fails if none appears (default: ${DEFAULT-VALUE}).")
  private double wait;

  @Mixin private DownloadOptions storeOptions = new DownloadOptions();

  private PublishObject() {}

  @Override
  StoreOptions storeOptions() {
    return storeOptions;
  }

  @Override
  ObjectUri object() {
    return from;
  }

  @Override
  void check(ObjectStore store) throws IOException {
    if (ByteSizes.parse(chunk) <= 0) {
      throw new IllegalArgumentException("--chunk " + chunk + ": positive");
    }
    if (KeyExpr.of(key).isWild()) {
      throw new IllegalArgumentException(
          "KEY " + key + ": a key without wildcards; it would go to all keys that match");
    }
    store.head(from.key());
  }

  @Override
  void run(Session session, ObjectStore store)
      throws IOException, ZenohException, CommandFailedException, InterruptedException {
    long chunkByteSize = ByteSizes.parse(chunk);
    long ahead = Math.multiplyExact(CHUNKS_AHEAD, chunkByteSize);
    long shared = sharedMemory == null ? 0 : ByteSizes.parse(sharedMemory);
    long poolByteSize = shared == 0 ? ahead : shared;
    if (poolByteSize < chunkByteSize) {
      throw new IllegalArgumentException(
          "--shm " + sharedMemory + ": it has no room for a chunk of " + chunk);
    }
    PublisherOptions options = PublisherOptions.blocking().encoding(new Encoding(encoding));
    try (Publisher publisher = session.declarePublisher(KeyExpr.of(key), options)) {
      if (!publisher.awaitMatchingSubscribers(Duration.ofNanos((long) (wait * 1e9)))) {
        throw new CommandFailedException(
            "nobody subscribes to " + key + " within " + Quantities.seconds(wait));
      }
      if (sharedMemory != null) {
        try (ShmPool pool = ShmPool.create(poolByteSize)) {
          publish(store, publisher, pool, chunkByteSize);
          awaitDelivery(pool);
        }
      } else {
        try (OffHeapPool pool = new OffHeapPool(poolByteSize)) {
          publish(store, publisher, pool, chunkByteSize);
        }
      }
    }
  }

  private void publish(ObjectStore store, Publisher publisher, LoanPool pool, long chunkByteSize)
      throws IOException, CommandFailedException {
    Watch watch = new Watch();
    ObjectInfo found = store.head(from.key());
    ByteRange.Span span = range.of(from, found.byteSize());
    long byteSize;
    try (ObjectReader reader =
        store.read(from.key(), pool, span.byteOffset(), span.byteSize(), chunkByteSize)) {
      if (!reader.info().isSameVersion(found)) {
        throw new CommandFailedException(
            from + " was replaced since its size was asked for: nothing was published, try again");
      }
      byteSize = reader.pipeTo(publisher.asSink());
    }
    long count = Math.ceilDiv(byteSize, chunkByteSize);
    long copied = watch.copies().totalByteCount();
    double seconds = watch.seconds();
    print(
        String.format(
            Locale.ROOT,
            "%s → %s: %d samples, %s, %s copied, in %s",
            from,
            key,
            count,
            Quantities.byteSize(byteSize),
            Quantities.byteSize(copied),
            Quantities.seconds(seconds)),
        new JsonObject()
            .with("command", "publish-object")
            .with("from", from.toString())
            .with("to", key)
            .with("messages", count)
            .with("bytes", byteSize)
            .with("copiedBytes", copied)
            .with("seconds", seconds));
  }
}
