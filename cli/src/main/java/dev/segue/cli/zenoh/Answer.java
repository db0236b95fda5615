package dev.segue.cli.zenoh;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.cli.terminal.BrokenPipeException;
import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.Printable;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.PutOptions;
import dev.segue.zenoh.Queryable;
import dev.segue.zenoh.QueryableOptions;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Answers queries with a text. */
@Command(
    name = "queryable",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {"Answers each query of a key with a text, and shows the query.", ""})
public final class Answer extends NetworkCommand {
  private static final Duration SLICE = Duration.ofMillis(100);

  @Parameters(index = "0", paramLabel = "KEY", description = "Key to answer for.")
  private String key = "";

  @Parameters(index = "1", paramLabel = "TEXT", description = "The answer.")
  private String text = "";

  @Option(
      names = "--complete",
      description = "Declare the queryable complete: no other needs to be asked.")
  private boolean complete;

  @Option(
      names = "--encoding",
      paramLabel = "TEXT",
      defaultValue = "zenoh/string",
      description = "Encoding of the answer (default: ${DEFAULT-VALUE}).")
  private String encoding = "";

  @Option(names = "--error", description = "Answer with the text as an error.")
  private boolean error;

  @Mixin private Limit limit = new Limit();

  private Answer() {}

  @Override
  void check() {
    limit.check();
    if (KeyExpr.of(key).isWild()) {
      throw new IllegalArgumentException("KEY " + key + ": an answer has a key without wildcards");
    }
  }

  @Override
  void run(Session session) throws BrokenPipeException, ZenohException, InterruptedException {
    QueryableOptions options = QueryableOptions.defaults().complete(complete);
    try (Queryable queryable = session.declareQueryable(KeyExpr.of(key), options)) {
      say("answering for " + key);
      limit.start();
      long answered = 0;
      while (answered < limit.count() && !limit.isOver()) {
        Optional<dev.segue.zenoh.Query> next = queryable.receive(SLICE);
        if (next.isPresent()) {
          try (dev.segue.zenoh.Query query = next.get()) {
            answer(query);
          }
          answered++;
        }
      }
    }
  }

  private void answer(dev.segue.zenoh.Query query) throws BrokenPipeException, ZenohException {
    JsonObject json = new JsonObject().with("selector", query.selector().toString());
    query
        .payload()
        .ifPresent(asked -> SampleText.with(json, asked, query.encoding().orElseThrow()));
    SegmentedBytes bytes = SegmentedBytes.copyOfUtf8(text);
    if (error) {
      query.replyErr(bytes, new Encoding(encoding));
    } else {
      query.reply(KeyExpr.of(key), bytes, PutOptions.none().encoding(new Encoding(encoding)));
    }
    line(
        Printable.of(query.selector().toString())
            + query.payload().map(asked -> "  " + SampleText.content(asked)).orElse(""),
        json);
  }
}
