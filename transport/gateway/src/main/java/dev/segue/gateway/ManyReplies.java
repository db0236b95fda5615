package dev.segue.gateway;

import dev.segue.bytes.LoanPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.Headers;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Replies;
import dev.segue.zenoh.Sample;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Answers with all replies that came until the end of a query, or until they are as many as one
 * answer may have.
 */
final class ManyReplies extends QueryAnswer {
  private static final int MAX_REPLY_COUNT = 1024;
  private static final String LIMITED = "limited";

  /** The heap that a reply takes besides its text. */
  private static final long EACH_BYTE_SIZE = 512;

  /** The way the replies are written. */
  enum Form {
    /** One JSON object. */
    JSON,
    /** Frames, as streams have them. */
    FRAMES;

    /**
     * By {@code replies=…}.
     *
     * @throws HttpException 400 if that is another one
     */
    static Form of(Target target) throws HttpException {
      String name = target.query("replies", "");
      return switch (name) {
        case "", "json" -> JSON;
        case "frames" -> FRAMES;
        default -> throw HttpException.badRequest("replies=" + name + ": json or frames");
      };
    }
  }

  private final Form form;
  private final FramesFormat frames;
  private final EventsFormat events;
  private final LoanPool small;
  private final ClientSlots.Taken room;
  private final long maxByteSize;
  private final List<SegmentedBytes> parts = new ArrayList<>();
  private final List<AutoCloseable> held = new ArrayList<>();
  private long heldByteSize;
  private boolean limited;

  /**
   * Begins without replies.
   *
   * @param small where texts are kept until all are sent: on the heap they would be there several
   *     times
   * @param maxByteSize how many bytes of payloads one answer may have
   * @throws HttpException 400 if the request asks for no such form
   */
  ManyReplies(GatewayExchange call, KeyExpr key, Asking asking, LoanPool small, long maxByteSize)
      throws HttpException {
    super(call, key, asking);
    this.form = Form.of(call.target());
    this.frames = new FramesFormat(small);
    this.events = new EventsFormat(call.target().query("payload", "text"), small);
    this.small = small;
    this.maxByteSize = maxByteSize;
    this.room = call.roomFor(0);
    call.holds(room);
  }

  @Override
  void onSample(Sample sample) {
    if (limited) {
      return;
    }
    Optional<LentSample> lent =
        replyCount() > MAX_REPLY_COUNT || heldByteSize + sample.payloadByteSize() > maxByteSize
            ? Optional.empty()
            : asking.lend(sample, replyCount(), call.client());
    if (lent.isEmpty() || !add(lent.get())) {
      limited = true;
      limit();
    }
  }

  /** False if there is no room for what is told of it. */
  private boolean add(LentSample lent) {
    boolean isHeld = false;
    try {
      if (form == Form.JSON) {
        return addText((parts.isEmpty() ? "" : ",") + events.json(lent, 0));
      }
      if (!room.tryMore(EACH_BYTE_SIZE + TextSize.ofUtf8(lent.sample().json()))) {
        return false;
      }
      add(frames.of(lent, 0, false).orElseThrow());
      isHeld = held.add(lent);
      heldByteSize += lent.metadata().payloadByteSize();
      return true;
    } finally {
      if (!isHeld) {
        lent.close();
      }
    }
  }

  private boolean addText(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (!room.tryMore(EACH_BYTE_SIZE + bytes.length)) {
      return false;
    }
    add(StreamFormat.Part.of(OffHeapText.copyOf(bytes, small)).orElseThrow());
    return true;
  }

  private void add(StreamFormat.Part part) {
    held.add(part);
    parts.add(part.bytes());
  }

  @Override
  String respond(Replies.State state) throws HttpException {
    boolean nothing = parts.isEmpty();
    if (limited && nothing) {
      throw new HttpException(
          503, key + ": no room for a reply now", Headers.of("retry-after", "1"));
    }
    if (nothing && (errorCount() > 0 || state == Replies.State.TIMED_OUT)) {
      return "";
    }
    String how = limited ? LIMITED : nameOf(state);
    Headers headers =
        Headers.of("cache-control", "no-store", "segue-query", how)
            .with("content-type", form == Form.JSON ? "application/json" : FramesFormat.MEDIA_TYPE);
    if (form == Form.JSON) {
      parts.addFirst(SegmentedBytes.copyOfUtf8("{\"replies\":["));
      parts.add(SegmentedBytes.copyOfUtf8(endOf(how)));
    }
    SegmentedBytes bytes = SegmentedBytes.concat(parts);
    List<AutoCloseable> mine = List.copyOf(held);
    held.clear();
    call.respondLent(headers, bytes, () -> close(mine));
    return limited ? LIMITED : "answered";
  }

  private String endOf(String how) {
    Json end = new Json().beginObject().field("state", how).field("errorCount", errorCount());
    if (errorCount() > 0) {
      end.field("error", error());
    }
    return "]," + end.endObject().toString().substring(1) + "\n";
  }

  private static void close(List<AutoCloseable> held) {
    new StreamFormat.Part(SegmentedBytes.empty(), held).close();
  }

  @Override
  void discard() {
    close(List.copyOf(held));
    held.clear();
  }
}
