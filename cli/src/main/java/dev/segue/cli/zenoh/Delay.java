package dev.segue.cli.zenoh;

import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.Quantities;
import dev.segue.zenoh.ReceivedSample;
import dev.segue.zenoh.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.OptionalLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Measures how old samples are when they come. */
@Command(
    name = "delay",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Prints percentiles of the samples' age on arrival, every second: this machine's clock"
          + " minus their timestamp, so the clocks of different machines must agree. Publishers"
          + " set timestamps"
          + " when their configuration has timestamping enabled; routers add them. With --field,"
          + " the clock minus a field of the message, counted from 1970.",
      ""
    })
public final class Delay extends RateCommand {
  @Mixin private StampOption stamp = new StampOption();

  private final Durations ages = new Durations();
  private long count;
  private long unstampedCount;

  private Delay() {}

  @Override
  StampOption stamp() {
    return stamp;
  }

  @Override
  void measure(ReceivedSample sample, long nanoTime) {
    OptionalLong age = stamp.isGiven() ? ageByField(sample) : ageByTimestamp(sample);
    if (age.isPresent()) {
      ages.add(age.getAsLong());
      count++;
    } else {
      unstampedCount++;
    }
  }

  private static OptionalLong ageByTimestamp(ReceivedSample sample) {
    Optional<Timestamp> timestamp = sample.timestamp();
    return timestamp.isPresent()
        ? OptionalLong.of(Duration.between(timestamp.get().toInstant(), Instant.now()).toNanos())
        : OptionalLong.empty();
  }

  private OptionalLong ageByField(ReceivedSample sample) {
    long now = ChronoUnit.NANOS.between(Instant.EPOCH, Instant.now());
    OptionalLong time = stamp.nanosOf(sample);
    return time.isPresent()
        ? OptionalLong.of(StampOption.between(time.getAsLong(), now))
        : OptionalLong.empty();
  }

  @Override
  String line(double seconds, JsonObject json) {
    json.with("messages", count)
        .with(stamp.isGiven() ? "withoutField" : "withoutTimestamp", unstampedCount);
    String line =
        Quantities.count(count, "sample")
            + "  "
            + ages.takePercentiles(json)
            + (unstampedCount == 0
                ? ""
                : (stamp.isGiven() ? "  without the field " : "  without a timestamp ")
                    + unstampedCount);
    count = 0;
    unstampedCount = 0;
    return line;
  }
}
