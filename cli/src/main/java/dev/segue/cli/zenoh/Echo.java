package dev.segue.cli.zenoh;

import dev.segue.capnproto.dynamic.MessageFormat;
import dev.segue.capnproto.dynamic.MessageType;
import dev.segue.cli.CommandFailedException;
import dev.segue.cli.capnp.FormatOptions;
import dev.segue.cli.capnp.SchemaOption;
import dev.segue.cli.terminal.BrokenPipeException;
import dev.segue.iceoryx2.IceoryxException;
import dev.segue.lanes.LaneSample;
import dev.segue.lanes.LaneSubscriber;
import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.ReceivedSample;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.SubscriberOptions;
import dev.segue.zenoh.ZenohException;
import java.io.IOException;
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
      "Shows each sample of a key expression in a line: its key, size, encoding, and its text, the"
          + " first numbers of its tensors, or its first bytes. An image file or a camera's frame"
          + " is shown on a terminal. A Cap'n Proto message is shown by its schema, which is"
          + " found beside the topic or given by --schema. With --json, each is an object. If the"
          + " output is too slow, the oldest of 1,024 waiting samples is dropped, and the number"
          + " dropped is printed at the end.",
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
          "Show only this field of messages, such as pose.x or points[0].name. May be repeated.")
  private List<String> fields = new ArrayList<>();

  @Mixin private SchemaOption schema = new SchemaOption();
  @Mixin private FormatOptions formatOptions = new FormatOptions();
  @Mixin private PictureOption pictureOption = new PictureOption();
  @Mixin private LaneOption lane = new LaneOption();
  @Mixin private Limit limit = new Limit();

  private @Nullable MessageType given;
  private @Nullable Pictures pictures;
  private long dropped;
  private long leftOut;

  private Echo() {}

  @Override
  void check() throws CommandFailedException {
    limit.check();
    KeyExpr.of(keyExpr);
    if (schema.isGiven()) {
      MessageType type = schema.find();
      fields.forEach(type::path);
      given = type;
    }
  }

  @Override
  void run(Session session)
      throws IOException, ZenohException, CommandFailedException, InterruptedException {
    SubscriberOptions options = SubscriberOptions.defaults().backlog(Backlog.last(BACKLOG));
    MessageFormat usual =
        output.json()
            ? MessageFormat.json().withData(MessageFormat.DataStyle.SUMMARY)
            : MessageFormat.text();
    SampleTypes types = new SampleTypes(session, given, this::note);
    boolean isForPeople = !output.json() && !output.quiet() && fields.isEmpty();
    try (Pictures opened = isForPeople ? pictureOption.open().orElse(null) : null;
        MessageText text = new MessageText(formatOptions.format(usual), fields, this::note);
        LaneOption.Opened lanes = lane.open(session, this::note);
        LaneSubscriber subscriber = lanes.subscribe(KeyExpr.of(keyExpr), options)) {
      pictures = opened;
      limit.start();
      try {
        long shown = 0;
        while (shown < limit.count() && !limit.isOver()) {
          Optional<LaneSample> next = receive(subscriber);
          if (next.isPresent()) {
            try (LaneSample sample = next.get()) {
              shown += show(sample, types.of(sample), text) ? 1 : 0;
            }
          }
        }
      } finally {
        dropped = subscriber.missedCount();
      }
    }
  }

  /** The next sample, waiting a little. */
  static Optional<LaneSample> receive(LaneSubscriber subscriber)
      throws IOException, ZenohException, InterruptedException {
    try {
      return subscriber.receive(SLICE);
    } catch (IceoryxException e) {
      throw new IOException(String.valueOf(e.getMessage()), e);
    }
  }

  private boolean show(ReceivedSample sample, Optional<MessageType> type, MessageText text)
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
    Pictures shower = pictures;
    Optional<String> picture = shower == null ? Optional.empty() : shower.textOf(sample);
    if (picture.isPresent()) {
      text(picture.get());
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
