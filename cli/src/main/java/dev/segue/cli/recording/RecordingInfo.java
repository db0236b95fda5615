package dev.segue.cli.recording;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.store.ObjectUri;
import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.Quantities;
import dev.segue.mcap.McapChannel;
import dev.segue.mcap.McapChunkIndex;
import dev.segue.mcap.McapFormatException;
import dev.segue.mcap.McapStatistics;
import dev.segue.mcap.McapSummary;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectPage;
import dev.segue.objectstore.ObjectStore;
import dev.segue.recording.Player;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Shows what recordings hold. */
@Command(
    name = "info",
    aliases = "ls",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Shows what a recording holds, or a line for each recording (*.mcap) of a folder.",
      "The end of a recording is read, not the whole.",
      ""
    })
final class RecordingInfo extends RecordingsCommand {
  private static final double NANOS = 1e9;

  @Parameters(
      paramLabel = "URI",
      converter = TopicCommand.Location.class,
      description = "A recording, or a folder with a slash at its end.")
  private ObjectUri uri = ObjectUri.NONE;

  private RecordingInfo() {}

  @Override
  void run() throws IOException, CommandFailedException {
    try (ObjectStore store = open(uri)) {
      if (uri.isFolder()) {
        list(store);
      } else {
        show(store);
      }
    }
  }

  private void list(ObjectStore store) throws IOException {
    Optional<String> token = Optional.empty();
    do {
      ObjectPage page = store.list(uri.key(), "", token);
      for (ObjectInfo object : page.objects()) {
        if (object.key().endsWith(".mcap")) {
          line(store, object);
        }
      }
      token = page.nextToken();
    } while (token.isPresent());
  }

  private void line(ObjectStore store, ObjectInfo object) throws IOException {
    String name = object.key().substring(uri.key().length());
    Optional<McapStatistics> statistics = Optional.empty();
    String problem = "no summary";
    try {
      statistics = Player.readSummary(store, object.key()).flatMap(McapSummary::statistics);
    } catch (McapFormatException e) {
      problem = String.valueOf(e.getMessage());
    }
    JsonObject json = new JsonObject().with("name", name).with("bytes", object.byteSize());
    if (statistics.isEmpty()) {
      print(
          String.format(
              Locale.ROOT, "%10s  %s (%s)", Quantities.byteSize(object.byteSize()), name, problem),
          json.with("problem", problem));
      return;
    }
    McapStatistics known = statistics.get();
    print(
        String.format(
            Locale.ROOT,
            "%10s  %s  %s  %8d messages  %s",
            Quantities.byteSize(object.byteSize()),
            time(known.messageStartTimeNanos()),
            duration(known),
            known.messageCount(),
            name),
        json.with("messages", known.messageCount())
            .with("channels", known.channelCount())
            .with("start", time(known.messageStartTimeNanos()))
            .with("end", time(known.messageEndTimeNanos())));
  }

  private static String duration(McapStatistics statistics) {
    return Quantities.seconds(
        (statistics.messageEndTimeNanos() - statistics.messageStartTimeNanos()) / NANOS);
  }

  private void show(ObjectStore store) throws IOException, CommandFailedException {
    ObjectInfo object = store.head(uri.key());
    McapSummary summary = summary(store);
    McapStatistics statistics =
        summary
            .statistics()
            .orElseThrow(() -> new CommandFailedException(uri + ": it has no statistics"));
    long packed = summary.chunks().stream().mapToLong(McapChunkIndex::compressedByteSize).sum();
    long plain = summary.chunks().stream().mapToLong(McapChunkIndex::uncompressedByteSize).sum();
    print(
        String.format(
            Locale.ROOT,
            "%s: %s, %d messages in %d channels, %d chunks (%s of %s), %d attachments, %d metadata%n"
                + "from %s to %s, %s",
            uri,
            Quantities.byteSize(object.byteSize()),
            statistics.messageCount(),
            statistics.channelCount(),
            statistics.chunkCount(),
            Quantities.byteSize(packed),
            Quantities.byteSize(plain),
            statistics.attachmentCount(),
            statistics.metadataCount(),
            time(statistics.messageStartTimeNanos()),
            time(statistics.messageEndTimeNanos()),
            duration(statistics)),
        new JsonObject()
            .with("name", uri.toString())
            .with("bytes", object.byteSize())
            .with("messages", statistics.messageCount())
            .with("channels", statistics.channelCount())
            .with("chunks", statistics.chunkCount())
            .with("attachments", statistics.attachmentCount())
            .with("metadata", statistics.metadataCount())
            .with("start", time(statistics.messageStartTimeNanos()))
            .with("end", time(statistics.messageEndTimeNanos())));
    List<McapChannel> channels = new ArrayList<>(summary.channels());
    channels.sort(Comparator.comparing(McapChannel::topic));
    for (McapChannel channel : channels) {
      long count = statistics.channelMessageCounts().getOrDefault(channel.id(), 0L);
      print(
          String.format(
              Locale.ROOT, "%8d  %s  %s", count, channel.topic(), channel.messageEncoding()),
          new JsonObject()
              .with("topic", channel.topic())
              .with("encoding", channel.messageEncoding())
              .with("messages", count));
    }
  }

  private McapSummary summary(ObjectStore store) throws IOException, CommandFailedException {
    try {
      return Player.readSummary(store, uri.key())
          .orElseThrow(
              () ->
                  new CommandFailedException(
                      uri + ": it has no summary; `segue recording repair` writes one"));
    } catch (McapFormatException e) {
      throw new CommandFailedException(uri + ": " + e.getMessage(), e);
    }
  }
}
