package dev.segue.cli.recording;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.store.DownloadOptions;
import dev.segue.cli.store.ObjectUri;
import dev.segue.cli.store.StoreOptions;
import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.ProgressLine;
import dev.segue.cli.terminal.Quantities;
import dev.segue.cli.terminal.Watch;
import dev.segue.mcap.McapFormatException;
import dev.segue.mcap.McapStatistics;
import dev.segue.objectstore.ByteSizes;
import dev.segue.objectstore.ObjectStore;
import dev.segue.recording.Player;
import dev.segue.recording.PlayerOptions;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ShmPool;
import dev.segue.zenoh.ZenohException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Publishes a recording again. */
@Command(
    name = "replay",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Publishes a recording (MCAP) again, at its own pace or another.",
      "Large payloads are read straight into shared memory and go to other processes from there.",
      ""
    })
public final class Replay extends TopicCommand {
  private static final long PERIOD_MILLIS = 100;

  @Parameters(
      index = "0",
      paramLabel = "URI",
      converter = ObjectUri.Converter.class,
      description = "The recording: s3://bucket/drive.mcap, or a path.")
  private ObjectUri from = ObjectUri.NONE;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "KEYPREFIX",
      description = "Prefix for the recorded keys (default: none).")
  private String keyPrefix = "";

  @Option(
      names = "--rate",
      paramLabel = "TIMES",
      defaultValue = "1",
      description =
          "Factor on the recorded pace; 0: as fast as possible (default: ${DEFAULT-VALUE}).")
  private double rate;

  @Option(names = "--loop", description = "Begin again at the end, until Ctrl-C.")
  private boolean loop;

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      defaultValue = "3",
      description =
          "How long to wait for subscribers before the first message (default: ${DEFAULT-VALUE}).")
  private double wait;

  @Option(
      names = "--shm",
      paramLabel = "SIZE",
      defaultValue = "64MiB",
      description = "Size of the shared memory; 0: none (default: ${DEFAULT-VALUE}).")
  private String sharedMemory = "";

  @Option(
      names = "--original-timestamps",
      description = "Publish with the timestamps that were recorded, rather than new ones.")
  private boolean originalTimestamps;

  @Option(
      names = "--topics",
      paramLabel = "KEYEXPR",
      description = "Play only these topics: robot/camera/**; may be repeated.")
  private List<String> topics = List.of();

  @Option(
      names = "--remap",
      paramLabel = "OLD=NEW",
      description = "Rename a topic, or all below it: a/b=c; may be repeated.")
  private Map<String, String> remap = Map.of();

  @Option(
      names = "--longest-gap",
      paramLabel = "TIME",
      defaultValue = "10m",
      description = "Skip pauses of the recording that are longer (default: ${DEFAULT-VALUE}).")
  private String longestGap = "";

  @Mixin private Span span = new Span();
  @Mixin private DownloadOptions storeOptions = new DownloadOptions();

  private Replay() {}

  @Override
  StoreOptions storeOptions() {
    return storeOptions;
  }

  @Override
  ObjectUri object() {
    return from;
  }

  @Override
  void run(Session session, ObjectStore store)
      throws IOException, ZenohException, CommandFailedException, InterruptedException {
    PlayerOptions options =
        PlayerOptions.defaults()
            .keyPrefix(keyPrefix)
            .rate(rate)
            .matchTimeout(Duration.ofNanos((long) (wait * 1e9)))
            .originalTimestamps(originalTimestamps)
            .topics(Topics.among(topics))
            .remap(Topics.renamed(remap))
            .longestGap(Duration.ofMillis(StoreOptions.millis(spec, "--longest-gap", longestGap)));
    Span.Times times = span.in(store, from);
    options = options.between(times.fromNanos(), times.toNanos());
    long poolByteSize = ByteSizes.parse(sharedMemory);
    if (poolByteSize == 0) {
      play(session, store, options);
    } else {
      try (ShmPool pool = ShmPool.create(poolByteSize)) {
        play(session, store, options.loans(pool));
        awaitDelivery(pool);
      }
    }
  }

  private Optional<String> playOnce(Player player)
      throws IOException, ZenohException, CommandFailedException, InterruptedException {
    try {
      return player.play();
    } catch (McapFormatException e) {
      throw new CommandFailedException(from + ": " + e.getMessage(), e);
    }
  }

  private void play(Session session, ObjectStore store, PlayerOptions options)
      throws IOException, ZenohException, CommandFailedException, InterruptedException {
    Watch watch = new Watch();
    try (Player player = open(session, store, options);
        PlayedSchemas _ = PlayedSchemas.publish(session, player.topics(), this::say)) {
      Optional<String> truncation;
      try (ProgressLine progress = progress()) {
        Thread drawing = draw(player, progress);
        try {
          do {
            long before = player.counts().messageCount();
            truncation = playOnce(player);
            if (loop && player.counts().messageCount() == before) {
              // It would read the recording again and again, and never wait.
              throw new CommandFailedException(
                  from + ": nothing of it is to be played, so --loop has no end");
            }
          } while (loop);
        } finally {
          drawing.interrupt();
          drawing.join();
        }
      }
      List<KeyExpr> unmatched = player.unmatched();
      print(player, watch, unmatched.size());
      if (!unmatched.isEmpty()) {
        say("nobody subscribes to " + unmatched);
      }
      if (truncation.isPresent()) {
        throw new CommandFailedException(
            from + ": the intact part was played, but " + truncation.get());
      }
    }
  }

  private Player open(Session session, ObjectStore store, PlayerOptions options)
      throws IOException, CommandFailedException {
    try {
      return Player.open(session, store, from.key(), options);
    } catch (McapFormatException e) {
      throw new CommandFailedException(from + ": " + e.getMessage(), e);
    }
  }

  private static Thread draw(Player player, ProgressLine progress) {
    long total =
        player
            .summary()
            .flatMap(summary -> summary.statistics())
            .map(McapStatistics::messageCount)
            .orElse(0L);
    return Thread.ofPlatform()
        .daemon()
        .name("segue-progress")
        .start(
            () -> {
              try {
                while (progress.isTerminal()) {
                  Player.Counts counts = player.counts();
                  String bar =
                      total == 0
                          ? ""
                          : ProgressLine.bar((double) counts.messageCount() / total) + "  ";
                  progress.show(
                      String.format(
                          Locale.ROOT,
                          "replay  %s%d messages  %s",
                          bar,
                          counts.messageCount(),
                          Quantities.byteSize(counts.payloadByteSize())));
                  Thread.sleep(PERIOD_MILLIS);
                }
              } catch (InterruptedException _) {
                return; // the end of the replay
              }
            });
  }

  private void print(Player player, Watch watch, int unmatchedCount) {
    Player.Counts counts = player.counts();
    long copied = watch.copies().totalByteCount();
    double seconds = watch.seconds();
    print(
        String.format(
            Locale.ROOT,
            "%s: %d messages, %s (%s read straight into shared memory, %s copied), in %s",
            from,
            counts.messageCount(),
            Quantities.byteSize(counts.payloadByteSize()),
            Quantities.byteSize(counts.loanedByteSize()),
            Quantities.byteSize(copied),
            Quantities.seconds(seconds)),
        new JsonObject()
            .with("command", "replay")
            .with("from", from.toString())
            .with("messages", counts.messageCount())
            .with("bytes", counts.payloadByteSize())
            .with("sharedMemoryBytes", counts.loanedByteSize())
            .with("copiedBytes", copied)
            .with("keysWithoutSubscriber", unmatchedCount)
            .with("seconds", seconds));
  }
}
