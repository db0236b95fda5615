package dev.segue.interop.mcap;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.BytesSource;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.mcap.McapAttachment;
import dev.segue.mcap.McapChannel;
import dev.segue.mcap.McapHandler;
import dev.segue.mcap.McapMessage;
import dev.segue.mcap.McapReader;
import dev.segue.mcap.McapSchema;
import dev.segue.mcap.McapStatistics;
import dev.segue.mcap.SourceInput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What {@link McapReader} finds in a file, in the lines that the peers print of it. */
final class Lines implements McapHandler {
  private static final int PIECE = 777;

  private final List<String> beside = new ArrayList<>();

  private Lines() {}

  static List<String> of(Path file) throws IOException {
    Lines lines = new Lines();
    List<String> all = new ArrayList<>();
    McapStatistics statistics;
    try (McapReader reader = McapReader.open(SourceInput.of(source(file)), lines)) {
      for (var next = reader.next(); next.isPresent(); next = reader.next()) {
        try (McapMessage message = next.get()) {
          McapChannel channel = message.channel();
          McapSchema schema = reader.schemas().get(channel.schemaId());
          all.add(
              String.join(
                  " ",
                  "message",
                  channel.topic(),
                  channel.messageEncoding().isEmpty() ? "-" : channel.messageEncoding(),
                  schema == null ? "-" : schema.name(),
                  text(channel.metadata()),
                  Long.toString(message.sequence()),
                  Long.toString(message.logTimeNanos()),
                  Long.toString(message.publishTimeNanos()),
                  sha256(message.data())));
        }
      }
      assertTrue(reader.truncation().isEmpty());
      statistics = reader.statistics().orElseThrow();
    }
    lines.beside.sort(String::compareTo);
    all.addAll(lines.beside);
    all.add(
        String.join(
            " ",
            "statistics",
            Long.toString(statistics.messageCount()),
            Long.toString(statistics.channelCount()),
            Long.toString(statistics.schemaCount()),
            Long.toString(statistics.attachmentCount()),
            Long.toString(statistics.metadataCount())));
    return all;
  }

  private static String text(Map<String, String> metadata) {
    String text =
        new TreeMap<>(metadata)
            .entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .collect(Collectors.joining(","));
    return text.isEmpty() ? "-" : text;
  }

  static String sha256(SegmentedBytes bytes) {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.copyToByteArray()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void attachment(McapAttachment attachment) {
    try (attachment) {
      beside.add(
          String.join(
              " ",
              "attachment",
              attachment.name(),
              attachment.mediaType(),
              Long.toString(attachment.logTimeNanos()),
              Long.toString(attachment.createTimeNanos()),
              sha256(attachment.data())));
    }
  }

  @Override
  public void metadata(String name, Map<String, String> metadata) {
    beside.add("metadata " + name + " " + text(metadata));
  }

  @Override
  public void privateRecord(int opcode, BytesSource.Piece content) {
    content.close();
  }

  /** A file in pieces that begin and end anywhere in its records. */
  static BytesSource source(Path file) throws IOException {
    SegmentedBytes bytes = SegmentedBytes.copyOf(Files.readAllBytes(file));
    return new BytesSource() {
      private long at;

      @Override
      public Optional<Piece> next() {
        SegmentedBytes part = bytes.slice(at, Math.min(PIECE, bytes.byteSize() - at));
        at += part.byteSize();
        return part.isEmpty() ? Optional.empty() : Optional.of(new Part(part));
      }

      @Override
      public long lendableByteSize() {
        return Long.MAX_VALUE;
      }

      @Override
      public void close() {}
    };
  }

  private record Part(SegmentedBytes bytes) implements BytesSource.Piece {
    @Override
    public void close() {}
  }
}
