package dev.segue.cli.zenoh;

import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.Quantities;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import picocli.CommandLine.Command;

/** Measures how old samples are when they come. */
@Command(
    name = "delay",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Prints each second percentiles of how old the samples were when they came: this machine's clock less"
          + " their timestamp, so clocks of different machines must agree. Publishers set timestamps"
          + " when their configuration has timestamping enabled; routers add them.",
      ""
    })
public final class Delay extends RateCommand {
  private final Durations ages = new Durations();
  private long count;
  private long unstampedCount;

  private Delay() {}

  @Override
  void measure(Sample sample, long nanoTime) {
    Optional<Timestamp> timestamp = sample.timestamp();
    if (timestamp.isPresent()) {
      ages.add(Duration.between(timestamp.get().toInstant(), Instant.now()).toNanos());
      count++;
    } else {
      unstampedCount++;
    }
  }

  @Override
  String line(double seconds, JsonObject json) {
    json.with("messages", count).with("withoutTimestamp", unstampedCount);
    String line =
        Quantities.count(count, "sample")
            + "  "
            + ages.takePercentiles(json)
            + (unstampedCount == 0 ? "" : "  without a timestamp " + unstampedCount);
    count = 0;
    unstampedCount = 0;
    return line;
  }
}
