package dev.segue.cli.zenoh;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.store.DownloadOptions;
import dev.segue.cli.store.ObjectUri;
import dev.segue.cli.store.Stores;
import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.Printable;
import dev.segue.cli.terminal.Quantities;
import dev.segue.objectstore.ByteSizes;
import dev.segue.objectstore.ObjectStore;
import dev.segue.recording.RecordingStorage;
import dev.segue.recording.StorageOptions;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ShmPool;
import dev.segue.zenoh.ZenohException;
import java.io.IOException;
import java.nio.file.Files;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Answers queries out of recordings. */
@Command(
    name = "storage",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Answers queries out of recordings (MCAP) until Ctrl-C: segue query 'robot/log?_time=[now(-1h)..]' gets"
          + " what was recorded in that time, segue query robot/log the newest.",
      ""
    })
public final class StorageCommand extends NetworkCommand {
  @Parameters(index = "0", paramLabel = "KEYEXPR", description = "Keys to answer for: robot/**.")
  private String keyExpr = "";

  @Parameters(
      index = "1",
      paramLabel = "URI",
      converter = ObjectUri.Converter.class,
      description =
          "A recording, s3://bucket/drive.mcap or a path; or a folder with a slash at its end, whose"
              + " recordings (*.mcap) are served, those that come later as well.")
  private ObjectUri uri = ObjectUri.NONE;

  @Option(
      names = "--prefix",
      paramLabel = "KEY",
      description = "Prefix for the recorded keys (default: none).")
  private String prefix = "";

  @Option(
      names = "--jobs",
      paramLabel = "COUNT",
      defaultValue = "2",
      description = "Queries that are answered at a time; others wait (default: ${DEFAULT-VALUE}).")
  private int jobs;

  @Option(
      names = "--shm",
      paramLabel = "SIZE",
      defaultValue = "64MiB",
      description =
          "Size of the shared memory that large payloads are read to; 0: none (default:"
              + " ${DEFAULT-VALUE}).")
  private String sharedMemory = "";

  @Mixin private DownloadOptions storeOptions = new DownloadOptions();

  private RecordingStorage.Counts counts = new RecordingStorage.Counts(0, 0, 0, 0);

  private StorageCommand() {}

  private StorageOptions options() {
    return StorageOptions.defaults().keyPrefix(prefix).jobs(jobs);
  }

  @Override
  void check() {
    KeyExpr.of(keyExpr);
    options();
    ByteSizes.parse(sharedMemory);
  }

  @Override
  void run(Session session)
      throws IOException, ZenohException, CommandFailedException, InterruptedException {
    boolean isFolder = uri.isFolder() || (uri.isLocal() && Files.isDirectory(uri.path()));
    String key = isFolder && !uri.isFolder() ? uri.key() + "/" : uri.key();
    try (Stores stores = new Stores(storeOptions)) {
      ObjectStore store = stores.of(uri, storeOptions.variables());
      if (!isFolder) {
        store.head(key);
      }
      long poolByteSize = ByteSizes.parse(sharedMemory);
      if (poolByteSize == 0) {
        serve(session, store, key, options());
      } else {
        try (ShmPool pool = ShmPool.create(poolByteSize)) {
          serve(session, store, key, options().loans(pool));
        }
      }
    }
  }

  private void serve(Session session, ObjectStore store, String key, StorageOptions options)
      throws ZenohException, InterruptedException {
    try (RecordingStorage storage =
        RecordingStorage.open(session, KeyExpr.of(keyExpr), store, key, options)) {
      say("answering for " + keyExpr + " out of " + Printable.of(uri.toString()));
      try {
        new CountDownLatch(1).await();
      } finally {
        counts = storage.counts();
      }
    }
  }

  @Override
  void finish() {
    print(
        "queries: "
            + counts.queryCount()
            + ", "
            + Quantities.count(counts.replyCount(), "sample")
            + ", "
            + Quantities.byteSize(counts.payloadByteSize())
            + ", errors: "
            + counts.errorCount(),
        new JsonObject()
            .with("command", "storage")
            .with("queries", counts.queryCount())
            .with("samples", counts.replyCount())
            .with("bytes", counts.payloadByteSize())
            .with("errors", counts.errorCount()));
  }
}
