package dev.segue.objectstore.s3;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.http.ScriptedServer;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpResponse;

/** Bodies that take many times longer than a server may leave a request without moving a byte. */
@Timeout(60)
class SlowUplinkTest {
  private static final int BODY_BYTE_SIZE = 24 << 20;
  private static final int PIECE_BYTE_SIZE = 64 << 10;
  private static final Duration STALL = Duration.ofSeconds(2);
  private final Arena arena = Arena.ofShared();

  private static void drain(Socket socket, int byteSize, long pauseMillis) throws Exception {
    InputStream in = socket.getInputStream();
    byte[] piece = new byte[PIECE_BYTE_SIZE];
    for (int left = byteSize; left > 0; ) {
      left -= in.read(piece, 0, Math.min(left, piece.length));
      TimeUnit.MILLISECONDS.sleep(pauseMillis);
    }
  }

  private SdkHttpResponse put(URI uri, DirectHttpClient client) throws Exception {
    MemorySegment data = arena.allocate(BODY_BYTE_SIZE);
    AwsRegionBody body =
        AwsRegionBody.of(SegmentedBytes.fromSegments(List.of(data.asReadOnly()), false));
    return Requests.put(client, uri, body).get();
  }

  @Test
  void anUploadGoesOnForAsLongAsItsBytesMove() throws Exception {
    try (arena;
        DirectHttpClient client = DirectHttpClient.builder().stallTimeout(STALL).build();
        ScriptedServer server =
            new ScriptedServer(
                (number, head, socket) -> {
                  drain(socket, BODY_BYTE_SIZE, 20);
                  ScriptedServer.send(socket, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                })) {
      assertEquals(200, put(server.uri(), client).statusCode());
      assertEquals(1, server.requestCount.get());
    }
  }

  /** The list of ten thousand parts is larger than a socket's buffer. */
  @Test
  void theEndOfAnUploadOfManyPartsMayTakeLong() throws Exception {
    try (arena;
        DirectHttpClient client = DirectHttpClient.builder().stallTimeout(STALL).build();
        ScriptedServer server =
            new ScriptedServer(
                (number, head, socket) -> {
                  drain(socket, BODY_BYTE_SIZE, 0);
                  TimeUnit.MILLISECONDS.sleep(4 * STALL.toMillis());
                  ScriptedServer.send(socket, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                })) {
      MemorySegment data = arena.allocate(BODY_BYTE_SIZE);
      AwsRegionBody body =
          AwsRegionBody.of(SegmentedBytes.fromSegments(List.of(data.asReadOnly()), false));
      URI end = server.uri().resolve("/bucket/key?uploadId=1");
      assertEquals(200, Requests.send(client, SdkHttpMethod.POST, end, body).get().statusCode());
      assertEquals(1, server.requestCount.get());
    }
  }

  @Test
  void anUploadThatStandsStillIsEnded() throws Exception {
    try (arena;
        DirectHttpClient client = DirectHttpClient.builder().stallTimeout(STALL).build();
        ScriptedServer server =
            new ScriptedServer(
                (number, head, socket) -> {
                  drain(socket, BODY_BYTE_SIZE / 4, 0);
                  TimeUnit.MINUTES.sleep(1);
                })) {
      ExecutionException failure =
          assertThrows(ExecutionException.class, () -> put(server.uri(), client));
      assertTrue(String.valueOf(failure.getMessage()).contains("no byte moved"), failure::toString);
    }
  }
}
