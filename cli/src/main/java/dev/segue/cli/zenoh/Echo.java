package dev.segue.cli.zenoh;

import dev.segue.cli.terminal.BrokenPipeException;
import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.Subscriber;
import dev.segue.zenoh.SubscriberOptions;
import dev.segue.zenoh.ZenohException;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Shows samples. */
@Command(
    name = "echo",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Shows what comes under a key expression, a line each: the key, the size, what it is, and its text or"
          + " first bytes. With --json, an object each. When the output is too slow, the oldest of"
          + " 1,024 samples that wait is dropped, and the number of those is printed at the end.",
      ""
    })
public final class Echo extends NetworkCommand {
  private static final Duration SLICE = Duration.ofMillis(100);
  private static final int BACKLOG = 1024;

  @Parameters(paramLabel = "KEYEXPR", description = "What to show: robot/**.")
  private String keyExpr = "";

  @Mixin private Limit limit = new Limit();

  private long dropped;

  private Echo() {}

  @Override
  void check() {
    limit.check();
    KeyExpr _ = KeyExpr.of(keyExpr);
  }

  @Override
  void run(Session session) throws BrokenPipeException, ZenohException, InterruptedException {
    SubscriberOptions options = SubscriberOptions.defaults().backlog(Backlog.last(BACKLOG));
    try (Subscriber subscriber = session.declareSubscriber(KeyExpr.of(keyExpr), options)) {
      limit.start();
      try {
        long shown = 0;
        while (shown < limit.count() && !limit.isOver()) {
          Optional<Sample> next = subscriber.receive(SLICE);
          if (next.isPresent()) {
            try (Sample sample = next.get()) {
              line(SampleText.line(sample), SampleText.json(sample));
            }
            shown++;
          }
        }
      } finally {
        dropped = subscriber.counts().dropped();
      }
    }
  }

  @Override
  void finish() {
    if (dropped > 0) {
      say("dropped, as the output was too slow: " + dropped);
    }
  }
}
