package dev.segue.bench.zenoh;

import static dev.segue.bench.report.Units.rate;
import static dev.segue.bench.report.Units.time;

import dev.segue.bench.harness.Child;
import dev.segue.bench.harness.Contender;
import dev.segue.bench.harness.Endpoints;
import dev.segue.bench.harness.Rounds;
import dev.segue.bench.report.Section;
import dev.segue.bench.report.Table;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Messages of 1 KiB over TCP from 1 to 64 publishers over 1 to 64 topics to 1 to 64 subscribers.
 */
public final class FanOut {
  private static final int BYTE_SIZE = 1024;

  private final List<Shape> shapes;
  private final int seconds;

  /**
   * The numbers of senders and receivers.
   *
   * @param publishers each with a thread of its own, in one session
   * @param topics that each publisher serves in turn
   * @param subscribers in one session, spread over the topics
   */
  public record Shape(int publishers, int topics, int subscribers) {
    @Override
    public String toString() {
      return publishers + " → " + topics + " → " + subscribers;
    }
  }

  /** Some shapes, for so many seconds each. */
  public FanOut(List<Shape> shapes, int seconds) {
    this.shapes = List.copyOf(shapes);
    this.seconds = seconds;
  }

  /** One number from 1 to 64 at a time, the others at 1. */
  public static List<Shape> toSixtyFour() {
    List<Shape> shapes = new ArrayList<>();
    shapes.add(new Shape(1, 1, 1));
    shapes.add(new Shape(1, 1, 8));
    shapes.add(new Shape(1, 1, 64));
    shapes.add(new Shape(1, 64, 64));
    shapes.add(new Shape(64, 1, 1));
    return shapes;
  }

  /** Runs ours with a handler and the core with a callback, once each. */
  public void run(Contest contest) throws InterruptedException {
    Section section = contest.section();
    Table table =
        new Table(
            "1 KiB over TCP, publishers → topics → subscribers",
            "contender",
            "received, all subscribers",
            "CPU per received message");
    Contest once = new Contest(contest.contenders(), 1, 0, section, contest.log());
    for (Shape shape : shapes) {
      List<Contender> able =
          once.able("pacesub", "tcp"); // The peers with these roles take counts, too.
      List<Contender> finished = new ArrayList<>();
      Rounds results =
          once.run(
              "fan-out " + shape, able, finished, (contender, to) -> measure(contender, shape, to));
      for (Contender each : finished) {
        table.row(
            shape.toString(),
            each.name(),
            rate(Contest.of(results, each, "received").mid()),
            time(Contest.of(results, each, "cpu").mid()));
      }
      results.addTo(section, shape + " ");
    }
    section.add(table);
  }

  private void measure(Contender contender, Shape shape, Rounds results)
      throws IOException, InterruptedException {
    String endpoint = Endpoints.free();
    String topics = Integer.toString(shape.topics);
    try (Child sub =
        Child.start(
            contender.name() + " thrsub",
            contender.command(
                "thrsub", "tcp", endpoint, Integer.toString(shape.subscribers), topics))) {
      sub.awaitReady();
      try (Child pub =
          Child.start(
              contender.name() + " thrpub",
              contender.command(
                  "thrpub",
                  "tcp",
                  endpoint,
                  Integer.toString(BYTE_SIZE),
                  Integer.toString(ReceivedRates.longest(seconds)),
                  Integer.toString(shape.publishers),
                  topics))) {
        ReceivedRates received = new ReceivedRates(sub, pub);
        ReceivedRates.Counted counted = received.count(received.awaitSettled(), seconds);
        results.add(contender.name(), "received", counted.rate());
        results.add(contender.name(), "cpu", counted.cpuSeconds() * 1e9 / counted.count());
      }
    }
  }
}
