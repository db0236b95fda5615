package dev.segue.http2;

import dev.segue.bytes.spi.PeerClock;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Parsers of what a peer sends, as functions from bytes to a text that says what was understood.
 * However the bytes are cut into reads, the text is the same; nothing but a documented refusal
 * comes out of a parser, and no memory stays behind.
 */
enum FuzzTarget {
  /** Request lines, header fields and bodies, chunked or not, one request after the other. */
  HTTP1 {
    @Override
    String understood(byte[] bytes, @Nullable Random cuts) {
      StringBuilder text = new StringBuilder();
      Http1Parser parser = new Http1Parser(MAX_HEADER_BYTE_SIZE);
      Http1Body body = null;
      ByteBuf in = Unpooled.buffer();
      try {
        for (byte[] read : cut(bytes, cuts)) {
          in.writeBytes(read);
          boolean more = true;
          while (more) {
            if (body == null) {
              Http1Head head = parser.head(in);
              more = head != null;
              if (head != null) {
                text.append(head.request()).append(head.keepAlive()).append('{');
                check(head.request());
                body = new Http1Body(head, MAX_HEADER_BYTE_SIZE);
              }
            } else {
              ByteBuf piece = body.next(in);
              if (piece != null) {
                text.append(piece.toString(StandardCharsets.ISO_8859_1));
              } else if (body.isDone()) {
                body = null;
                text.append('}');
              } else {
                more = false;
              }
            }
          }
        }
      } catch (Http1Malformed e) {
        text.append(" refused ").append(e.status());
      }
      in.release();
      return text.toString();
    }
  },

  /** Frames of a WebSocket's client. */
  WEB_SOCKET {
    @Override
    String understood(byte[] bytes, @Nullable Random cuts) {
      StringBuilder text = new StringBuilder();
      UnpooledByteBufAllocator alloc = new UnpooledByteBufAllocator(true);
      WebSocketFrames frames = new WebSocketFrames(alloc, MAX_MESSAGE_BYTE_SIZE);
      long received = 0;
      try {
        for (byte[] read : cut(bytes, cuts)) {
          frames.take(
              MemorySegment.ofArray(read),
              0,
              (opcode, payload) -> {
                byte[] message = new byte[payload.readableBytes()];
                payload.readBytes(message).release();
                text.append(opcode).append(HexFormat.of().formatHex(message)).append(' ');
              });
          received += read.length;
          long held = alloc.metric().usedDirectMemory();
          if (held > 4 * received + 8192) {
            throw new AssertionError("held=" + held + " for received=" + received);
          }
        }
      } catch (WebSocketFrames.Fault e) {
        text.append(" refused ").append(e.code);
      } finally {
        frames.release();
      }
      if (alloc.metric().usedDirectMemory() != 0) {
        throw new AssertionError("left behind: " + alloc.metric().usedDirectMemory());
      }
      return text.toString();
    }
  },

  /** What an HTTP/2 client sends: the preface, frames and header blocks. */
  HTTP2 {
    @Override
    String understood(byte[] bytes, @Nullable Random cuts) {
      StringBuilder text = new StringBuilder();
      Http2Handler handler =
          exchange -> {
            text.append(exchange.request());
            check(exchange.request());
            var _ =
                exchange
                    .body()
                    .readAll(1 << 20)
                    .whenComplete(
                        (whole, _) -> {
                          if (whole != null) {
                            whole.close();
                          }
                        });
          };
      Http2Limits limits = Http2Limits.defaults().withStreamCount(5);
      EmbeddedChannel channel =
          new EmbeddedChannel(
              ConnectionBuilder.server(
                  limits,
                  Http2Deadlines.defaults(),
                  new PeerClock(1),
                  new ServerEvents(new ExchangeStarter(handler), new ExchangeRoom(Long.MAX_VALUE)),
                  Duration.ofMillis(1)));
      // It counts, so that a leak is seen in the run that makes it.
      UnpooledByteBufAllocator memory = new UnpooledByteBufAllocator(true);
      channel.config().setAllocator(memory);
      ByteBuf out = Unpooled.buffer();
      for (byte[] read : cut(bytes, cuts)) {
        if (channel.isOpen()) {
          channel.writeInbound(Unpooled.directBuffer(read.length + 1).writeBytes(read));
        }
        collect(channel, out);
      }
      channel.finish();
      if (channel.isOpen()) {
        // It waits for its streams to end, by a timer that the channel has canceled.
        channel.pipeline().fireChannelInactive();
      }
      collect(channel, out);
      channel.checkException();
      long leaked = memory.metric().usedDirectMemory() + memory.metric().usedHeapMemory();
      if (leaked != 0) {
        throw new AssertionError("leaked byteSize=" + leaked);
      }
      appendErrors(out, text);
      out.release();
      return text.toString();
    }

    private void collect(EmbeddedChannel channel, ByteBuf out) {
      for (ByteBuf each = channel.readOutbound(); each != null; each = channel.readOutbound()) {
        out.writeBytes(each);
        each.release();
      }
    }

    // The RST_STREAM and GOAWAY frames; when others are sent depends on the cuts.
    private void appendErrors(ByteBuf out, StringBuilder text) {
      while (out.readableBytes() >= FrameSink.HEADER_BYTE_SIZE) {
        int size = out.readUnsignedMedium();
        int type = out.readUnsignedByte();
        out.readByte();
        int stream = out.readInt();
        ByteBuf payload = out.readSlice(size);
        if (type == RawPeer.RST_STREAM) {
          text.append(" reset ").append(stream).append(' ').append(payload.readInt());
        } else if (type == RawPeer.GO_AWAY) {
          text.append(" away ").append(payload.getInt(4));
        }
      }
    }
  };

  static final int MAX_HEADER_BYTE_SIZE = 512;
  static final int MAX_MESSAGE_BYTE_SIZE = 100_000;

  /** What the parser makes of {@code bytes}, in reads as {@code cuts} says, or in one. */
  abstract String understood(byte[] bytes, @Nullable Random cuts);

  /** Runs it with one read and with several; throws {@link AssertionError} if they differ. */
  void run(byte[] bytes, long cutSeed) {
    String whole = understood(bytes, null);
    String cut = understood(bytes, new Random(cutSeed));
    if (!whole.equals(cut)) {
      throw new AssertionError("whole: " + whole + "\nin pieces: " + cut);
    }
  }

  private static byte[][] cut(byte[] bytes, @Nullable Random cuts) {
    if (cuts == null) {
      return new byte[][] {bytes};
    }
    int max = 1 + cuts.nextInt(Math.max(1, bytes.length));
    byte[][] reads = new byte[bytes.length][];
    int count = 0;
    for (int at = 0; at < bytes.length; ) {
      int size = Math.min(bytes.length - at, 1 + cuts.nextInt(max));
      reads[count++] = Arrays.copyOfRange(bytes, at, at + size);
      at += size;
    }
    return Arrays.copyOf(reads, count);
  }

  /** No request that HTTP forbids reaches a handler. */
  static void check(Request request) {
    boolean valid =
        request.method().matches("[!#$%&'*+.^_`|~0-9A-Za-z-]+")
            && (request.method().equals("CONNECT") || request.path().matches("\\*|/[!-~]*"))
            && request.authority().matches("[!-~]*");
    boolean[] fields = {true};
    request
        .headers()
        .forEach(
            (name, value) ->
                fields[0] &=
                    name.matches("[!#$%&'*+.^_`|~0-9a-z-]+")
                        && value.matches(
                            "([!-~\u0080-\u00ff]([\t -~\u0080-\u00ff]*[!-~\u0080-\u00ff])?)?"));
    if (!valid || !fields[0]) {
      throw new AssertionError("reached a handler: " + request);
    }
  }
}
