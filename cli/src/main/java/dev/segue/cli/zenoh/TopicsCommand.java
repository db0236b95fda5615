package dev.segue.cli.zenoh;

import dev.segue.cli.terminal.BrokenPipeException;
import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.Printable;
import dev.segue.cli.terminal.Quantities;
import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.GetOptions;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Replies;
import dev.segue.zenoh.Reply;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Selector;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Lists topics. */
@Command(
    name = "topics",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Listens for a while and lists the keys that had samples: how many, how often, their encoding; the"
          + " liveliness tokens that are there; and the publishers, subscribers and queryables that"
          + " routers know, with the routers. A topic that is silent meanwhile, and that no router knows,"
          + " is not seen.",
      ""
    })
public final class TopicsCommand extends NetworkCommand {
  private static final Duration SLICE = Duration.ofMillis(100);
  private static final int BACKLOG = 1 << 16;
  private static final Set<String> DECLARED = Set.of("publisher", "subscriber", "queryable");

  @Parameters(paramLabel = "KEYEXPR", arity = "0..1", description = "Keys to list (default: all).")
  private String keyExpr = "**";

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "3",
      description = "Time to listen (default: ${DEFAULT-VALUE}).")
  private double seconds;

  private final TopicTable topics = new TopicTable();
  private final Listening listening = new Listening();

  private TopicsCommand() {}

  @Override
  void check() {
    KeyExpr.of(keyExpr);
    if (!(seconds > 0)) {
      throw new IllegalArgumentException("--seconds " + seconds + ": positive");
    }
  }

  @Override
  void run(Session session) throws BrokenPipeException, ZenohException, InterruptedException {
    KeyExpr wanted = KeyExpr.of(keyExpr);
    try {
      listening.listen(session, wanted, seconds, this::see);
      showTokens(session, wanted);
      showDeclared(session, wanted);
    } finally {
      boolean interrupted = Thread.interrupted();
      show();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void see(Sample sample) {
    topics.add(sample.keyExpr().toString(), sample.payloadByteSize(), sample.encoding().toString());
  }

  private void show() throws BrokenPipeException {
    for (Map.Entry<String, TopicTable.Topic> entry : topics.topics().entrySet()) {
      show(entry.getKey(), entry.getValue());
    }
  }

  private void show(String key, TopicTable.Topic topic) throws BrokenPipeException {
    line(
        Printable.of(
            key
                + "  "
                + Quantities.count(topic.count(), "sample")
                + "  "
                + Quantities.rate(topic.byteSize() / listening.seconds())
                + "  "
                + topic.encoding()),
        new JsonObject()
            .with("key", key)
            .with("kind", "topic")
            .with("messages", topic.count())
            .with("bytes", topic.byteSize())
            .with("rate", topic.count() / listening.seconds())
            .with("encoding", topic.encoding()));
  }

  private void showTokens(Session session, KeyExpr wanted)
      throws BrokenPipeException, ZenohException, InterruptedException {
    try (Replies replies = session.liveliness().get(wanted, Duration.ofSeconds(5))) {
      while (!replies.isEnded()) {
        Optional<Reply> next = replies.receive(SLICE);
        if (next.isPresent()) {
          try (Reply reply = next.get()) {
            if (reply instanceof Reply.Success success) {
              String key = success.sample().keyExpr().toString();
              line(
                  Printable.of(key + "  liveliness token"),
                  new JsonObject().with("key", key).with("kind", "token"));
            }
          }
        }
      }
    }
  }

  /** Asks the admin space of routers that have it on, as zenohd has by default. */
  private void showDeclared(Session session, KeyExpr wanted)
      throws BrokenPipeException, ZenohException, InterruptedException {
    GetOptions options =
        GetOptions.defaults().timeout(Duration.ofSeconds(5)).backlog(Backlog.hold(BACKLOG));
    try (Replies replies = session.get(Selector.of("@/*/router/**"), options)) {
      while (!replies.isEnded()) {
        Optional<Reply> next = replies.receive(SLICE);
        if (next.isPresent()) {
          try (Reply reply = next.get()) {
            if (reply instanceof Reply.Success success) {
              showDeclared(success.sample().keyExpr().toString(), wanted);
            }
          }
        }
      }
    }
  }

  private static boolean isOf(String declared, KeyExpr wanted) {
    try {
      return KeyExpr.of(declared).intersects(wanted);
    } catch (IllegalArgumentException _) {
      return false; // A router may know what is not a key expression here.
    }
  }

  private void showDeclared(String entry, KeyExpr wanted) throws BrokenPipeException {
    List<String> parts = List.of(entry.split("/", 5));
    String router = parts.get(1);
    if (parts.size() == 3) {
      line("router " + router, new JsonObject().with("kind", "router").with("router", router));
    } else if (parts.size() == 5 && DECLARED.contains(parts.get(3)) && isOf(parts.get(4), wanted)) {
      line(
          Printable.of(parts.get(4) + "  " + parts.get(3) + ", known to router " + router),
          new JsonObject()
              .with("key", parts.get(4))
              .with("kind", parts.get(3))
              .with("router", router));
    }
  }

  @Override
  void finish() {
    if (topics.leftOut() > 0) {
      say("samples of further keys, of which there were too many to show: " + topics.leftOut());
    }
    if (listening.droppedCount() > 0) {
      say("not counted because they came too fast: " + listening.droppedCount());
    }
  }
}
