package dev.segue.gateway;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.LoanPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import java.lang.foreign.MemorySegment;
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

  private final boolean withPayload;
  private final LoanPool texts;

  EventsFormat(String payload, LoanPool texts) throws HttpException {
    this.texts = texts;
    this.withPayload =
        switch (payload) {
          case "", "none" -> false;
          case "base64" -> true;
          default -> throw HttpException.badRequest("payload=" + payload + ": none or base64");
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
    Json json = SampleJson.begin(value.metadata(), dropped);
    long byteSize = value.metadata().payloadByteSize();
    if (withPayload && byteSize <= MAX_PAYLOAD_BYTE_SIZE) {
      byte[] copy = new byte[(int) byteSize];
      Lend.copyTo(BASE64, value.payload(), 0, MemorySegment.ofArray(copy), 0, byteSize);
      json.field("payload", Base64.getEncoder().encodeToString(copy));
    }
    return Part.of(OffHeapText.copyOfUtf8("event: sample\ndata: " + json.endObject() + "\n\n", texts));
  }

  @Override
  public SegmentedBytes heartbeat() {
    return HEARTBEAT;
  }
}
