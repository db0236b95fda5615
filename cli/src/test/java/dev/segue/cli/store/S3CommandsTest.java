package dev.segue.cli.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.segue.cli.CommandRun;
import dev.segue.cli.SegueProcess;
import dev.segue.objectstore.Relay;
import dev.segue.objectstore.s3.S3Server;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class S3CommandsTest extends StoreCommandsContract {
  private static S3Server server;

  @BeforeAll
  static void start() throws Exception {
    System.setProperty("aws.accessKeyId", "test");
    System.setProperty("aws.secretAccessKey", "testtest");
    server = new S3Server();
  }

  @AfterAll
  static void stop() {
    server.close();
    System.clearProperty("aws.accessKeyId");
    System.clearProperty("aws.secretAccessKey");
  }

  @Override
  String at(String key) {
    return "s3://" + S3Server.BUCKET + "/" + key + "?endpoint=" + server.endpoint();
  }

  @Test
  void fromStoreToStoreChunksArePartsWithoutACopy() throws Exception {
    Path file = Data.file(folder.resolve("from"), 33 * Data.MIB + 5);
    done("put", "-q", file.toString(), at("k"));
    // Another name of the same server is another store.
    String other = at("l").replace("127.0.0.1", "localhost");
    String copied = done("cp", "--json", "--part-size", "5MiB", at("k"), other).out();
    assertEquals(Long.toString(Files.size(file)), field(copied, "bytes"));
    assertTrue(Long.parseLong(field(copied, "copiedBytes")) <= 64 * 1024, copied);
    Path back = folder.resolve("back");
    done("get", "-q", at("l"), back.toString());
    assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(back));
    assertTrue(server.unfinishedUploads().isEmpty());
  }

  @Test
  void aPartThatIsLargerThanWhatIsReadAheadIsNoStandstill() throws Exception {
    Path file = Data.file(folder.resolve("from"), 33 * Data.MIB);
    done("put", "-q", file.toString(), at("k"));
    String other = at("l").replace("127.0.0.1", "localhost");
    done("cp", "-q", "--part-size", "20MiB", "--inflight", "1", at("k"), other);
    assertEquals(
        Long.toString(Files.size(file)), field(done("stat", "--json", at("l")).out(), "bytes"));
  }

  /** Nothing about the addresses says that they are one server's. */
  @Test
  void whatIsMovedOntoItselfByAnotherAddressStays() throws Exception {
    Path file = Data.file(folder.resolve("from"), 1_000);
    done("put", "-q", file.toString(), at("d/k"));
    try (Relay relay = new Relay(server.endpoint(), 1L << 30)) {
      String other = "s3://" + S3Server.BUCKET + "/d/k?endpoint=" + relay.endpoint();
      refused(1, "may be one object", "mv", at("d/k"), other);
      CommandRun tree = CommandRun.of("mv", "-r", "--json", at("d/"), other.replace("d/k", "d/"));
      assertEquals(1, tree.status(), tree::toString);
      assertEquals("1", field(tree.out(), "failed"));
      done("mv", "-q", at("d/k"), other.replace("d/k", "d/l"));
    }
    Path back = folder.resolve("back");
    done("get", "-q", at("d/l"), back.toString());
    assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(back));
    refused(1, "404", "stat", at("d/k"));
  }

  @Test
  void presignedUrlsWorkForOthers() throws Exception {
    String put = done("presign", "--put", "--expires", "5m", at("k%3F")).out().strip();
    String got = field(done("presign", "--json", at("k%3F")).out(), "url").replace("\"", "");
    try (HttpClient other = HttpClient.newHttpClient()) {
      HttpResponse<String> stored =
          other.send(
              HttpRequest.newBuilder(URI.create(put))
                  .PUT(HttpRequest.BodyPublishers.ofString("hello"))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertEquals(200, stored.statusCode(), stored::body);
      HttpResponse<String> read =
          other.send(
              HttpRequest.newBuilder(URI.create(got)).build(),
              HttpResponse.BodyHandlers.ofString());
      assertEquals("hello", read.body());
    }
    refused(2, "--expires 8d: from 1s to 7d", "presign", "--expires", "8d", at("k"));
    refused(2, "--expires soon: a number with one of", "presign", "--expires", "soon", at("k"));
  }

  @Test
  void whatTheServerSaysIsInTheLine() {
    String missing = at("k").replace("s3://" + S3Server.BUCKET, "s3://nosuch");
    refused(1, "NoSuchBucket", "ls", missing);
    refused(2, "option \"nope\"", "stat", "s3://b/k?nope=1");
    refused(2, "known are", "stat", "s4://b/k");
    refused(1, "127.0.0.1:1", "stat", "--attempts", "1", "s3://b/k?endpoint=http://127.0.0.1:1");
  }

  @Test
  void aTreeIsNotCopiedIntoItselfUnderAnotherNameOfTheServer() throws Exception {
    Path file = Data.file(folder.resolve("from"), 10);
    done("put", "-q", file.toString(), at("d/f"));
    String other = at("d/sub").replace("127.0.0.1", "localhost") + "&region=us-east-1";
    refused(2, "copied into itself", "cp", "-r", at("d"), other);
  }

  @Test
  void messagesSayWhatToDo() {
    refused(2, "a URL such as https://host:9000", "ls", "s3://b?endpoint=127.0.0.1:9");
    refused(1, "no key to sign with", "presign", at("k") + "&anonymous");
  }

  @Test
  void theContentTypeComesFromTheNameAndStaysWithTheObject() throws Exception {
    Path file = Data.file(folder.resolve("page.html"), 10);
    done("put", "-q", file.toString(), at("page"));
    String other = at("other").replace("127.0.0.1", "localhost");
    done("cp", "-q", at("page"), other);
    done("cp", "-q", at("other"), at("third"));
    for (String key : new String[] {"page", "other", "third"}) {
      assertEquals("\"text/html\"", field(done("stat", "--json", at(key)).out(), "contentType"));
    }
  }

  @Test
  void endpointAndRegionMayBeOptions() throws Exception {
    Path file = Data.file(folder.resolve("from"), 10);
    String[] where = {"--endpoint", server.endpoint().toString(), "--region", "eu-central-1"};
    String plain = "s3://" + S3Server.BUCKET + "/opt/k";
    done("put", "-q", file.toString(), plain, where[0], where[1], where[2], where[3]);
    assertEquals("10", field(done("stat", "--json", at("opt/k")).out(), "bytes"));
    assertEquals(
        "10", field(done("du", "--json", plain, where[0], where[1], "--region=x").out(), "bytes"));
    // What a URI says goes before them, and files have neither.
    done("get", "-q", "--endpoint", "http://127.0.0.1:1", at("opt/k"), folder + "/back");
    refused(2, "a URL such as https://host:9000", "stat", "--endpoint", "127.0.0.1:9", plain);
    // Two spellings of one place.
    refused(
        2,
        "copied into itself",
        "cp",
        "-r",
        where[0],
        where[1],
        where[2],
        where[3],
        "s3://" + S3Server.BUCKET + "/opt",
        at("opt/below"));
  }

  @Test
  void aConditionIsDecidedByTheStore() throws Exception {
    Path file = Data.file(folder.resolve("from"), 10);
    done("put", "-q", file.toString(), at("k"));
    SegueProcess process =
        SegueProcess.start(folder, "put-streaming", "--no-clobber", "--json", at("k"));
    try (process) {
      process.input().write(1);
      process.input().close();
      assertEquals(1, process.await());
      assertEquals("\"EXISTS\"", field(process.out(), "reason"));
    }
    assertEquals("10", field(done("stat", "--json", at("k")).out(), "bytes"));
  }

  /** A server with two buckets of one object each; notes methods and paths. */
  private static HttpServer twoBuckets(List<String> asked, boolean copies) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          try (exchange;
              InputStream body = exchange.getRequestBody()) {
            body.transferTo(OutputStream.nullOutputStream());
            String method = exchange.getRequestMethod();
            boolean isCopy = exchange.getRequestHeaders().containsKey("x-amz-copy-source");
            asked.add((isCopy ? "COPY" : method) + " " + exchange.getRequestURI().getPath());
            String answer =
                switch (method) {
                  case "GET" -> "hello";
                  case "PUT" -> "<CopyObjectResult><ETag>&quot;e&quot;</ETag></CopyObjectResult>";
                  default -> "";
                };
            exchange.getResponseHeaders().set("ETag", "\"e\"");
            if (method.equals("HEAD")) {
              exchange.getResponseHeaders().set("Content-Length", "5");
              exchange.sendResponseHeaders(200, -1);
              return;
            }
            if (method.equals("GET")) {
              exchange.getResponseHeaders().set("Content-Range", "bytes 0-4/5");
            }
            byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
            int status = method.equals("GET") ? 206 : 200;
            exchange.sendResponseHeaders(isCopy && !copies ? 403 : status, bytes.length);
            exchange.getResponseBody().write(bytes);
          }
        });
    server.start();
    return server;
  }

  @Test
  void betweenBucketsOfOneServiceTheServiceCopies() throws Exception {
    List<String> asked = new CopyOnWriteArrayList<>();
    HttpServer server = twoBuckets(asked, true);
    try {
      String options = "?endpoint=http://127.0.0.1:" + server.getAddress().getPort();
      CommandRun run = done("cp", "--json", "s3://a/k" + options, "s3://b/l" + options);
      assertEquals("5", field(run.out(), "bytes"));
      assertTrue(asked.contains("COPY /b/l"), asked::toString);
      assertTrue(asked.stream().noneMatch(each -> each.startsWith("GET")), asked::toString);
    } finally {
      server.stop(0);
    }
  }

  @Test
  void whatTheServiceMayNotCopyGoesThroughThisMachine() throws Exception {
    List<String> asked = new CopyOnWriteArrayList<>();
    HttpServer server = twoBuckets(asked, false);
    try {
      String options = "?endpoint=http://127.0.0.1:" + server.getAddress().getPort();
      done("cp", "-q", "s3://a/k" + options, "s3://b/l" + options);
      assertTrue(asked.contains("COPY /b/l"), asked::toString);
      assertTrue(asked.contains("GET /a/k"), asked::toString);
      assertTrue(asked.contains("PUT /b/l"), asked::toString);
    } finally {
      server.stop(0);
    }
  }
}
