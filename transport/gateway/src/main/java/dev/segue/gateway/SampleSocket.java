package dev.segue.gateway;

import dev.segue.bytes.LoanPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.http2.WebSocket;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Qos;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A client that speaks {@code segue.v1}: it subscribes and unsubscribes with JSON texts, gets
 * samples as frames in binary messages, and publishes with the same frames.
 *
 * <pre>
 *   ──► {"op":"subscribe","id":1,"key":"robot/**"}     ◄── {"op":"subscribed","id":1}
 *                                                      ◄── [frame with "subscription":1] …
 *   ──► [frame with "key":"robot/arm","id":7]          ◄── {"op":"published","id":7,"outcome":…}
 *   ──► {"op":"unsubscribe","id":1}                    ◄── {"op":"unsubscribed","id":1}
 * </pre>
 *
 * <p>Owner: the WebSocket. Lifetime: the same. Threads: any.
 */
final class SampleSocket implements WebSocket.Listener {
  static final String PROTOCOL = "segue.v1";

  private static final int POLICY = 1008;

  /** Longer ones are not taken apart on the event loop. */
  private static final int SHORT_METADATA_BYTE_SIZE = 4096;

  /** A client that goes on asking and doesn't read is ended. */
  private static final long MAX_ANSWERS_BYTE_SIZE = 1L << 20;

  private final GatewayExchange call;
  private final TopicAccess access;
  private final SocketPuts puts;
  private final SocketRoom room;
  private final GatewayOptions options;
  private final LoanPool texts;
  private final Function<WebSocket, SocketStreams> opener;
  private final SocketTexts answers;
  private final OffLoop slow;
  private volatile @Nullable SocketStreams streams;
  private boolean closed;

  /**
   * Makes a client.
   *
   * @param slow where texts, and frames with long metadata, are taken apart
   * @param opener makes the streams of the socket, once it is there
   */
  SampleSocket(
      GatewayExchange call,
      TopicAccess access,
      SocketPuts puts,
      SocketRoom room,
      GatewayOptions options,
      LoanPool texts,
      Executor slow,
      Function<WebSocket, SocketStreams> opener) {
    this.slow = new OffLoop(slow);
    this.call = call;
    this.access = access;
    this.puts = puts;
    this.room = room;
    this.options = options;
    this.texts = texts;
    this.opener = opener;
    this.answers = new SocketTexts(call, MAX_ANSWERS_BYTE_SIZE, this::wakeStream);
  }

  @Override
  public boolean onPart(WebSocket socket, boolean isText, long byteSize) {
    return room.grow(socket, isText, byteSize);
  }

  @Override
  public void onText(WebSocket socket, String text) {
    try {
      ClientSlots.Taken taken = room.wholeText(text);
      slow.run(socket, () -> take(socket, text), taken::close);
    } catch (HttpException e) {
      refuse(socket, null, e);
    }
  }

  private void take(WebSocket socket, String text) {
    Map<String, @Nullable Object> message = Map.of();
    try {
      message = JsonReader.object(text);
      switch (JsonReader.text(message, "op")) {
        case "subscribe" -> subscribe(socket, message);
        case "unsubscribe" -> unsubscribe(socket, message);
        default ->
            throw HttpException.badRequest(
                "op " + JsonReader.text(message, "op") + ": subscribe or unsubscribe");
      }
    } catch (IllegalArgumentException e) {
      refuse(socket, message.get("id"), HttpException.badRequest(String.valueOf(e.getMessage())));
    } catch (HttpException e) {
      refuse(socket, message.get("id"), e);
    }
  }

  private synchronized @Nullable SocketStreams streams(WebSocket socket) {
    if (streams == null && !closed) {
      streams = opener.apply(socket);
    }
    return streams;
  }

  private void wakeStream() {
    SocketStreams open = streams;
    if (open != null) {
      open.wakeOne();
    }
  }

  private void subscribe(WebSocket socket, Map<String, @Nullable Object> message)
      throws HttpException {
    long id = JsonReader.id(message, "id");
    KeyExpr key = TopicAccess.parse(JsonReader.text(message, "key"));
    access.checkReadable(call, key);
    long backlog =
        message.containsKey("backlog")
            ? JsonReader.id(message, "backlog")
            : StreamKind.FRAMES.backlogCount();
    if (backlog < 1 || backlog > options.maxBacklogCount) {
      throw HttpException.badRequest(
          "backlog=" + backlog + ": a whole number from 1 to " + options.maxBacklogCount);
    }
    SocketStreams open = streams(socket);
    if (open != null) {
      open.subscribe(
          id,
          key,
          new FramesFormat(texts, id),
          (int) backlog,
          () -> answer(socket, new Json().beginObject().field("op", "subscribed"), (double) id));
    }
  }

  private void unsubscribe(WebSocket socket, Map<String, @Nullable Object> message)
      throws HttpException {
    long id = JsonReader.id(message, "id");
    SocketStreams open = streams(socket);
    if (open != null && !open.unsubscribe(id)) {
      throw new HttpException(404, "subscription id=" + id + ": there is none");
    }
    answer(socket, new Json().beginObject().field("op", "unsubscribed"), message.get("id"));
  }

  @Override
  public void onBinary(WebSocket socket, SegmentedBytes bytes) {
    ClientSlots.Taken taken;
    try {
      taken = room.whole(bytes.byteSize());
    } catch (HttpException e) {
      refuse(socket, null, e);
      return;
    }
    if (FramesFormat.metadataByteSize(bytes) <= SHORT_METADATA_BYTE_SIZE) {
      take(socket, bytes, taken);
    } else {
      Lend.begin(bytes);
      slow.run(socket, () -> take(socket, bytes, taken), () -> Lend.end(bytes));
    }
  }

  /** Takes a frame and its room, which is closed when it is put. */
  private void take(WebSocket socket, SegmentedBytes bytes, ClientSlots.Taken taken) {
    Map<String, @Nullable Object> message = Map.of();
    try {
      boolean handedOver = false;
      try {
        FramesFormat.Received frame = FramesFormat.read(bytes);
        message = JsonReader.object(frame.metadata());
        Map<String, @Nullable Object> fields = message;
        boolean told = fields.containsKey("id");
        if (told) {
          JsonReader.id(fields, "id");
        }
        KeyExpr key = puts.checked(JsonReader.text(fields, "key"));
        Qos qos =
            Publishing.qosOf(
                name -> JsonReader.text(fields, name), Boolean.TRUE.equals(fields.get("express")));
        SocketPuts.Outcome outcome = outcome(socket, fields.get("id"), told);
        String kind = JsonReader.text(fields, "kind");
        if (kind.equals("delete")) {
          handedOver = true;
          puts.delete(key, qos, taken, outcome);
        } else if (kind.isEmpty() || kind.equals("put")) {
          Encoding encoding = encodingOf(JsonReader.text(fields, "encoding"));
          handedOver = true;
          puts.put(key, frame.payload(), encoding, qos, told, taken, outcome);
        } else {
          throw HttpException.badRequest("kind " + kind + ": put or delete");
        }
      } finally {
        if (!handedOver) {
          taken.close();
        }
      }
    } catch (IllegalArgumentException e) {
      refuse(socket, message.get("id"), HttpException.badRequest(String.valueOf(e.getMessage())));
    } catch (HttpException e) {
      refuse(socket, message.get("id"), e);
    }
  }

  private static Encoding encodingOf(String text) {
    return text.isEmpty() ? Encoding.ZENOH_BYTES : new Encoding(text);
  }

  /** Keeps the id alone, as the rest of a message may be large. */
  private SocketPuts.Outcome outcome(WebSocket socket, @Nullable Object id, boolean told) {
    return new SocketPuts.Outcome() {
      @Override
      public void done(String outcome) {
        if (told) {
          Json json = new Json().beginObject().field("op", "published");
          answer(socket, outcome.isEmpty() ? json : json.field("outcome", outcome), id);
        }
      }

      @Override
      public void failed(HttpException fault) {
        refuse(socket, id, fault);
      }
    };
  }

  private void refuse(WebSocket socket, @Nullable Object id, HttpException fault) {
    answer(
        socket,
        new Json()
            .beginObject()
            .field("op", "error")
            .field("status", fault.status())
            .field("message", SocketTexts.cut(fault.getMessage())),
        id);
  }

  /** Ends an answer with the id of what it answers, and sends it. */
  private void answer(WebSocket socket, Json json, @Nullable Object id) {
    if (id instanceof Double number && number == Math.rint(number)) {
      json.field("id", number.longValue());
    }
    if (!answers.send(socket, json.endObject().toString())) {
      socket.close(POLICY, "answers are not read"); // None is left out silently.
    }
  }

  @Override
  public void onClosed(WebSocket socket) {
    SocketStreams open;
    synchronized (this) {
      closed = true;
      open = streams;
    }
    room.close();
    if (open != null) {
      open.close();
    }
  }
}
