package dev.segue.cli.store;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of a store that is read. */
public final class DownloadOptions extends TransferOptions {
  @Option(
      names = "--part-size",
      paramLabel = "SIZE",
      description = "Range of one request (SEGUE_GET_PART_SIZE; default: 4MiB).")
  private @Nullable String partSize;

  @Option(
      names = "--inflight",
      paramLabel = "COUNT",
      description = "Ranges that are read at a time (SEGUE_GET_INFLIGHT; default: 8).")
  private @Nullable String inflight;

  @Option(
      names = "--checksums",
      paramLabel = "KIND",
      description =
          "crc32c or crc64nvme: check what was stored with a checksum; none: don't"
              + " (SEGUE_CHECKSUMS; default: crc32c).")
  private @Nullable String checksums;

  @Override
  void putMore(Map<String, String> all) {
    put(all, "--part-size", "SEGUE_GET_PART_SIZE", partSize);
    put(all, "--inflight", "SEGUE_GET_INFLIGHT", inflight);
    put(all, "--checksums", "SEGUE_CHECKSUMS", checksums);
    super.putMore(all);
  }
}
