package dev.segue.cli.recording;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.capnp.SchemaOption;
import dev.segue.cli.store.ObjectUri;
import dev.segue.cli.store.StoreOptions;
import dev.segue.cli.store.Streams;
import dev.segue.cli.store.UploadOptions;
import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.ProgressLine;
import dev.segue.cli.terminal.Quantities;
import dev.segue.cli.terminal.Signals;
import dev.segue.cli.zenoh.LaneOption;
import dev.segue.mcap.McapCompression;
import dev.segue.objectstore.ByteSizes;
import dev.segue.objectstore.ObjectStore;
import dev.segue.recording.Recorder;
import dev.segue.recording.RecorderOptions;
import dev.segue.recording.Rotation;
import dev.segue.recording.Spool;
import dev.segue.recording.SpoolOptions;
import dev.segue.recording.SpoolTarget;
import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** Records a topic into an object. */
@Command(
    name = "record",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Records the samples of a key expression as MCAP, until Ctrl-C.",
      "Samples go to the local disk first: a recording survives a store that can't be reached and a"
          + " recorder that is killed, and the next start completes it. Names that are taken get a"
          + " number; SIGUSR1 begins the next file. If anything is lost, whatever --spool-drop says,"
          + " the exit code is 1, and the rest is still stored.",
      ""
    })
public final class RecordTopic extends TopicCommand {
  private static final Duration PERIOD = Duration.ofMillis(100);

  /** The policy for samples while the store is slow. */
  enum Policy {
    /** Push back: nothing is lost, and publishers may wait. */
    HOLD,
    /** Drop the oldest, and count them. */
    DROP
  }

  @Parameters(index = "0", paramLabel = "KEYEXPR", description = "Keys to record: robot/**.")
  private String keyExpr = "";

  @Parameters(
      index = "1",
      paramLabel = "URI",
      converter = ObjectUri.Converter.class,
      description = "The object: s3://bucket/drive.mcap, or a path.")
  private ObjectUri to = ObjectUri.NONE;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      description = "End after this time (default: at Ctrl-C).")
  private double seconds = Double.POSITIVE_INFINITY;

  @Option(
      names = "--messages",
      paramLabel = "N",
      description = "End after this many messages (default: no limit).")
  private long messages = Long.MAX_VALUE;

  @Option(
      names = "--policy",
      paramLabel = "hold|drop",
      defaultValue = "hold",
      description =
          "When the store is slow: hold pushes back to the publishers and loses nothing, drop drops"
              + " the oldest and counts them (default: ${DEFAULT-VALUE}).")
  private Policy policy = Policy.HOLD;

  @Option(
      names = "--backlog",
      paramLabel = "N",
      defaultValue = "256",
      description =
          "Maximum number of samples that wait for the store (default: ${DEFAULT-VALUE}).")
  private int backlog;

  @Option(
      names = "--compress",
      paramLabel = "none|lz4|zstd",
      defaultValue = "none",
      description = "How messages of less than 64 KiB are compressed (default: ${DEFAULT-VALUE}).")
  private McapCompression compression = McapCompression.NONE;

  @Option(
      names = "--rotate-size",
      paramLabel = "SIZE",
      description = "Begin another file at this size: 1GiB.")
  private @Nullable String rotateSize;

  @Option(
      names = "--rotate-time",
      paramLabel = "TIME",
      description = "Begin another file after this time: 10m.")
  private @Nullable String rotateTime;

  @Option(
      names = "--spool",
      paramLabel = "FOLDER",
      description =
          "Where recordings wait for their store (default: $XDG_STATE_HOME/segue/recordings; for a"
              + " path, a hidden folder beside it).")
  private @Nullable Path spoolFolder;

  @Option(
      names = "--spool-limit",
      paramLabel = "SIZE",
      description = "Space that waiting recordings may take (default: the disk, less 256 MiB).")
  private @Nullable String spoolLimit;

  @Option(
      names = "--spool-drop",
      paramLabel = "newest|oldest",
      defaultValue = "newest",
      description =
          "Samples to drop, and count, when there is no room; exit code 1 for either (default:"
              + " ${DEFAULT-VALUE}).")
  private Drop drop = Drop.NEWEST;

  @Option(
      names = "--give-up",
      paramLabel = "TIME",
      defaultValue = "20s",
      description =
          "At the end, how long to wait for a store that accepts nothing (default:"
              + " ${DEFAULT-VALUE}).")
  private String giveUp = "";

  /** The choice of what is lost when a spool has no room. */
  enum Drop {
    /** What comes. */
    NEWEST,
    /** The files that wait for the longest. */
    OLDEST
  }

  private boolean finishing;
  private boolean toldOfLoss;
  private @Nullable IOException failure;
  private volatile @Nullable Recorder recorder;
  private volatile @Nullable Spool spool;

  @Mixin private LaneOption lane = new LaneOption();
  @Mixin private SchemaOption schema = new SchemaOption();
  @Mixin private UploadOptions storeOptions = new UploadOptions();

  private RecordTopic() {}

  /** Ctrl-C is a good end, which the command brings about itself; a second one ends it at once. */
  @Override
  public Integer call() throws CommandFailedException {
    Thread worker = Thread.currentThread();
    AtomicInteger count = new AtomicInteger();
    try (Signals _ =
        Signals.take(
            name -> {
              if (name.equals("USR1")) {
                rotate();
              } else if (count.getAndIncrement() == 0) {
                interrupt(worker);
              } else {
                say(spec.qualifiedName() + ": given up. " + leftBehind());
                Runtime.getRuntime().halt(INTERRUPTED);
              }
            },
            "INT",
            "TERM",
            "HUP",
            "USR1")) {
      return work(() -> false);
    } finally {
      Thread.interrupted();
    }
  }

  /** What ends already need not be told: it would only stop to wait for its end. */
  private synchronized void interrupt(Thread worker) {
    if (!finishing) {
      worker.interrupt();
    }
  }

  private synchronized void finishing(boolean begins) {
    finishing = begins;
    if (begins) {
      Thread.interrupted();
    }
  }

  private void rotate() {
    Recorder running = recorder;
    if (running != null) {
      running.rotate();
    }
  }

  private String leftBehind() {
    Spool left = spool;
    return left == null
        ? ""
        : "Not stored yet: "
            + left.waitingFiles().stream().map(Path::toString).collect(Collectors.joining(", "))
            + "; the next `segue record` to the same place, or `segue recording repair`, completes"
            + " it";
  }

  @Override
  StoreOptions storeOptions() {
    return storeOptions;
  }

  @Override
  ObjectUri object() {
    return to;
  }

  /** A name that is taken gets a number, which would make a file beside the device or pipe. */
  @Override
  void check(ObjectStore store) throws IOException {
    if (Streams.isStream(to)) {
      throw usage(
          to
              + ": a recording is a file or an object, and this is a device, a pipe, or a file that"
              + " a process has open; `segue recording filter` copies a recording there");
    }
  }

  @Override
  void run(Session session, ObjectStore store)
      throws IOException, ZenohException, CommandFailedException, InterruptedException {
    if (!(seconds > 0)) {
      throw new ParameterException(spec.commandLine(), "--seconds " + seconds + ": positive");
    }
    RecorderOptions options =
        RecorderOptions.defaults()
            .backlog(policy == Policy.HOLD ? Backlog.hold(backlog) : Backlog.last(backlog))
            .messageLimit(messages)
            .compression(compression)
            .rotation(rotation())
            .schemas(
                new FoundSchemas(
                    session,
                    schema.isGiven() ? schema.find() : null,
                    line -> say(spec.qualifiedName() + ": " + line)));
    long giveUpMillis = StoreOptions.millis(spec, "--give-up", giveUp);
    long start = System.nanoTime();
    try (Spool opened = openSpool(store)) {
      spool = opened;
      Recorder.Counts counts = record(session, opened, options, start);
      boolean stored = awaitStored(opened, giveUpMillis);
      Spool.State state = opened.state();
      report(counts, state, (System.nanoTime() - start) / 1e9);
      IOException why = failure;
      if (counts.lostCount() > 0 && (why != null || !stored)) {
        say(spec.qualifiedName() + ": " + lost(counts.lostCount()));
      }
      if (why != null) {
        throw new CommandFailedException(
            failed(why).getMessage() + (stored ? "" : ". " + leftBehind()), why);
      }
      if (!stored) {
        throw new CommandFailedException(
            "recorded, but "
                + to
                + " is not stored: "
                + state.failure().map(Throwable::getMessage).orElse("the store takes nothing")
                + ". "
                + leftBehind());
      }
      checkRecorded(session, counts);
    } finally {
      spool = null;
    }
  }

  private Recorder.Counts record(Session session, Spool opened, RecorderOptions options, long start)
      throws IOException, ZenohException, CommandFailedException {
    try (LaneOption.Opened lanes =
            lane.open(session, text -> say(spec.qualifiedName() + ": " + text));
        Recorder running =
            Recorder.start(
                (keys, with) -> lanes.subscribe(keys, with).asFeed(),
                KeyExpr.of(keyExpr),
                opened,
                options)) {
      recorder = running;
      say("listening on " + String.join(" ", session.locators()));
      say("recording " + keyExpr + " into " + to);
      try (ProgressLine progress = progress()) {
        await(running, progress, start);
      }
      finishing(true);
      finish(running);
      return running.counts();
    } finally {
      finishing(false);
      recorder = null;
    }
  }

  /** What was recorded before a failure is stored all the same. */
  private void finish(Recorder running) {
    try {
      running.finish();
    } catch (IOException e) {
      failure = e;
    }
  }

  private boolean awaitStored(Spool opened, long giveUpMillis) {
    try {
      if (opened.state().waitingByteSize() > 0) {
        say(
            "storing "
                + Quantities.byteSize(opened.state().waitingByteSize())
                + "; another Ctrl-C leaves it for the next start");
      }
      return opened.awaitStored(Duration.ofMillis(giveUpMillis));
    } catch (InterruptedException e) {
      return false;
    }
  }

  private void report(Recorder.Counts counts, Spool.State state, double took) {
    print(
        String.format(
            Locale.ROOT,
            "%s → %s: %d messages, %s, %d dropped, %d lost, %d stored, in %s",
            keyExpr,
            to,
            counts.messageCount(),
            Quantities.byteSize(counts.payloadByteSize()),
            counts.droppedCount(),
            counts.lostCount(),
            state.storedCount(),
            Quantities.seconds(took)),
        new JsonObject()
            .with("command", "record")
            .with("from", keyExpr)
            .with("to", to.toString())
            .with("messages", counts.messageCount())
            .with("files", counts.fileCount())
            .with("bytes", counts.payloadByteSize())
            .with("dropped", counts.droppedCount())
            .with("lost", counts.lostCount())
            .with("stored", state.storedCount())
            .with("names", String.join(" ", state.stored()))
            .with("seconds", took));
  }

  /**
   * What was lost is not a success, whatever is stored. Nothing that was recorded is only right
   * when there was somebody who might have published.
   */
  private void checkRecorded(Session session, Recorder.Counts counts)
      throws ZenohException, CommandFailedException {
    if (counts.lostCount() > 0) {
      throw new CommandFailedException(
          (counts.messageCount() == 0 ? "nothing was recorded: " : "not all was recorded: ")
              + lost(counts.lostCount()));
    }
    if (counts.messageCount() > 0 || session.isClosed()) {
      return;
    }
    boolean isAlone = session.peers().isEmpty() && session.routers().isEmpty();
    if (isAlone && !zenoh.connect().isEmpty()) {
      throw new CommandFailedException(
          "nothing was recorded: no connection to "
              + String.join(" ", zenoh.connect())
              + " came about");
    }
    say("nothing came under " + keyExpr + (isAlone ? ": no other Zenoh node is connected" : ""));
  }

  private String lost(long count) {
    return Quantities.count(count, "sample")
        + " lost, as the spool has no room for more ("
        + (spoolLimit == null ? "256 MiB of its disk stay free" : "--spool-limit " + spoolLimit)
        + ") or its disk failed";
  }

  private Rotation rotation() {
    Rotation rotation = Rotation.never();
    if (rotateSize != null) {
      rotation = rotation.byteSize(ByteSizes.parse(rotateSize));
    }
    if (rotateTime != null) {
      rotation =
          rotation.time(Duration.ofMillis(StoreOptions.millis(spec, "--rotate-time", rotateTime)));
    }
    return rotation;
  }

  private Spool openSpool(ObjectStore store) throws IOException {
    SpoolOptions options =
        SpoolOptions.defaults()
            .overflow(
                drop == Drop.NEWEST
                    ? SpoolOptions.Overflow.DROP_NEWEST
                    : SpoolOptions.Overflow.DROP_OLDEST);
    if (spoolLimit != null) {
      options = options.byteSizeLimit(ByteSizes.parse(spoolLimit));
    }
    if (to.isLocal()) {
      Path file = to.path();
      Path folder = Objects.requireNonNull(file.getParent());
      SpoolTarget target = new SpoolTarget.InFolder(folder, String.valueOf(file.getFileName()));
      Path directory = spoolFolder == null ? Spool.directoryIn(folder) : spoolFolder;
      return Spool.open(directory, target, options.largestFileByteSize(Long.MAX_VALUE));
    }
    Path directory = spoolFolder == null ? Spools.ofUser() : spoolFolder;
    return Spool.open(
        directory, new SpoolTarget.InStore(store, storeOptions.storeUri(to), to.key()), options);
  }

  /** Until the recorder ends, the time is over, or Ctrl-C: each a good end. */
  private void await(Recorder recorder, ProgressLine progress, long start) {
    try {
      while (!recorder.awaitEnd(PERIOD) && (System.nanoTime() - start) / 1e9 < seconds) {
        Recorder.Counts counts = recorder.counts();
        if (counts.lostCount() > 0 && !toldOfLoss) {
          toldOfLoss = true;
          say(spec.qualifiedName() + ": " + lost(counts.lostCount()) + "; more may be");
        }
        progress.show(
            String.format(
                Locale.ROOT,
                "record  %d messages  %s  %d dropped  %d lost  %d waiting",
                counts.messageCount(),
                Quantities.byteSize(counts.payloadByteSize()),
                counts.droppedCount(),
                counts.lostCount(),
                counts.waitingCount()));
      }
    } catch (InterruptedException _) {
      progress.abandon();
    }
  }
}
