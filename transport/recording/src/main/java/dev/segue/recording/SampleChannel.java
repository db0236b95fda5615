package dev.segue.recording;

import dev.segue.mcap.McapChannel;
import dev.segue.zenoh.CongestionControl;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.Priority;
import dev.segue.zenoh.ReceivedSample;
import dev.segue.zenoh.Reliability;
import dev.segue.zenoh.SampleKind;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;

/** The attributes that the samples of one channel share. */
record SampleChannel(
    String key,
    Encoding encoding,
    SampleKind kind,
    Priority priority,
    CongestionControl congestionControl,
    boolean express,
    Reliability reliability) {
  static final String ENCODING = "zenoh.encoding";
  static final String KIND = "zenoh.kind";
  static final String PRIORITY = "zenoh.priority";
  static final String CONGESTION_CONTROL = "zenoh.congestion_control";
  static final String EXPRESS = "zenoh.express";
  static final String RELIABILITY = "zenoh.reliability";

  /** The format's well-known names, by Zenoh's. */
  private static final Map<String, String> NAMES =
      Map.of(
          "application/cdr", "cdr",
          "application/cbor", "cbor",
          "application/json", "json",
          "text/json", "json",
          "application/protobuf", "protobuf",
          "application/capnp", "capnproto");

  private static final Map<String, String> ZENOH_NAMES =
      Map.of(
          "cdr", "application/cdr",
          "cbor", "application/cbor",
          "json", "application/json",
          "protobuf", "application/protobuf",
          "capnproto", "application/capnp");

  /** The channel of samples for which a file has no channel left. */
  static final String SHARED_TOPIC = "segue/other";

  static SampleChannel of(ReceivedSample sample) {
    return new SampleChannel(
        sample.keyExpr().toString(),
        encoding(sample),
        sample.kind(),
        sample.priority(),
        sample.congestionControl(),
        sample.isExpress(),
        sample.reliability());
  }

  /** One that this library can't name does not end a recording: its bytes are what they are. */
  private static Encoding encoding(ReceivedSample sample) {
    try {
      return sample.encoding();
    } catch (IllegalArgumentException e) {
      return Encoding.ZENOH_BYTES;
    }
  }

  /** All of it, as {@link ChannelLines} reads it. */
  byte[] toBytes() {
    return ChannelLines.of(key, metadata());
  }

  /**
   * Of a private record.
   *
   * @throws IOException if no recorder writes such a one
   */
  static SampleChannel of(byte[] lines) throws IOException {
    return of(ChannelLines.read(lines));
  }

  /**
   * Of a recording, whoever wrote it: what it does not say is Zenoh's default.
   *
   * @throws IOException if it says what Zenoh does not know
   */
  static SampleChannel of(McapChannel channel) throws IOException {
    Map<String, String> metadata = channel.metadata();
    String named = channel.messageEncoding();
    String encoding = metadata.getOrDefault(ENCODING, ZENOH_NAMES.getOrDefault(named, named));
    try {
      return new SampleChannel(
          channel.topic(),
          encoding.isEmpty() ? Encoding.ZENOH_BYTES : new Encoding(encoding),
          value(SampleKind.class, metadata.getOrDefault(KIND, "put")),
          value(Priority.class, metadata.getOrDefault(PRIORITY, "data")),
          value(CongestionControl.class, metadata.getOrDefault(CONGESTION_CONTROL, "block")),
          Boolean.parseBoolean(metadata.getOrDefault(EXPRESS, "false")),
          value(Reliability.class, metadata.getOrDefault(RELIABILITY, "reliable")));
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "recorded channel id="
              + channel.id()
              + " topic="
              + channel.topic()
              + " metadata="
              + metadata
              + ": "
              + e.getMessage(),
          e);
    }
  }

  private static <E extends Enum<E>> E value(Class<E> type, String text) {
    return Enum.valueOf(type, text.toUpperCase(Locale.ROOT));
  }

  String messageEncoding() {
    String text = encoding.text();
    int semicolon = text.indexOf(';');
    // The schema of the encoding is in the metadata; what the registry names is the language alone.
    String named = NAMES.get(semicolon < 0 ? text : text.substring(0, semicolon));
    return named == null ? text : named;
  }

  Map<String, String> metadata() {
    return Map.of(
        ENCODING, encoding.text(),
        KIND, text(kind),
        PRIORITY, text(priority),
        CONGESTION_CONTROL, text(congestionControl),
        EXPRESS, Boolean.toString(express),
        RELIABILITY, text(reliability));
  }

  private static String text(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
