package dev.segue.gateway;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.LoanPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.Headers;
import dev.segue.http2.Http2Client;
import dev.segue.http2.Http2Server;
import dev.segue.http2.Request;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Objects of a directory; what leads out of it. */
class ObjectTest {
  private static final int LARGE = 20_000_000;

  @TempDir static Path outside;
  private static Path directory;
  private static Fixture fixture;

  @BeforeAll
  static void open() throws Exception {
    directory = Files.createDirectories(outside.resolve("root"));
    Files.writeString(outside.resolve("secret"), "secret");
    Files.writeString(directory.resolve("ten"), "0123456789");
    Files.write(directory.resolve("large.png"), content(LARGE));
    Files.createSymbolicLink(directory.resolve("link"), outside.resolve("secret"));
    Files.createSymbolicLink(directory.resolve("linked"), outside);
    fixture =
        Fixture.open(
            options ->
                options.roots(
                    List.of(
                        new ObjectRoot("files", directory.toUri().toString(), true),
                        new ObjectRoot("readonly", directory.toUri().toString(), false))));
  }

  @AfterAll
  static void close() {
    fixture.close();
  }

  private static byte[] content(int byteSize) {
    byte[] content = new byte[byteSize];
    new Random(byteSize).nextBytes(content);
    return content;
  }

  private static Fixture.Answer get(String path, String... headers) throws Exception {
    return fixture.send(new Request("GET", path, "", Headers.of(headers)));
  }

  /** Links that lead out of the root are no part of it. */
  @Test
  void aRootIsListedAndDeletedFrom() throws Exception {
    assertEquals(
        201,
        fixture
            .send(Request.of("PUT", "/objects/files/folder/a.txt"), SegmentedBytes.copyOfUtf8("a"))
            .status());
    String list = fixture.get("/objects/files/").text();
    assertTrue(list.contains("{\"key\":\"ten\",\"byteSize\":10,"), list);
    assertTrue(list.contains("\"folder/\""), list);
    assertTrue(!list.contains("secret") && !list.contains("linked"), list);
    String deep = fixture.get("/objects/files/?deep").text();
    assertTrue(deep.contains("\"folder/a.txt\"") && !deep.contains("secret"), deep);
    assertTrue(fixture.get("/objects/files/?prefix=folder/").text().contains("folder/a.txt"));
    assertEquals(404, fixture.get("/objects/files/?prefix=linked/").status());
    assertEquals(400, fixture.get("/objects/files/?prefix=../").status());
    assertEquals(404, fixture.get("/objects/other/").status());
    assertEquals(
        405,
        fixture
            .send(Request.of("PUT", "/objects/files/"), SegmentedBytes.copyOfUtf8("a"))
            .status());
    Request delete = Request.of("DELETE", "/objects/files/folder/a.txt");
    assertEquals(412, fixture.send(delete.with("if-match", "\"other\"")).status());
    assertEquals(
        403, fixture.send(Request.of("DELETE", "/objects/readonly/folder/a.txt")).status());
    assertEquals(204, fixture.send(delete).status());
    assertEquals(404, fixture.send(delete).status());
    assertTrue(!fixture.get("/objects").text().contains("file:"), fixture.get("/objects").text());
  }

  @Test
  void neitherPathsNorInodesAreShown() throws Exception {
    assertEquals(
        "{\"roots\":[{\"name\":\"files\",\"writable\":true},"
            + "{\"name\":\"readonly\",\"writable\":false}]}",
        fixture.get("/objects").text());
    String etag = fixture.get("/objects/files/ten").header("etag");
    long inode = (Long) Files.getAttribute(directory.resolve("ten"), "unix:ino");
    assertTrue(etag.matches("\"[0-9a-f]{16,64}\""), etag);
    for (int radix : List.of(10, 16)) {
      assertFalse(etag.contains(Long.toString(inode, radix)), etag);
    }
    String text =
        fixture.get("/objects/files/" + "%2e%2e").text() + fixture.get("/objects/x/").text();
    assertFalse(text.contains(directory.toString()), text);
  }

  @Test
  void anErrorWhileAnObjectIsReadIsAnsweredAndFreesItsTransfer() throws Exception {
    LoanPool broken = new BrokenPool();
    try (ObjectRoots roots =
            ObjectRoots.open(
                List.of(new ObjectRoot("files", directory.toUri().toString(), false)));
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      ObjectRoutes routes = new ObjectRoutes(roots, new ObjectDownload(broken), threads, 20);
      try (Http2Server server =
              Http2Server.builder(
                      exchange -> routes.handle(Fixture.callOf(exchange, 1 << 20, new Timers())))
                  .start();
          Http2Client client =
              Http2Client.builder("localhost", server.address().getPort()).connect()) {
        for (int i = 0; i < 30; i++) {
          assertEquals(
              503, Fixture.answerOf(client.send(Request.get("/objects/files/ten"))).status());
        }
        assertEquals(
            200, Fixture.answerOf(client.send(Request.of("HEAD", "/objects/files/ten"))).status());
      }
    }
  }

  @Test
  void aNameThatNoFileSystemTakesIsAWrongRequest() throws Exception {
    String path = "/objects/files/" + "x".repeat(300);
    assertEquals(400, fixture.get(path).status());
    assertEquals(
        400, fixture.send(Request.of("PUT", path), SegmentedBytes.copyOfUtf8("a")).status());
  }

  @Test
  void aWholeObjectComesInItsPieces() throws Exception {
    Fixture.Answer answer = fixture.get("/objects/files/large.png");
    assertEquals(200, answer.status());
    assertEquals("image/png", answer.header("content-type"));
    assertEquals("bytes", answer.header("accept-ranges"));
    assertTrue(answer.header("content-security-policy").contains("sandbox"));
    assertArrayEquals(content(LARGE), answer.body().copyToByteArray());
  }

  @ParameterizedTest
  @CsvSource({
    "bytes=0-3,206,0123,bytes 0-3/10",
    "bytes=8-,206,89,bytes 8-9/10",
    "bytes=-3,206,789,bytes 7-9/10",
    "bytes=4-999999999999,206,456789,bytes 4-9/10",
    "bytes=-99,206,0123456789,bytes 0-9/10",
    "bytes=9-2,200,0123456789,",
    "lines=1-2,200,0123456789,",
    "'bytes=0-1,3-4',200,0123456789,",
    "bytes=-,200,0123456789,"
  })
  void aRangeIsSent(String range, int status, String text, String contentRange) throws Exception {
    Fixture.Answer answer = get("/objects/files/ten", "range", range);
    assertEquals(status, answer.status());
    assertEquals(text, answer.text());
    assertEquals(contentRange == null ? "" : contentRange, answer.header("content-range"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"bytes=10-", "bytes=10-12", "bytes=-0"})
  void aRangeThatIsNotThereIsRefused(String range) throws Exception {
    Fixture.Answer answer = get("/objects/files/ten", "range", range);
    assertEquals(416, answer.status());
    assertEquals("bytes */10", answer.header("content-range"));
  }

  @Test
  void aLargeRangeStartsWhereItIsAskedTo() throws Exception {
    Fixture.Answer answer = get("/objects/files/large.png", "range", "bytes=1000001-17000000");
    assertEquals(206, answer.status());
    assertArrayEquals(
        Arrays.copyOfRange(content(LARGE), 1_000_001, 17_000_001), answer.body().copyToByteArray());
  }

  @Test
  void conditionsAreChecked() throws Exception {
    String etag = fixture.get("/objects/files/ten").header("etag");
    String date = fixture.get("/objects/files/ten").header("last-modified");
    assertEquals(304, get("/objects/files/ten", "if-none-match", etag).status());
    assertEquals(304, get("/objects/files/ten", "if-none-match", "\"x\", W/" + etag).status());
    assertEquals(200, get("/objects/files/ten", "if-none-match", "\"x\"").status());
    // A list may come in several fields, RFC 9110 section 5.3.
    Headers none = Headers.of("if-none-match", "\"x\"", "if-none-match", etag);
    assertEquals(304, fixture.send(new Request("GET", "/objects/files/ten", "", none)).status());
    Headers match = Headers.of("if-match", "\"x\"", "if-match", etag);
    assertEquals(200, fixture.send(new Request("GET", "/objects/files/ten", "", match)).status());
    assertEquals(304, get("/objects/files/ten", "if-modified-since", date).status());
    assertEquals(412, get("/objects/files/ten", "if-match", "\"x\"").status());
    assertEquals(200, get("/objects/files/ten", "if-match", etag).status());
    assertEquals(206, get("/objects/files/ten", "range", "bytes=0-1", "if-range", etag).status());
    assertEquals(206, get("/objects/files/ten", "range", "bytes=0-1", "if-range", date).status());
    assertEquals(
        200, get("/objects/files/ten", "range", "bytes=0-1", "if-range", "\"x\"").status());
  }

  @Test
  void headTellsTheSizeAlone() throws Exception {
    Fixture.Answer answer = fixture.send(Request.of("HEAD", "/objects/files/ten"));
    assertEquals(200, answer.status());
    assertEquals("10", answer.header("content-length"));
    assertEquals(0, answer.body().byteSize());
  }

  @Test
  void aPutIsThereAsAWhole() throws Exception {
    byte[] body = content(LARGE + 1);
    Request put = Request.of("PUT", "/objects/files/a/b%20c");
    Fixture.Answer answer = fixture.send(put, SegmentedBytes.copyOf(body));
    assertEquals(201, answer.status(), answer.text());
    assertArrayEquals(body, Files.readAllBytes(directory.resolve("a/b c")));
    assertEquals(204, fixture.send(put, SegmentedBytes.copyOf(body)).status());
    assertEquals(
        412, fixture.send(put.with("if-none-match", "*"), SegmentedBytes.copyOf(body)).status());
    assertEquals(
        400,
        fixture
            .send(put.with("content-range", "bytes 0-1/3"), SegmentedBytes.copyOf(body))
            .status());
  }

  /** Of two that put at once on a condition, the later one was told that it had. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aConditionHoldsUntilAPutIsWhole(boolean isThere) throws Exception {
    String name = "condition" + isThere;
    Request put = Request.of("PUT", "/objects/files/" + name);
    Request mine = put.with("if-none-match", "*");
    if (isThere) {
      mine =
          put.with("if-match", fixture.send(put, SegmentedBytes.copyOfUtf8("old")).header("etag"));
    }
    Http2Client.OpenRequest call = fixture.client().open(mine);
    // More than the window: the upload has begun, and the condition was looked at.
    Fixture.await(call.body().write(SegmentedBytes.copyOf(content(4_000_000))));
    Fixture.Answer other = fixture.send(put, SegmentedBytes.copyOfUtf8("other"));
    assertEquals(isThere ? 204 : 201, other.status());
    Fixture.await(call.body().end());
    assertEquals(412, Fixture.answerOf(call.response()).status());
    assertEquals("other", Files.readString(directory.resolve(name)));
  }

  @Test
  void aConditionMayStandInAnyOfSeveralFields() throws Exception {
    Request put = Request.of("PUT", "/objects/files/several");
    Request onlyThere = put.with("if-match", "").with("if-match", "\"x\"");
    assertEquals(412, fixture.send(onlyThere, SegmentedBytes.copyOfUtf8("new")).status());
    assertFalse(Files.exists(directory.resolve("several")));
  }

  /** It was told 404, as if it had asked for something that never was. */
  @Test
  void aConditionFailsWhereTheVersionWasDeletedMeanwhile() throws Exception {
    Request put = Request.of("PUT", "/objects/files/deleted");
    String etag = fixture.send(put, SegmentedBytes.copyOfUtf8("old")).header("etag");
    Http2Client.OpenRequest call = fixture.client().open(put.with("if-match", etag));
    // More than the window: the upload has begun, and the condition was looked at.
    Fixture.await(call.body().write(SegmentedBytes.copyOf(content(4_000_000))));
    assertEquals(204, fixture.send(Request.of("DELETE", "/objects/files/deleted")).status());
    Fixture.await(call.body().end());
    assertEquals(412, Fixture.answerOf(call.response()).status());
  }

  /** Whoever creates an object on condition takes 412 for one that is there already. */
  @Test
  void aNewObjectWhosePlaceIsGoneIsNotTakenForOneThatExists() throws Exception {
    Request put = Request.of("PUT", "/objects/files/gone/new").with("if-none-match", "*");
    Http2Client.OpenRequest call = fixture.client().open(put);
    // More than a part, so that something is written.
    Fixture.await(call.body().write(SegmentedBytes.copyOf(content(9_000_000))));
    Path place = directory.resolve("gone");
    Fixture.until("the upload to begin", () -> Files.exists(place) && !filesIn(place).isEmpty());
    for (Path each : filesIn(place)) {
      Files.delete(each);
    }
    Files.delete(place);
    Fixture.await(call.body().end());
    assertEquals(404, Fixture.answerOf(call.response()).status());
  }

  private static List<Path> filesIn(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      return files.toList();
    }
  }

  /** Lent, each would cost heap until its part is full: a client may send a byte at a time. */
  @Test
  void smallPiecesOfAPutAreCopied() throws Exception {
    String site = "objectstore.writeChunk";
    long before = CopyLedger.snapshot().byteCounts().getOrDefault(site, 0L);
    byte[] content = content(1000);
    Request put = Request.of("PUT", "/objects/files/small");
    assertEquals(201, fixture.send(put, SegmentedBytes.copyOf(content)).status());
    assertArrayEquals(content, Files.readAllBytes(directory.resolve("small")));
    assertEquals(before + 1000, CopyLedger.snapshot().byteCounts().getOrDefault(site, 0L));
  }

  @Test
  void nothingIsSeenOfAPutThatIsGivenUp() throws Exception {
    Http2Client.OpenRequest call = fixture.client().open(Request.of("PUT", "/objects/files/never"));
    Fixture.await(call.body().write(SegmentedBytes.copyOf(content(900_000))));
    call.cancel();
    assertEquals(200, fixture.get("/objects/files/ten").status());
    Fixture.until(
        "the upload to be given up",
        () -> {
          try (var files = Files.list(directory)) {
            return files.noneMatch(file -> file.getFileName().toString().startsWith(".segue"));
          }
        });
    assertFalse(Files.exists(directory.resolve("never")));
  }

  @Test
  void aClientThatGoesAwayFreesItsTransfer() throws Exception {
    for (int i = 0; i < 40; i++) {
      var response = Fixture.await(fixture.client().send(Request.get("/objects/files/large.png")));
      assertEquals(200, response.status());
      response.body().cancel();
      try (Http2Client other = Http2Client.builder("localhost", fixture.port()).connect()) {
        var begun = Fixture.await(other.send(Request.get("/objects/files/large.png")));
        assertEquals(200, begun.status());
      }
    }
  }

  @Test
  void aReadOnlyRootTakesNoPut() throws Exception {
    Request put = Request.of("PUT", "/objects/readonly/x");
    assertEquals(403, fixture.send(put, SegmentedBytes.copyOfUtf8("x")).status());
    assertFalse(Files.exists(directory.resolve("x")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/objects/files/../secret",
        "/objects/files/a/../../secret",
        "/objects/files/%2e%2e/secret",
        "/objects/files/%2E%2E/secret",
        "/objects/files/.%2e/secret",
        "/objects/files/..%2fsecret",
        "/objects/files/a%2f..%2f..%2fsecret",
        "/objects/files/..%5csecret",
        "/objects/files/..\\secret",
        "/objects/files/ten%00.png",
        "/objects/files/%00",
        "/objects/files//etc/passwd",
        "/objects/files/%2fetc%2fpasswd",
        "/objects/files/./ten",
        "/objects/files/ten/",
        "/objects/files/%c0%ae%c0%ae/secret",
        "/objects/files/.segue-part-1",
        "/objects/files/link",
        "/objects/files/linked/secret",
        "/objects/../files/ten",
        "/objects/%2e%2e/ten",
        "/objects/other/ten",
        "/objects/file:%2f%2f%2fetc%2fpasswd",
        "/objects/file:///etc/passwd",
        "/objects/http%3a%2f%2flocalhost%2fx",
        "/objects/s3%3a%2f%2fbucket%2fkey%3fendpoint%3dhttp%3a%2f%2flocalhost",
        "/../secret",
        "/%2e%2e/secret",
        "/page/../Gateway.class",
        "/..%2fGateway.class"
      })
  void nothingLeadsOutOfTheRoot(String path) throws Exception {
    for (String method : List.of("GET", "PUT")) {
      Fixture.Answer answer =
          method.equals("GET")
              ? fixture.get(path)
              : fixture.send(Request.of("PUT", path), SegmentedBytes.copyOfUtf8("overwritten"));
      assertTrue(answer.status() >= 400 && answer.status() < 500, method + " " + answer.status());
      assertFalse(answer.text().contains("secret\n"), answer.text());
    }
    assertEquals("secret", Files.readString(outside.resolve("secret")));
    assertEquals("0123456789", Files.readString(directory.resolve("ten")));
  }

  @Test
  void aPathIsDecodedOnce() throws Exception {
    Request put = Request.of("PUT", "/objects/files/%252e%252e/secret");
    assertEquals(201, fixture.send(put, SegmentedBytes.copyOfUtf8("inside")).status());
    assertEquals("inside", Files.readString(directory.resolve("%2e%2e/secret")));
  }

  @Test
  void aWholeUriUnderARootIsTaken() throws Exception {
    String base = URLEncoder.encode("file://" + directory, StandardCharsets.UTF_8);
    assertEquals("0123456789", fixture.get("/objects/" + base + "%2ften").text());
    assertEquals(400, fixture.get("/objects/" + base + "%2f..%2fsecret").status());
    assertEquals(404, fixture.get("/objects/" + base + "x%2fsecret").status());
  }

  @Test
  void anotherClientReadsARangeAndPutsWithUnknownLength() throws Exception {
    String base = "http://localhost:" + fixture.port() + "/objects/files/";
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> part =
          client.send(
              HttpRequest.newBuilder(URI.create(base + "ten")).header("range", "bytes=2-4").build(),
              HttpResponse.BodyHandlers.ofString());
      assertEquals(206, part.statusCode());
      assertEquals("234", part.body());
      byte[] body = content(3_000_000);
      HttpResponse<String> put =
          client.send(
              HttpRequest.newBuilder(URI.create(base + "streamed"))
                  .PUT(
                      HttpRequest.BodyPublishers.ofInputStream(
                          () -> new ByteArrayInputStream(body)))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertEquals(201, put.statusCode(), put.body());
      assertArrayEquals(body, Files.readAllBytes(directory.resolve("streamed")));
    }
  }
}
