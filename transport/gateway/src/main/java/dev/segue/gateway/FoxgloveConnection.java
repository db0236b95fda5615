package dev.segue.gateway;

import dev.segue.bytes.LoanPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.topic.TopicSchemas;
import dev.segue.http2.Http2Error;
import dev.segue.http2.WebSocket;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Qos;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A client that speaks Foxglove's protocol, {@code foxglove.sdk.v1} and {@code
 * foxglove.websocket.v1}: each topic that it may read is a channel, and it may publish where it may
 * write.
 *
 * <p>Owner: the WebSocket. Lifetime: the same. Threads: any.
 */
final class FoxgloveConnection implements WebSocket.Listener {
  static final List<String> PROTOCOLS = List.of("foxglove.sdk.v1", "foxglove.websocket.v1");

  private static final Duration PERIOD = Duration.ofSeconds(1);
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int MOST_DOUBLINGS = 8;
  private static final int BACKLOG = 16;
  private static final int IMAGE_BACKLOG = 2;
  private static final int MAX_CLIENT_CHANNELS = 1_000;

  /** The heap that a client's channel takes besides its texts. */
  private static final int CLIENT_CHANNEL_BYTE_SIZE = 512;

  private static final int ADVERTISED_AT_ONCE = 200;
  private static final long ADVERTISED_CHAR_COUNT = 1L << 20;

  /** Whoever has a schema may come later than its topic. */
  private static final int SCANS_PER_QUESTION = 10;

  private static final int MESSAGE_DATA = 1;
  private static final int MESSAGE_HEAD_BYTE_SIZE = 5;
  private static final long MAX_QUEUED_BYTE_SIZE = 64L << 20;

  /** A client that goes on sending and doesn't read gets no answers. */
  private static final long MAX_STATUS_QUEUED_BYTE_SIZE = 1L << 20;

  private final GatewayExchange call;
  private final Topics topics;
  private final MessageTypes types;
  private final SocketPuts puts;
  private final SocketRoom room;
  private final PictureMaker maker;
  private final LoanPool texts;
  private final SocketTexts sent;

  /** Of all connections together; this one keeps those of as many channels as it once had. */
  private final ClientSlots.Taken slots;

  private final OffLoop slow;

  private long slotCount;
  private final Map<Topic, Channel> channels = new HashMap<>();

  /**
   * Read without a lock: to look at all topics takes long, and one thread takes the texts of all
   * clients apart.
   */
  private final Map<Long, Channel> byId = new ConcurrentHashMap<>();

  /** Guarded by itself: the event loop asks, and looking at all topics takes long. */
  private final Map<Long, Published> published = new HashMap<>();

  /** Channels that are gone, as long as the client could not be told. */
  private final List<Long> gone = new ArrayList<>();

  private volatile @Nullable SocketStreams streams;
  private Timers.@Nullable Task scan;
  private long nextId = 1;
  private long seenChangeCount = -1;

  /** Whether something is to be looked for though no topic changes: schemas, or room. */
  private boolean hasUnknown;

  private long scanCount;
  private volatile boolean closed;

  /** With the number of those of its topic that had another encoding before it. */
  private record Channel(
      long id, Topic topic, Encoding encoding, FoxgloveChannel form, int changeCount) {}

  /** With the room that it takes until it is closed. */
  private record Published(KeyExpr key, Encoding encoding, ClientSlots.Taken room) {}

  /**
   * Makes a connection.
   *
   * @param slots one for each channel; closed with the connection
   * @param slow where texts are taken apart
   */
  FoxgloveConnection(
      GatewayExchange call,
      Topics topics,
      MessageTypes types,
      SocketPuts puts,
      SocketRoom room,
      PictureMaker maker,
      LoanPool texts,
      ClientSlots.Taken slots,
      Executor slow) {
    this.slots = slots;
    this.slow = new OffLoop(slow);
    this.call = call;
    this.topics = topics;
    this.types = types;
    this.puts = puts;
    this.room = room;
    this.maker = maker;
    this.texts = texts;
    this.sent = new SocketTexts(call, MAX_QUEUED_BYTE_SIZE, this::wakeStream);
  }

  /** Begins, on a thread that may take its time. */
  void open(WebSocket socket, SocketStreams newStreams, Timers timers, Executor blocking) {
    Json info =
        new Json()
            .beginObject()
            .field("op", "serverInfo")
            .field("name", "Segue")
            .name("capabilities")
            .beginArray();
    if (puts.isAllowed()) {
      info.value("clientPublish");
    }
    info.endArray().name("supportedEncodings").beginArray();
    info.value("json").value("cdr").value("protobuf");
    info.endArray().name("metadata").beginObject().endObject();
    info.field("sessionId", Long.toHexString(System.identityHashCode(this))).endObject();
    sent.send(socket, info.toString()); // The first: there is room.
    synchronized (this) {
      streams = newStreams;
      if (closed) {
        newStreams.close();
        return;
      }
      scan = timers.every(PERIOD, blocking, () -> advertise(socket));
    }
    advertise(socket);
  }

  private void wakeStream() {
    SocketStreams open = streams;
    if (open != null) {
      open.wakeOne();
    }
  }

  /** Advertises topics that are new, whose encoding changed, or whose schema became known. */
  private synchronized void advertise(WebSocket socket) {
    if (!call.isStillAllowed()) {
      call.exchange().reset(Http2Error.CANCEL);
      return;
    }
    if (closed || socket.queuedByteSize() > MAX_QUEUED_BYTE_SIZE) {
      return;
    }
    long changeCount = topics.changeCount();
    if (changeCount == seenChangeCount && !(hasUnknown && ++scanCount % SCANS_PER_QUESTION == 0)) {
      return; // To look at all topics each second costs too much, with many clients.
    }
    seenChangeCount = changeCount;
    boolean waits = false;
    boolean isFull = false;
    List<Channel> added = new ArrayList<>();
    Collection<Topic> all = topics.all();
    removeForgotten(all);
    Predicate<KeyExpr> readable = Grant.includedIn(call.grant().readable());
    for (Topic topic : all) {
      if (call.isOver()) {
        return; // It has hung up meanwhile: nobody gets the rest.
      }
      Metadata last = topic.figures().last();
      if (last == null || !readable.test(topic.keyExpr())) {
        continue;
      }
      Channel known = channels.get(topic);
      boolean isOther = known != null && !known.encoding().equals(last.encoding());
      if (known != null
          && isOther
          && topic.figures().encodingAgeNanos() < patienceNanos(known.changeCount())) {
        waits = true;
        continue;
      }
      if (known != null && !isOther && !isMessageNow(known)) {
        continue;
      }
      if (known == null && (isFull || !hasSlot())) {
        isFull = true; // The rest needn't ask: at 10,000 topics that would be as many refusals.
        continue;
      }
      int changes = known == null ? 0 : known.changeCount() + (isOther ? 1 : 0);
      if (known != null) {
        gone.add(known.id());
        byId.remove(known.id());
      }
      FoxgloveChannel form = FoxgloveChannel.of(topic, last.encoding(), types, maker.memory());
      Channel channel = new Channel(nextId++, topic, last.encoding(), form, changes);
      added.add(channel);
      // Schemas may be long, and are needed this once.
      Channel kept =
          new Channel(channel.id(), topic, last.encoding(), form.withoutSchema(), changes);
      channels.put(topic, kept);
      byId.put(channel.id(), kept);
    }
    if (!gone.isEmpty()) {
      Json json =
          new Json().beginObject().field("op", "unadvertise").name("channelIds").beginArray();
      gone.forEach(json::value);
      if (sent.send(socket, json.endArray().endObject().toString())) {
        gone.clear();
      } else {
        seenChangeCount = -1;
      }
    }
    if (waits) {
      seenChangeCount = -1; // To look again though nothing changes any more.
    }
    hasUnknown = isFull || channels.values().stream().anyMatch(FoxgloveConnection::isUnknown);
    for (int from = 0, to; from < added.size(); from = to) {
      to = endOfSome(added, from);
      List<Channel> some = added.subList(from, to);
      if (!sent.send(socket, advertisement(some))) {
        some.forEach(this::forget);
        seenChangeCount = -1; // Until the next time.
      }
    }
  }

  /** Returns whether there may be one channel more. */
  private boolean hasSlot() {
    if (channels.size() < slotCount) {
      return true;
    }
    boolean isTaken = slots.tryMore(1);
    slotCount += isTaken ? 1 : 0;
    return isTaken;
  }

  /** Where those end that go into one text: a hundred schemas may have many megabytes. */
  private static int endOfSome(List<Channel> added, int from) {
    int end = from;
    long charCount = 0;
    while (end < added.size()
        && end - from < ADVERTISED_AT_ONCE
        && (end == from || charCount < ADVERTISED_CHAR_COUNT)) {
      charCount += added.get(end).form().schema().length();
      end++;
    }
    return end;
  }

  private static boolean isUnknown(Channel channel) {
    return channel.form().mayBeMessage() && TopicSchemas.isMessage(channel.encoding());
  }

  /** Returns whether the schema of its messages became known, or has grown. */
  private boolean isMessageNow(Channel channel) {
    FoxgloveChannel form = channel.form();
    return (form.mayBeMessage() || form.kind() == FoxgloveChannel.Kind.MESSAGE)
        && types
            .known(channel.topic().keyExpr(), channel.encoding())
            .filter(form::isOutdatedBy)
            .isPresent();
  }

  /**
   * For how long all samples must have another encoding for a channel to be replaced: none at
   * first, then ever longer, since two publishers of one key with an encoding each would have the
   * client subscribe for ever.
   */
  static long patienceNanos(int changes) {
    return changes == 0 ? 0 : PATIENCE.toNanos() << Math.min(changes - 1, MOST_DOUBLINGS);
  }

  private void forget(Channel channel) {
    channels.remove(channel.topic());
    byId.remove(channel.id());
  }

  /** Without it a publisher of ever new keys would fill the memory of each connection. */
  private void removeForgotten(Collection<Topic> all) {
    Set<Topic> present = new HashSet<>(all);
    for (Iterator<Channel> each = channels.values().iterator(); each.hasNext(); ) {
      Channel channel = each.next();
      if (!present.contains(channel.topic())) {
        each.remove();
        byId.remove(channel.id());
        gone.add(channel.id());
      }
    }
  }

  private static String advertisement(List<Channel> added) {
    Json json = new Json().beginObject().field("op", "advertise").name("channels").beginArray();
    for (Channel each : added) {
      json.beginObject()
          .field("id", each.id())
          .field("topic", each.topic().key())
          .field("encoding", each.form().encoding())
          .field("schemaName", each.form().schemaName())
          .field("schema", each.form().schema());
      if (!each.form().schemaEncoding().isEmpty()) {
        json.field("schemaEncoding", each.form().schemaEncoding());
      }
      json.endObject();
    }
    return json.endArray().endObject().toString();
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
      status(socket, e.getMessage());
    }
  }

  private void take(WebSocket socket, String text) {
    try {
      Map<String, @Nullable Object> message = JsonReader.object(text);
      switch (JsonReader.text(message, "op")) {
        case "subscribe" ->
            each(socket, JsonReader.objects(message, "subscriptions"), this::subscribe);
        case "unsubscribe" -> each(socket, list(message, "subscriptionIds"), this::unsubscribe);
        case "advertise" -> each(socket, JsonReader.objects(message, "channels"), this::advertised);
        case "unadvertise" -> each(socket, list(message, "channelIds"), this::unadvertised);
        default -> status(socket, "op " + JsonReader.text(message, "op") + ": not supported");
      }
    } catch (IllegalArgumentException e) {
      status(socket, String.valueOf(e.getMessage()));
    }
  }

  private interface Step<T> {
    void take(T each) throws HttpException;
  }

  /** What is wrong in a list, such as a channel that is gone by now, keeps nothing else of it. */
  private <T> void each(WebSocket socket, List<? extends T> all, Step<T> step) {
    for (T each : all) {
      try {
        step.take(each);
      } catch (IllegalArgumentException e) {
        status(socket, String.valueOf(e.getMessage()));
      } catch (HttpException e) {
        status(socket, e.getMessage());
      }
    }
  }

  private static List<?> list(Map<String, @Nullable Object> message, String name) {
    return message.get(name) instanceof List<?> list ? list : List.of();
  }

  private void status(WebSocket socket, String message) {
    if (socket.queuedByteSize() < MAX_STATUS_QUEUED_BYTE_SIZE) {
      sent.send(
          socket,
          new Json()
              .beginObject()
              .field("op", "status")
              .field("level", 2)
              .field("message", SocketTexts.cut(message))
              .endObject()
              .toString());
    }
  }

  private void subscribe(Map<String, @Nullable Object> subscription) throws HttpException {
    long id = JsonReader.id(subscription, "id");
    long channelId = JsonReader.id(subscription, "channelId");
    Channel channel = byId.get(channelId);
    SocketStreams open = streams;
    if (channel == null || open == null) {
      throw new IllegalArgumentException("subscription to channelId=" + channelId + ": none");
    }
    FoxgloveFormat format =
        new FoxgloveFormat(
            call,
            id,
            channel.topic().keyExpr(),
            channel.form(),
            channel.encoding(),
            types,
            maker,
            texts);
    boolean image = channel.form().isRawImage() || channel.form().isCompressedImage();
    open.subscribe(
        id, channel.topic().keyExpr(), format, image ? IMAGE_BACKLOG : BACKLOG, () -> {});
  }

  private void unsubscribe(@Nullable Object id) {
    SocketStreams open = streams;
    if (open != null) {
      open.unsubscribe(JsonReader.id(id, "subscriptionIds"));
    }
  }

  private void advertised(Map<String, @Nullable Object> channel) throws HttpException {
    String topic = JsonReader.text(channel, "topic");
    KeyExpr key = puts.checked(topic.startsWith("/") ? topic.substring(1) : topic);
    long id = JsonReader.id(channel, "id");
    Encoding encoding =
        encodingOf(JsonReader.text(channel, "encoding"), JsonReader.text(channel, "schemaName"));
    synchronized (published) {
      if (published.size() >= MAX_CLIENT_CHANNELS) {
        throw new IllegalArgumentException(
            "advertise: there are " + MAX_CLIENT_CHANNELS + " channels already");
      }
      if (!closed) { // Else nobody would give its room back.
        ClientSlots.Taken taken =
            call.roomFor(
                CLIENT_CHANNEL_BYTE_SIZE
                    + TextSize.ofHeap(key.toString())
                    + TextSize.ofHeap(encoding.text()));
        giveBack(published.put(id, new Published(key, encoding, taken)));
      }
    }
  }

  private static void giveBack(@Nullable Published channel) {
    if (channel != null) {
      channel.room().close();
    }
  }

  private static Encoding encodingOf(String encoding, String schemaName) {
    String type =
        switch (encoding) {
          case "json" -> "application/json";
          case "cdr" -> "application/cdr";
          case "protobuf" -> "application/protobuf";
          default -> encoding.isEmpty() ? "zenoh/bytes" : encoding;
        };
    return new Encoding(
        schemaName.isEmpty() || type.equals("application/json") ? type : type + ";" + schemaName);
  }

  private void unadvertised(@Nullable Object id) {
    synchronized (published) {
      giveBack(published.remove(JsonReader.id(id, "channelIds")));
    }
  }

  @Override
  public void onBinary(WebSocket socket, SegmentedBytes bytes) {
    ClientSlots.Taken taken;
    try {
      taken = room.whole(bytes.byteSize());
    } catch (HttpException e) {
      status(socket, e.getMessage());
      return;
    }
    if (bytes.byteSize() < MESSAGE_HEAD_BYTE_SIZE || bytes.byteAt(0) != MESSAGE_DATA) {
      taken.close();
      status(socket, "a binary message that is not MessageData");
      return;
    }
    long channelId = 0;
    for (int i = 4; i >= 1; i--) {
      channelId = (channelId << 8) | (bytes.byteAt(i) & 0xFF);
    }
    Published channel;
    synchronized (published) {
      channel = published.get(channelId);
    }
    if (channel == null) {
      taken.close();
      status(socket, "message on channelId=" + channelId + ": it was not advertised");
      return;
    }
    puts.put(
        channel.key(),
        bytes.slice(MESSAGE_HEAD_BYTE_SIZE),
        channel.encoding(),
        Qos.defaults(),
        false,
        taken,
        SocketPuts.onFault(fault -> status(socket, fault.getMessage())));
  }

  @Override
  public void onClosed(WebSocket socket) {
    SocketStreams open;
    Timers.Task running;
    synchronized (this) {
      closed = true;
      open = streams;
      running = scan;
      slots.close();
    }
    synchronized (published) {
      published.values().forEach(FoxgloveConnection::giveBack);
      published.clear();
    }
    room.close();
    if (running != null) {
      running.cancel();
    }
    if (open != null) {
      open.close();
    }
  }
}
