package dev.segue.cli.store;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of a store that is written. */
public final class UploadOptions extends TransferOptions {
  @Option(
      names = "--part-size",
      paramLabel = "SIZE",
      description =
          "Part of an upload; larger by itself where 10,000 parts are too few"
              + " (SEGUE_PUT_PART_SIZE; default: 8MiB).")
  private @Nullable String partSize;

  @Option(
      names = "--inflight",
      paramLabel = "COUNT",
      description =
          "Parts that are sent at a time (SEGUE_PUT_INFLIGHT; default: 8, of the standard input 2).")
  private @Nullable String inflight;

  @Option(
      names = "--checksums",
      paramLabel = "KIND",
      description =
          "What uploads carry: crc32c, crc64nvme or none (SEGUE_CHECKSUMS; default: crc32c).")
  private @Nullable String checksums;

  @Override
  void putMore(Map<String, String> all) {
    put(all, "--part-size", "SEGUE_PUT_PART_SIZE", partSize);
    put(all, "--inflight", "SEGUE_PUT_INFLIGHT", inflight);
    put(all, "--checksums", "SEGUE_CHECKSUMS", checksums);
    super.putMore(all);
  }
}
