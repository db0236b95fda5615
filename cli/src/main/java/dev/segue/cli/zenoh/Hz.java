package dev.segue.cli.zenoh;

import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.Quantities;
import dev.segue.zenoh.Sample;
import java.util.Locale;
import picocli.CommandLine.Command;

/** Measures how often samples come. */
@Command(
    name = "hz",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Prints each second how many samples came, and percentiles of the times between them. A sample's time"
          + " is when this process took it: of samples that come faster than some thousand per second,"
          + " it takes several at once.",
      ""
    })
public final class Hz extends RateCommand {
  private final Durations intervals = new Durations();
  private long count;
  private long last;
  private boolean hasLast;

  private Hz() {}

  @Override
  void measure(Sample sample, long nanoTime) {
    if (hasLast) {
      intervals.add(nanoTime - last);
    }
    last = nanoTime;
    hasLast = true;
    count++;
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
    count = 0;
    return line;
  }
}
