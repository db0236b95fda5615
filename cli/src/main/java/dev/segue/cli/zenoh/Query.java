package dev.segue.cli.zenoh;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.cli.CommandFailedException;
import dev.segue.cli.store.Output;
import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.Quantities;
import dev.segue.zenoh.ConsolidationMode;
import dev.segue.zenoh.GetOptions;
import dev.segue.zenoh.Querier;
import dev.segue.zenoh.QueryTarget;
import dev.segue.zenoh.Replies;
import dev.segue.zenoh.Reply;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Selector;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Asks the network. */
@Command(
    name = "query",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Queries the network's queryables (Zenoh's get; segue get is for objects) and shows their"
          + " replies, one per line. Fails if nobody answers, if time runs out before all have,"
          + " or if a reply is an error.",
      ""
    })
public final class Query extends NetworkCommand {
  private static final Duration SLICE = Duration.ofMillis(100);
  private static final SegmentedBytes LINE_FEED = SegmentedBytes.copyOfUtf8("\n");

  @Parameters(
      paramLabel = "SELECTOR",
      description = "Keys and parameters to ask for: robot/*/log?from=3;to=9.")
  private String selector = "";

  @Option(
      names = "--target",
      paramLabel = "best_matching|all|all_complete",
      defaultValue = "best_matching",
      description = "Queryables to ask (default: ${DEFAULT-VALUE}).")
  private QueryTarget target = QueryTarget.BEST_MATCHING;

  @Option(
      names = "--consolidation",
      paramLabel = "auto|none|monotonic|latest",
      defaultValue = "auto",
      description = "How several replies with one key are merged (default: ${DEFAULT-VALUE}).")
  private ConsolidationMode consolidation = ConsolidationMode.AUTO;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "10",
      description = "Time to wait for replies (default: ${DEFAULT-VALUE}).")
  private double timeout;

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      defaultValue = "3",
      description =
          "Time to wait for a queryable that matches; fails if none appears (default:"
              + " ${DEFAULT-VALUE}).")
  private double wait;

  @Option(names = "--payload", paramLabel = "TEXT", description = "A text to send along.")
  private @Nullable String payload;

  @Option(names = "--attachment", paramLabel = "TEXT", description = "A text beside the payload.")
  private @Nullable String attachment;

  @Option(
      names = "--raw",
      description =
          "Write the payloads as they are, each followed by a line feed; not with --json.")
  private boolean raw;

  private Query() {}

  @Override
  void check() {
    Selector.of(selector);
    if (!(wait >= 0)) {
      throw new IllegalArgumentException("--wait " + wait + ": at least 0");
    }
    if (!(timeout >= 0)) {
      throw new IllegalArgumentException("--timeout " + timeout + ": at least 0");
    }
  }

  private GetOptions options() {
    GetOptions options =
        GetOptions.defaults()
            .target(target)
            .consolidation(consolidation)
            .timeout(Duration.ofNanos((long) (timeout * 1e9)));
    if (payload != null) {
      options = options.payload(SegmentedBytes.copyOfUtf8(payload));
    }
    return attachment == null ? options : options.attachment(SegmentedBytes.copyOfUtf8(attachment));
  }

  @Override
  boolean isEndless() {
    return false;
  }

  @Override
  void run(Session session)
      throws IOException, ZenohException, CommandFailedException, InterruptedException {
    Selector asked = Selector.of(selector);
    try (Querier querier = session.declareQuerier(asked.keyExpr(), options())) {
      if (!querier.awaitMatchingQueryables(Duration.ofNanos((long) (wait * 1e9)))) {
        throw new CommandFailedException(
            "nobody answers for "
                + asked.keyExpr()
                + " within "
                + Quantities.seconds(wait)
                + whyNobody());
      }
      ask(querier, asked);
    }
  }

  private void ask(Querier querier, Selector asked)
      throws IOException, ZenohException, CommandFailedException, InterruptedException {
    long count = 0;
    long errorCount = 0;
    try (Replies replies = querier.get(asked.parameters(), options())) {
      while (!replies.isEnded()) {
        Optional<Reply> next = replies.receive(SLICE);
        if (next.isPresent()) {
          try (Reply reply = next.get()) {
            errorCount += show(reply) ? 0 : 1;
          }
          count++;
        }
      }
      String came = count == 1 ? "1 reply" : count + " replies";
      long dropped = replies.counts().dropped();
      if (replies.state() == Replies.State.TIMED_OUT) {
        throw new CommandFailedException(
            "not all have answered within " + Quantities.seconds(timeout) + ": " + came + " came");
      }
      if (dropped > 0) {
        throw new CommandFailedException(
            dropped + " replies were dropped because the output was too slow: " + came + " came");
      }
      if (count == 0) {
        throw new CommandFailedException("nobody had an answer to " + asked);
      }
      if (errorCount > 0) {
        throw new CommandFailedException("errors among " + came + ": " + errorCount);
      }
    }
  }

  /** Returns whether it is a value. */
  private boolean show(Reply reply) throws IOException {
    switch (reply) {
      case Reply.Success success -> {
        Sample sample = success.sample();
        if (raw && !output.json()) {
          Output.standard().write(SegmentedBytes.concat(List.of(sample.payload(), LINE_FEED)));
        } else {
          line(SampleText.line(sample), SampleText.json(sample));
        }
        return true;
      }
      case Reply.Failure failure -> {
        line(
            "error  " + SampleText.content(failure.payload()),
            SampleText.with(
                new JsonObject().with("kind", "ERROR"), failure.payload(), failure.encoding()));
        return false;
      }
    }
  }
}
