package dev.segue.cli.recording;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.store.ObjectUri;
import dev.segue.cli.store.StoreOptions;
import dev.segue.cli.store.Stores;
import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.Printable;
import dev.segue.cli.terminal.Quantities;
import dev.segue.mcap.McapChannel;
import dev.segue.mcap.McapChunkIndex;
import dev.segue.mcap.McapStatistics;
import dev.segue.mcap.McapSummary;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectPage;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.PageTokens;
import dev.segue.recording.Player;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Shows what recordings hold. */
@Command(
    name = "info",
    aliases = "ls",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Shows the topics of a recording, or a line for each recording (*.mcap) of a folder.",
      "Only the end of a recording is read.",
      ""
    })
final class RecordingInfo extends RecordingsCommand {
  private static final double NANOS = 1e9;

  @Parameters(
      paramLabel = "URI",
      converter = ObjectUri.Converter.class,
      description = "A recording, or a folder with a slash at its end.")
  private ObjectUri uri = ObjectUri.NONE;

  @Mixin private StoreOptions options = new StoreOptions();

  private RecordingInfo() {}

  @Override
  StoreOptions storeOptions() {
    return options;
  }

  @Override
  void run(Stores stores) throws IOException, CommandFailedException {
    boolean isFolder = uri.isFolder() || (uri.isLocal() && Files.isDirectory(uri.path()));
    if (isFolder) {
      list(store(stores, uri), uri.isFolder() ? uri.key() : uri.key() + "/");
    } else {
      show(store(stores, uri));
    }
  }

  private void list(ObjectStore store, String folder) throws IOException {
    PageTokens tokens = new PageTokens();
    Optional<String> token = Optional.empty();
    do {
      ObjectPage page = store.list(folder, "", token);
      for (ObjectInfo object : page.objects()) {
        if (object.key().endsWith(".mcap")) {
          line(store, object, object.key().substring(folder.length()));
        }
      }
      token = tokens.next(page);
    } while (token.isPresent());
  }

  private void line(ObjectStore store, ObjectInfo object, String name) throws IOException {
    Optional<McapStatistics> statistics = Optional.empty();
    String problem = "no summary";
    try {
      statistics = Player.readSummary(store, object.key()).flatMap(McapSummary::statistics);
    } catch (ObjectStoreException e) {
      throw e;
    } catch (IOException e) {
      problem = String.valueOf(e.getMessage());
    }
    JsonObject json = new JsonObject().with("name", name).with("bytes", object.byteSize());
    if (statistics.isEmpty()) {
      show(
          String.format(
              Locale.ROOT,
              "%10s  %s (%s)",
              Quantities.byteSize(object.byteSize()),
              Printable.of(name),
              Printable.of(problem)),
          json.with("problem", problem));
      return;
    }
    McapStatistics known = statistics.get();
    show(
        String.format(
            Locale.ROOT,
            "%10s  %s  %s  %8d messages  %s",
            Quantities.byteSize(object.byteSize()),
            time(known.messageStartTimeNanos()),
            duration(known),
            known.messageCount(),
            Printable.of(name)),
        json.with("messages", known.messageCount())
            .with("channels", known.channelCount())
            .with("start", time(known.messageStartTimeNanos()))
            .with("end", time(known.messageEndTimeNanos())));
  }

  private void show(String text, JsonObject json) {
    output.line(out(), text, json);
  }

  private static String duration(McapStatistics statistics) {
    return Quantities.seconds(
        (statistics.messageEndTimeNanos() - statistics.messageStartTimeNanos()) / NANOS);
  }

  private void show(ObjectStore store) throws IOException, CommandFailedException {
    ObjectInfo object = store.head(uri.key());
    McapSummary summary =
        summary(store, uri)
            .orElseThrow(
                () ->
                    new CommandFailedException(
                        uri + ": it has no summary; `segue recording repair` writes one"));
    McapStatistics statistics =
        summary
            .statistics()
            .orElseThrow(() -> new CommandFailedException(uri + ": it has no statistics"));
    long packed = summary.chunks().stream().mapToLong(McapChunkIndex::compressedByteSize).sum();
    long plain = summary.chunks().stream().mapToLong(McapChunkIndex::uncompressedByteSize).sum();
    show(
        String.format(
            Locale.ROOT,
            "%s: %s, %s in %s, %s%s, %s, %d metadata%n" + "from %s to %s, %s",
            Printable.of(uri.toString()),
            Quantities.byteSize(object.byteSize()),
            Quantities.count(statistics.messageCount(), "message"),
            Quantities.count(statistics.channelCount(), "channel"),
            Quantities.count(statistics.chunkCount(), "chunk"),
            // Without an index of the chunks nobody knows their sizes.
            summary.chunks().isEmpty()
                ? ""
                : " (" + Quantities.byteSize(packed) + " of " + Quantities.byteSize(plain) + ")",
            Quantities.count(statistics.attachmentCount(), "attachment"),
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
      show(
          String.format(
              Locale.ROOT,
              "%8d  %s  %s",
              count,
              Printable.of(channel.topic()),
              Printable.of(channel.messageEncoding())),
          new JsonObject()
              .with("topic", channel.topic())
              .with("encoding", channel.messageEncoding())
              .with("messages", count));
    }
  }
}
