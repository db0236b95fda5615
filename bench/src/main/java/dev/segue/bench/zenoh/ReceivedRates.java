package dev.segue.bench.zenoh;

import dev.segue.bench.harness.Child;
import dev.segue.bench.harness.Rounds;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * The messages a second that a subscriber's process prints, each second one line, while a
 * publisher's process sends. One thread.
 */
final class ReceivedRates {
  private static final String FIELD = "received_per_s";
  private static final int MOST_RAMP_SECONDS = 10;
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private final Child subscriber;
  private final Child publisher;

  /**
   * The seconds that count.
   *
   * @param perSecond how many messages came, by each line
   * @param count of all messages
   * @param seconds from the line before the first one to the last, by the clock
   * @param cpuSeconds that both processes used meanwhile
   */
  record Counted(List<Double> perSecond, double count, double seconds, double cpuSeconds) {
    /** Messages a second. */
    double rate() {
      return count / seconds;
    }

    /** The same in the second half alone, which a start-up ramp has the smaller part in. */
    double lateRate() {
      return perSecond.stream()
          .skip(perSecond.size() / 2)
          .mapToDouble(Double::doubleValue)
          .average()
          .orElseThrow();
    }

    double[] rates() {
      return perSecond.stream().mapToDouble(Double::doubleValue).toArray();
    }
  }

  ReceivedRates(Child subscriber, Child publisher) {
    this.subscriber = subscriber;
    this.publisher = publisher;
  }

  /** Returns how long a publisher must go on for {@code seconds} that count. */
  static int longest(int seconds) {
    return MOST_RAMP_SECONDS + seconds + 30;
  }

  /**
   * Waits until messages come and their rate has settled, or for ten seconds; returns how many
   * lines there are then.
   */
  int awaitSettled() throws IOException, InterruptedException {
    subscriber.awaitLines(ReceivedRates::isFlowing, 1, TIMEOUT);
    // The second in which the flow began is not whole.
    int first = lines().size();
    int ramp = 0;
    do {
      ramp++;
      await(first + ramp);
    } while (ramp < MOST_RAMP_SECONDS && !Plateau.isSettled(between(first, first + ramp)));
    return first + ramp;
  }

  /** Returns whether the rate had settled when there were so many lines. */
  boolean isSettledAt(int lineCount) {
    return Plateau.isSettled(between(0, lineCount));
  }

  /**
   * The seconds after the first {@code from} lines.
   *
   * @throws IOException if the publisher ended meanwhile, or nothing came any more: that is no slow
   *     contender, it is one that failed
   */
  Counted count(int from, int seconds) throws IOException, InterruptedException {
    double publisherBefore = publisher.cpuSeconds();
    await(from + seconds);
    double publisherCpu = publisher.cpuSeconds() - publisherBefore;
    if (!publisher.isAlive()) {
      throw publisher.failure("ended while its messages were counted");
    }
    double[] rates = between(from, from + seconds);
    Child.Line before = lines().get(from - 1);
    Child.Line last = lines().get(from + seconds - 1);
    Counted counted =
        new Counted(
            Arrays.stream(rates).boxed().toList(),
            Arrays.stream(rates).sum(),
            (last.nanoTime() - before.nanoTime()) / 1e9,
            publisherCpu + last.cpuSeconds() - before.cpuSeconds());
    if (counted.lateRate() == 0) {
      throw subscriber.failure("received nothing in the second half of the seconds that count");
    }
    return counted;
  }

  private void await(int count) throws IOException, InterruptedException {
    subscriber.awaitLines(line -> line.contains(FIELD), count, TIMEOUT.plusSeconds(count));
  }

  private List<Child.Line> lines() {
    return subscriber.lines(FIELD);
  }

  private double[] between(int from, int to) {
    return lines().subList(from, to).stream()
        .mapToDouble(line -> Rounds.field(line.text(), FIELD))
        .toArray();
  }

  private static boolean isFlowing(String line) {
    return line.contains(FIELD) && !line.endsWith("=0");
  }
}
