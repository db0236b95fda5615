package dev.segue.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a server can make a client keep. */
@Timeout(60)
class HostileServerTest {
  static {
    LeakWatch.install();
  }

  private static final int PUSH_PROMISE = 5;
  private static final int PROTOCOL_ERROR = 1;
  private static final byte[] STATUS_200 = {(byte) 0x88};

  @AfterAll
  static void nothingLeaked() throws Exception {
    LeakWatch.assertNone();
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private static Http2StreamException faultOf(CompletionStage<?> stage) {
    ExecutionException thrown = assertThrows(ExecutionException.class, () -> await(stage));
    return assertInstanceOf(Http2StreamException.class, thrown.getCause());
  }

  /** The frame that opens, or reserves, one more stream of the server's own. */
  private static void openStream(RawPeer peer, int type, int requestId, int id) throws IOException {
    if (type == RawPeer.HEADERS) {
      peer.send(type, RawPeer.END_HEADERS, id, STATUS_200);
      return;
    }
    byte[] fields = peer.headers("GET", "/");
    ByteBuffer promise = ByteBuffer.allocate(4 + fields.length).putInt(id).put(fields);
    peer.send(type, RawPeer.END_HEADERS, requestId, promise.array());
  }

  /** Each stayed in the client's tables until the connection ended: a server fills its heap. */
  @ParameterizedTest
  @ValueSource(ints = {RawPeer.HEADERS, PUSH_PROMISE})
  void aServerThatOpensStreamsOfItsOwnIsLeft(int type) throws Exception {
    CompletableFuture<Boolean> left = new CompletableFuture<>();
    try (RawServer server =
            RawServer.of(
                RawServer.http2(
                    peer -> {
                      int requestId = peer.await(RawPeer.HEADERS).streamId();
                      openStream(peer, type, requestId, 2);
                      left.complete(peer.awaitGoAway(PROTOCOL_ERROR));
                    }));
        Http2Client client = server.client().connect()) {
      CompletionStage<Response> response = client.send(Request.get("/"));
      assertTrue(await(left));
      faultOf(response);
    }
  }

  /** 200 and a content-length of 100. */
  private static void promise100Bytes(RawPeer peer, int id, boolean endStream) throws IOException {
    byte[] fields = {(byte) 0x88, 0x0F, 0x0D, 3, '1', '0', '0'};
    int flags = RawPeer.END_HEADERS | (endStream ? RawPeer.END_STREAM : 0);
    peer.send(RawPeer.HEADERS, flags, id, fields);
  }

  /** It was taken for an empty one, and whole. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aBodyThatDoesNotComeIsNoEmptyOne(boolean inHeader) throws Exception {
    try (RawServer server =
            RawServer.of(
                RawServer.http2(
                    peer -> {
                      int id = peer.await(RawPeer.HEADERS).streamId();
                      promise100Bytes(peer, id, inHeader);
                      if (!inHeader) {
                        peer.send(RawPeer.DATA, RawPeer.END_STREAM, id, new byte[0]);
                      }
                      int head = peer.await(RawPeer.HEADERS).streamId();
                      promise100Bytes(peer, head, true);
                      RawServer.swallow(peer);
                    }));
        Http2Client client = server.client().connect()) {
      faultOf(client.send(Request.get("/")).thenCompose(response -> response.body().readAll(1000)));
      Response head = await(client.send(Request.of("HEAD", "/")));
      assertEquals("100", head.headers().first("content-length").orElse(""));
      try (WholeBody body = await(head.body().readAll(1000))) {
        assertEquals(0, body.bytes().byteSize());
      }
    }
  }

  /** The body stayed in pooled memory for good: there was no response to read it from. */
  @Test
  void aBodyWithoutAHeaderIsNoResponseAndIsGivenBack() throws Exception {
    byte[] body = "x".repeat(12_000).getBytes(StandardCharsets.US_ASCII);
    try (RawServer server =
            RawServer.of(
                RawServer.http2(
                    peer -> {
                      int id = peer.await(RawPeer.HEADERS).streamId();
                      peer.send(RawPeer.DATA, RawPeer.END_STREAM, id, body);
                      RawServer.answerAll(peer);
                    }));
        Http2Client client = server.client().connect()) {
      faultOf(client.send(Request.get("/")));
      assertEquals(200, await(client.send(Request.get("/"))).status());
    }
  }
}
