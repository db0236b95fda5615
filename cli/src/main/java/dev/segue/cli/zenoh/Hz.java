package dev.segue.cli.zenoh;

import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.Quantities;
import dev.segue.zenoh.ReceivedSample;
import java.util.Locale;
import java.util.OptionalLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Measures how often samples come. */
@Command(
    name = "hz",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Prints the rate of samples and percentiles of the gaps between them, every second. A"
          + " sample's time is when this process received it; above a few thousand samples per"
          + " second it receives several at once. With --field, the time is that of a field of"
          + " the message.",
      ""
    })
public final class Hz extends RateCommand {
  @Mixin private StampOption stamp = new StampOption();

  private final Durations intervals = new Durations();
  private long count;
  private long unstampedCount;
  private long last;
  private boolean hasLast;

  private Hz() {}

  @Override
  StampOption stamp() {
    return stamp;
  }

  @Override
  void measure(ReceivedSample sample, long nanoTime) {
    count++;
    OptionalLong time = stamp.isGiven() ? stamp.nanosOf(sample) : OptionalLong.of(nanoTime);
    if (time.isEmpty()) {
      unstampedCount++;
      return;
    }
    if (hasLast) {
      intervals.add(StampOption.between(last, time.getAsLong()));
    }
    last = time.getAsLong();
    hasLast = true;
  }

  @Override
  String line(double seconds, JsonObject json) {
    double rate = count / seconds;
    json.with("rate", rate).with("messages", count);
    String line =
        String.format(
            Locale.ROOT,
            "%.1f /s  %s  between them %s",
            rate,
            Quantities.count(count, "sample"),
            intervals.takePercentiles(json));
    if (stamp.isGiven()) {
      json.with("withoutField", unstampedCount);
      line += unstampedCount == 0 ? "" : "  without the field " + unstampedCount;
    }
    count = 0;
    unstampedCount = 0;
    return line;
  }
}
