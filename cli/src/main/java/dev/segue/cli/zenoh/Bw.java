package dev.segue.cli.zenoh;

import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.Quantities;
import dev.segue.zenoh.ReceivedSample;
import picocli.CommandLine.Command;

/** Measures how many bytes come. */
@Command(
    name = "bw",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {"Prints the bandwidth of payloads and the sizes of samples, every second.", ""})
public final class Bw extends RateCommand {
  private long count;
  private long byteSize;
  private long smallest = Long.MAX_VALUE;
  private long largest;
  private long shared;

  private Bw() {}

  @Override
  void measure(ReceivedSample sample, long nanoTime) {
    long size = sample.payloadByteSize();
    count++;
    byteSize += size;
    smallest = Math.min(smallest, size);
    largest = Math.max(largest, size);
    shared += sample.isSharedMemory() ? 1 : 0;
  }

  @Override
  String line(double seconds, JsonObject json) {
    long least = count == 0 ? 0 : smallest;
    long mean = count == 0 ? 0 : byteSize / count;
    json.with("bytesPerSecond", byteSize / seconds)
        .with("bytes", byteSize)
        .with("messages", count)
        .with("smallest", least)
        .with("mean", mean)
        .with("largest", largest)
        .with("sharedMemory", shared);
    String line =
        Quantities.rate(byteSize / seconds)
            + "  "
            + Quantities.count(count, "sample")
            + "  smallest "
            + Quantities.byteSize(least)
            + "  mean "
            + Quantities.byteSize(mean)
            + "  largest "
            + Quantities.byteSize(largest)
            + (shared == 0 ? "" : "  in shared memory " + shared);
    count = 0;
    byteSize = 0;
    smallest = Long.MAX_VALUE;
    largest = 0;
    shared = 0;
    return line;
  }
}
