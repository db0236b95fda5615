package dev.segue.http2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.ResourceLeakDetector;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Feeds parsers with what a peer could send, made of valid pieces and then damaged. {@code
 * -Dsegue.seed=} repeats a run, {@code -Dsegue.fuzz.count=} makes it longer.
 */
@Timeout(300)
@DisabledIfSystemProperty(
    named = "segue.http2.portable",
    matches = "true",
    disabledReason = "the parsers are the same")
class ParserFuzzTest {
  static {
    LeakWatch.install();
  }

  private static final long SEED = Long.getLong("segue.seed", System.nanoTime());
  private static final int COUNT = Integer.getInteger("segue.fuzz.count", 5_000);

  private static final String CHUNKS =
      String.join("\r\n", "5;x=\"y\"", "hello", "A ", "0123456789", "0", "T: z", "", "");

  private static final List<String> HTTP1 =
      List.of(
          "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
          "\r\nGET /x?y HTTP/1.0\r\n\r\n",
          "OPTIONS * HTTP/1.1\r\nHost: a:80\r\nConnection: close\r\n\r\n",
          "GET http://b/c HTTP/1.1\r\nHost: a\r\nA: \t x y \r\n\r\n",
          "PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
          "PUT /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS,
          "PUT /c HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n");

  private static final List<String> HTTP1_PIECES =
      List.of(
          "\r\n",
          "\n",
          "\r",
          "\0",
          ":",
          " ",
          "\t",
          "0",
          "-1",
          "0x5",
          ";",
          ",",
          "\u00ff",
          "\r\n\r\n",
          "Host: b\r\n",
          "Content-Length: 1\r\n",
          "Content-Length: 99999999999999999999\r\n",
          "Transfer-Encoding: chunked\r\n",
          "Transfer-Encoding: gzip, chunked\r\n",
          "\r\n folded",
          "HTTP/1.1",
          "HTTP/2.0",
          "fffffffffffffff",
          "ffffffffffffffff",
          "x".repeat(300),
          "@",
          "//");

  @BeforeAll
  static void printSeed() {
    System.out.println("ParserFuzzTest: -Dsegue.seed=" + SEED);
  }

  @AfterAll
  static void nothingLeaked() throws Exception {
    LeakWatch.assertNone();
  }

  @ParameterizedTest
  @EnumSource
  void whatCanNotBeUnderstoodIsRefusedHoweverItIsCut(FuzzTarget target) {
    // A stack trace for each byte that is read would be most of the work.
    ResourceLeakDetector.Level level = ResourceLeakDetector.getLevel();
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.SIMPLE);
    try {
      feed(target);
    } finally {
      ResourceLeakDetector.setLevel(level);
    }
  }

  private static void feed(FuzzTarget target) {
    Random random = new Random(SEED);
    int count = target == FuzzTarget.HTTP2 ? COUNT / 4 : COUNT;
    for (int i = 0; i < count; i++) {
      byte[] bytes = input(target, random);
      long cuts = random.nextLong();
      try {
        target.run(bytes, cuts);
      } catch (RuntimeException | Error e) {
        String shown = java.util.HexFormat.of().formatHex(bytes);
        throw new AssertionError(
            target + " -Dsegue.seed=" + SEED + " i=" + i + " cuts=" + cuts + " bytes=" + shown, e);
      }
    }
  }

  private static byte[] input(FuzzTarget target, Random random) {
    ByteBuf made = Unpooled.buffer();
    switch (target) {
      case HTTP1 -> {
        for (int i = 0; i <= random.nextInt(3); i++) {
          write(made, HTTP1.get(random.nextInt(HTTP1.size())));
        }
      }
      case WEB_SOCKET -> {
        for (int i = 0; i <= random.nextInt(6); i++) {
          webSocketFrame(made, random);
        }
      }
      case HTTP2 -> {
        write(made, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        made.writeBytes(RawPeer.frame(RawPeer.SETTINGS, 0, 0, new byte[0]));
        for (int i = 0; i <= random.nextInt(8); i++) {
          http2Frame(made, random);
        }
      }
    }
    byte[] bytes = new byte[made.readableBytes()];
    made.readBytes(bytes).release();
    return random.nextInt(4) == 0 ? bytes : damaged(target, bytes, random);
  }

  private static void write(ByteBuf into, String text) {
    into.writeCharSequence(text, StandardCharsets.ISO_8859_1);
  }

  private static void webSocketFrame(ByteBuf into, Random random) {
    int opcode = new int[] {0, 1, 1, 2, 2, 8, 9, 10, random.nextInt(16)}[random.nextInt(9)];
    int[] sizes = {0, 1, 2, 7, 8, 9, 125, 126, 127, 300, 65_535, 65_536, 70_000};
    int size = opcode >= 8 ? random.nextInt(126) : sizes[random.nextInt(sizes.length)];
    into.writeByte((random.nextInt(4) > 0 ? 0x80 : 0) | opcode);
    if (size < 126 && random.nextInt(16) > 0) {
      into.writeByte(0x80 | size);
    } else if (size <= 0xFFFF && random.nextInt(8) > 0) {
      into.writeByte(0x80 | 126).writeShort(size);
    } else {
      into.writeByte(0x80 | 127).writeLong(random.nextInt(16) == 0 ? random.nextLong() : size);
    }
    byte[] payload = new byte[4 + size];
    random.nextBytes(payload);
    into.writeBytes(payload);
  }

  private static void http2Frame(ByteBuf into, Random random) {
    int[] types = {0, 0, 0, 1, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 200};
    int[] streams = {0, 1, 1, 3, 3, 5, 7, 9, 11, 13, 2, 1 << 30, -1};
    int type = types[random.nextInt(types.length)];
    int stream = streams[random.nextInt(streams.length)];
    int flags = new int[] {0, 1, 4, 5, 5, 5, 8, 0x20, random.nextInt(256)}[random.nextInt(9)];
    ByteBuf payload = Unpooled.buffer();
    switch (type) {
      case RawPeer.HEADERS, RawPeer.CONTINUATION -> headerBlock(payload, random);
      case RawPeer.SETTINGS, RawPeer.GO_AWAY, RawPeer.PING -> {
        byte[] bytes = new byte[new int[] {0, 6, 8, 12, 5}[random.nextInt(5)]];
        random.nextBytes(bytes);
        payload.writeBytes(bytes);
      }
      case RawPeer.RST_STREAM, RawPeer.WINDOW_UPDATE ->
          payload.writeInt(random.nextBoolean() ? random.nextInt(14) : random.nextInt());
      default -> payload.writeZero(random.nextInt(300));
    }
    byte[] bytes = new byte[payload.readableBytes()];
    payload.readBytes(bytes).release();
    into.writeBytes(RawPeer.frame(type, flags, stream, bytes));
  }

  private static void headerBlock(ByteBuf into, Random random) {
    String[][] fields = {
      {":method", "GET"},
      {":method", "POST"},
      {":method", "CONNECT"},
      {":scheme", "http"},
      {":path", "/a"},
      {":path", ""},
      {":authority", "a"},
      {":protocol", "websocket"},
      {":status", "200"},
      {"host", "b"},
      {"content-length", "5"},
      {"content-length", "-1"},
      {"te", "trailers"},
      {"connection", "close"},
      {"x", "a\r\nb"},
      {"X", "a"},
      {"x y", " a"},
      {"x", "\u00e9"},
      {"", ""}
    };
    if (random.nextInt(4) > 0) {
      for (int i : new int[] {random.nextInt(2), 3, 4, 6}) {
        literal(into, fields[i][0], fields[i][1]);
      }
    }
    for (int i = 0; i < random.nextInt(4); i++) {
      int at = random.nextInt(fields.length);
      literal(into, fields[at][0], fields[at][1]);
    }
    if (random.nextInt(8) == 0) {
      into.writeInt(random.nextInt()); // no HPACK, or some index
    }
  }

  private static void literal(ByteBuf into, String name, String value) {
    into.writeByte(0).writeByte(name.length());
    write(into, name);
    into.writeByte(value.length());
    write(into, value);
  }

  private static byte[] damaged(FuzzTarget target, byte[] bytes, Random random) {
    ByteBuf all = Unpooled.buffer().writeBytes(bytes);
    int from = target == FuzzTarget.HTTP2 && random.nextInt(8) > 0 ? 24 : 0;
    for (int i = 0; i <= random.nextInt(3); i++) {
      int at = Math.min(all.readableBytes(), from + random.nextInt(all.readableBytes() + 1));
      byte[] head = new byte[at];
      all.readBytes(head);
      ByteBuf damaged = Unpooled.buffer().writeBytes(head);
      switch (random.nextInt(4)) {
        case 0 -> damaged.writeByte(random.nextInt(256));
        case 1 -> all.skipBytes(Math.min(all.readableBytes(), 1 + random.nextInt(8)));
        case 2 -> {
          if (all.isReadable()) {
            damaged.writeByte(all.readByte() ^ (1 << random.nextInt(8)));
          }
        }
        default -> {
          if (target == FuzzTarget.HTTP1) {
            write(damaged, HTTP1_PIECES.get(random.nextInt(HTTP1_PIECES.size())));
          } else {
            damaged.writeShort(random.nextInt());
          }
        }
      }
      damaged.writeBytes(all);
      all.release();
      all = damaged;
    }
    byte[] result = new byte[all.readableBytes()];
    all.readBytes(result).release();
    return result;
  }
}
