package dev.segue.gateway;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.LoanPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/**
 * Server-Sent Events with the metadata of each sample, and its payload in base64 where it is asked
 * for and small.
 *
 * <pre>
 *   event: sample
 *   data: {"key":"robot/pose","kind":"put","encoding":"application/json","byteSize":71,…}
 * </pre>
 */
final class EventsFormat implements StreamFormat {
  static final long MAX_PAYLOAD_BYTE_SIZE = 64 * 1024;

  private static final CopyLedger.Site BASE64 =
      CopyLedger.site("gateway.base64", "Server-Sent Events are text");
  private static final SegmentedBytes HEARTBEAT = SegmentedBytes.copyOfUtf8(":\n\n");
  private static final SegmentedBytes BEGINNING = SegmentedBytes.copyOfUtf8("retry: 2000\n\n");

  private enum Payload {
    NONE,
    BASE64,
    /** Texts and JSON as a string, all else in base64. */
    TEXT
  }

  private final Payload shown;
  private final LoanPool texts;

  EventsFormat(String payload, LoanPool texts) throws HttpException {
    this.texts = texts;
    this.shown =
        switch (payload) {
          case "", "none" -> Payload.NONE;
          case "base64" -> Payload.BASE64;
          case "text" -> Payload.TEXT;
          default ->
              throw HttpException.badRequest("payload=" + payload + ": none, base64 or text");
        };
  }

  @Override
  public String contentType() {
    return "text/event-stream; charset=utf-8";
  }

  @Override
  public SegmentedBytes beginning() {
    return BEGINNING;
  }

  @Override
  public Optional<Part> of(LentSample value, long dropped, boolean caughtUp) {
    // Without one a client keeps the one before, and gets again what it may not have had.
    String id = caughtUp ? "id: " + KeptSample.RUN + "-" + value.sample().id() + "\n" : "";
    return Part.of(
        OffHeapText.copyOfUtf8(
            "event: sample\n" + id + "data: " + json(value, dropped) + "\n\n", texts));
  }

  /** The metadata, and the payload where it is asked for and small. */
  String json(LentSample value, long dropped) {
    Json json = SampleJson.begin(value.sample(), dropped);
    long byteSize = value.metadata().payloadByteSize();
    if (shown != Payload.NONE && byteSize <= MAX_PAYLOAD_BYTE_SIZE) {
      byte[] copy = new byte[(int) byteSize];
      Lend.copyTo(BASE64, value.payload(), 0, MemorySegment.ofArray(copy), 0, byteSize);
      if (shown == Payload.TEXT && isText(value.metadata())) {
        json.field("text", new String(copy, StandardCharsets.UTF_8));
      } else {
        json.field("payload", Base64.getEncoder().encodeToString(copy));
      }
    }
    return json.endObject().toString();
  }

  private static boolean isText(Metadata metadata) {
    String type = MediaTypes.of(metadata.encoding());
    return type.startsWith("text/") || type.contains("json");
  }

  /** Up to which sample a client has them, by its {@code Last-Event-ID}; 0 if it doesn't say. */
  static long knownTo(GatewayExchange call) {
    String id = call.header("last-event-id");
    String start = KeptSample.RUN + "-";
    try {
      return id.startsWith(start) ? Long.parseLong(id.substring(start.length())) : 0;
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  @Override
  public SegmentedBytes heartbeat() {
    return HEARTBEAT;
  }
}
