package dev.segue.cli.store;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of a store whose objects' bytes are moved. */
public abstract sealed class TransferOptions extends StoreOptions
    permits DownloadOptions, UploadOptions {
  @Option(
      names = "--connections",
      paramLabel = "COUNT",
      description = "Connections at most (SEGUE_HTTP_MAX_CONNS; default: 512).")
  private @Nullable String connections;

  @Option(
      names = "--threads",
      paramLabel = "COUNT",
      description =
          "I/O threads that are kept when idle (SEGUE_RT_THREADS; default: two for each core,"
              + " at least 8).")
  private @Nullable String threads;

  TransferOptions() {}

  @Override
  void putMore(Map<String, String> all) {
    put(all, "--connections", "SEGUE_HTTP_MAX_CONNS", connections);
    put(all, "--threads", "SEGUE_RT_THREADS", threads);
  }
}
