package dev.segue.cli.zenoh;

import dev.segue.capnproto.dynamic.MessageFormat;
import dev.segue.capnproto.dynamic.MessageType;
import dev.segue.cli.CommandFailedException;
import dev.segue.cli.capnp.FormatOptions;
import dev.segue.cli.capnp.SchemaOption;
import dev.segue.cli.terminal.BrokenPipeException;
import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.Subscriber;
import dev.segue.zenoh.SubscriberOptions;
import dev.segue.zenoh.ZenohException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows samples. */
@Command(
    name = "echo",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Shows what comes under a key expression, a line each: the key, the size, what it is, and its text or"
          + " first bytes. A message of Cap'n Proto is shown by its schema, which is found beside the"
          + " topic or given by --schema. With --json, an object each. When the output is too slow,"
          + " the oldest of 1,024 samples that wait is dropped, and the number of those is printed"
          + " at the end.",
      ""
    })
public final class Echo extends NetworkCommand {
  private static final Duration SLICE = Duration.ofMillis(100);
  private static final int BACKLOG = 1024;

  @Parameters(paramLabel = "KEYEXPR", description = "Keys to show: robot/**.")
  private String keyExpr = "";

  @Option(
      names = "--field",
      paramLabel = "PATH",
      description =
          "Show this field of messages alone, such as pose.x or points[0].name. May be repeated.")
  private List<String> fields = new ArrayList<>();

  @Mixin private SchemaOption schema = new SchemaOption();
  @Mixin private FormatOptions formatOptions = new FormatOptions();
  @Mixin private Limit limit = new Limit();

  private @Nullable MessageType given;
  private long dropped;
  private long leftOut;

  private Echo() {}

  @Override
  void check() throws CommandFailedException {
    limit.check();
    KeyExpr _ = KeyExpr.of(keyExpr);
    if (schema.isGiven()) {
      MessageType type = schema.find();
      fields.forEach(type::path);
      given = type;
    }
  }

  @Override
  void run(Session session) throws BrokenPipeException, ZenohException, InterruptedException {
    SubscriberOptions options = SubscriberOptions.defaults().backlog(Backlog.last(BACKLOG));
    MessageFormat usual =
        output.json()
            ? MessageFormat.json().withData(MessageFormat.DataStyle.SUMMARY)
            : MessageFormat.text();
    SampleTypes types = new SampleTypes(session, given, this::note);
    try (MessageText text = new MessageText(formatOptions.format(usual), fields, this::note);
        Subscriber subscriber = session.declareSubscriber(KeyExpr.of(keyExpr), options)) {
      limit.start();
      try {
        long shown = 0;
        while (shown < limit.count() && !limit.isOver()) {
          Optional<Sample> next = subscriber.receive(SLICE);
          if (next.isPresent()) {
            try (Sample sample = next.get()) {
              shown += show(sample, types.of(sample), text) ? 1 : 0;
            }
          }
        }
      } finally {
        dropped = subscriber.counts().dropped();
      }
    }
  }

  private boolean show(Sample sample, Optional<MessageType> type, MessageText text)
      throws BrokenPipeException {
    Optional<MessageText.Shown> shown = type.flatMap(known -> text.shown(sample, known));
    if (shown.isPresent()) {
      line(shown.get().line(), shown.get().json());
    } else if (fields.isEmpty()) {
      line(SampleText.line(sample), SampleText.json(sample));
    } else {
      leftOut++;
      return false;
    }
    return true;
  }

  private void note(String text) {
    say(spec.qualifiedName() + ": " + text);
  }

  @Override
  void finish() {
    if (leftOut > 0) {
      say("left out because they are not messages with such a field: " + leftOut);
    }
    if (dropped > 0) {
      say("dropped because the output was too slow: " + dropped);
    }
  }
}
