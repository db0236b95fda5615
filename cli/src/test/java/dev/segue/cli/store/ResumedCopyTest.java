package dev.segue.cli.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.segue.cli.SegueProcess;
import dev.segue.objectstore.checksum.Crc;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What was read wrong is not gone on with. */
@Timeout(120)
class ResumedCopyTest {
  private static final int BYTE_SIZE = 20 << 20;

  /** In the second of the ranges of 4 MiB, and the first of the parts of 8 MiB. */
  private static final int SPOILT = 5 << 20;

  @TempDir Path folder;

  private final byte[] object = new byte[BYTE_SIZE];
  private volatile boolean spoils;

  private HttpServer server() throws IOException {
    new SplittableRandom(11).nextBytes(object);
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::answer);
    server.start();
    return server;
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      var head = exchange.getResponseHeaders();
      head.set("ETag", "\"1\"");
      head.set("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT");
      if ("ENABLED"
          .equalsIgnoreCase(exchange.getRequestHeaders().getFirst("x-amz-checksum-mode"))) {
        String crc = Crc.CRC32C.base64(Crc.CRC32C.of(ByteBuffer.wrap(object)));
        head.set("x-amz-checksum-crc32c", crc);
        head.set("x-amz-checksum-type", "FULL_OBJECT");
      }
      if (exchange.getRequestMethod().equals("HEAD")) {
        head.set("Content-Length", Integer.toString(BYTE_SIZE));
        exchange.sendResponseHeaders(200, -1);
        return;
      }
      String[] ends =
          exchange.getRequestHeaders().getFirst("Range").substring("bytes=".length()).split("-", 2);
      int from = Integer.parseInt(ends[0]);
      int to = Math.min(BYTE_SIZE - 1, Integer.parseInt(ends[1]));
      byte[] body = java.util.Arrays.copyOfRange(object, from, to + 1);
      if (spoils && from <= SPOILT && SPOILT <= to) {
        body[SPOILT - from] ^= 1;
      }
      head.set("Content-Range", "bytes " + from + "-" + to + "/" + BYTE_SIZE);
      exchange.sendResponseHeaders(206, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  @Test
  void partsOfBytesThatCameOutWrongAreNotKept() throws Exception {
    HttpServer server = server();
    try {
      String uri =
          "s3://b/k?region=us-east-1&endpoint=http://127.0.0.1:" + server.getAddress().getPort();
      Path to = folder.resolve("to");
      String[] line = {"get", "--resume", uri, to.toString()};
      spoils = true;
      try (SegueProcess process = SegueProcess.start(folder, line)) {
        assertEquals(1, process.await());
        assertTrue(process.err().contains("are not those that were stored"), process.err());
        assertFalse(Files.exists(to));
      }
      spoils = false;
      try (SegueProcess process = SegueProcess.start(folder, line)) {
        assertEquals(0, process.await(), process.err());
      }
      assertArrayEquals(object, Files.readAllBytes(to));
    } finally {
      server.stop(0);
    }
  }

  /** Puts 17 MiB on a condition; the store does it, and says nothing of it. */
  private String[] putWhoseEndIsLost(RacingS3 server) throws Exception {
    Path file = folder.resolve("file");
    Files.write(file, new byte[17 << 20]);
    String[] line = {
      "put",
      "--json",
      "--resume",
      "--no-clobber",
      "--attempts",
      "1",
      file.toString(),
      server.at("a/k")
    };
    AtomicInteger ends = new AtomicInteger();
    server.after =
        request -> {
          if (request.equals("POST a/k") && ends.incrementAndGet() == 2) {
            throw new IOException("the answer is lost");
          }
        };
    try (SegueProcess process = SegueProcess.start(folder, line)) {
      assertEquals(1, process.await());
    }
    assertEquals(17 << 20, server.text("a/k").length());
    return line;
  }

  @Test
  void whatWasStoredWithoutAnAnswerIsNotSkippedAsAnothers() throws Exception {
    try (RacingS3 server = new RacingS3()) {
      String[] line = putWhoseEndIsLost(server);
      try (SegueProcess process = SegueProcess.start(folder, line)) {
        assertEquals(0, process.await(), process.err());
        assertTrue(process.out().contains("\"skipped\":0"), process.out());
      }
      assertEquals(0, server.uploadCount());
      try (SegueProcess process = SegueProcess.start(folder, line)) {
        assertEquals(0, process.await(), process.err());
        assertTrue(process.out().contains("\"skipped\":1"), process.out());
      }
    }
  }

  @Test
  void anothersObjectOfTheSameBytesIsSkipped() throws Exception {
    try (RacingS3 server = new RacingS3()) {
      String[] line = putWhoseEndIsLost(server);
      server.replace("a/k");
      try (SegueProcess process = SegueProcess.start(folder, line)) {
        assertEquals(0, process.await(), process.err());
        assertTrue(process.out().contains("\"skipped\":1"), process.out());
      }
      assertEquals(0, server.uploadCount());
    }
  }
}
