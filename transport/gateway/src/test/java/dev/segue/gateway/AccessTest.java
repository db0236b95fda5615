package dev.segue.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.BodyPiece;
import dev.segue.http2.BodyReader;
import dev.segue.http2.Headers;
import dev.segue.http2.Http2Client;
import dev.segue.http2.Request;
import dev.segue.http2.Tls;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.PutOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Access control of the gateway. */
class AccessTest {
  private static final String TOKEN = "correct horse";

  private static int status(Fixture fixture, Request request) throws Exception {
    return fixture.send(request).status();
  }

  @Test
  void aTokenIsAskedForAndComparedWhole() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options.token(TOKEN))) {
      Request get = Request.get("/topics");
      assertEquals(401, status(fixture, get));
      assertEquals("Bearer realm=\"segue\"", fixture.send(get).header("www-authenticate"));
      for (String wrong :
          List.of("Bearer", "Bearer correct", TOKEN, "Basic " + TOKEN, "Bearer " + TOKEN + "x")) {
        assertEquals(401, status(fixture, get.with("authorization", wrong)), wrong);
      }
      // RFC 9113 section 8.2.1: such a request is malformed.
      Assertions.assertThrows(
          java.util.concurrent.ExecutionException.class,
          () -> status(fixture, get.with("authorization", "Bearer ")));
      assertEquals(200, status(fixture, get.with("authorization", "Bearer " + TOKEN)));
      assertEquals(200, status(fixture, get.with("authorization", "bearer " + TOKEN)));
      assertEquals(200, status(fixture, Request.get("/healthz")));
      for (String path :
          List.of("/metrics", "/topics/x", "/topics/x?stream", "/objects", "/objects/a/b")) {
        assertEquals(401, status(fixture, Request.get(path)), path);
      }
      assertEquals(401, status(fixture, Request.of("PUT", "/topics/x")));
      assertEquals(401, status(fixture, Request.of("DELETE", "/topics/x")));
    }
  }

  @Test
  void aBrowserTradesTheTokenForACookie() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options.token(TOKEN))) {
      Fixture.Answer page = fixture.get("/?token=wrong"); // it asks for the right one
      assertEquals(200, page.status());
      assertEquals("", page.header("set-cookie"));
      assertEquals(401, status(fixture, Request.get("/topics?token=correct%20horse")));
      Fixture.Answer login = fixture.get("/?token=correct+horse");
      assertEquals(303, login.status());
      assertEquals("/", login.header("location"));
      String cookie = login.header("set-cookie");
      assertTrue(cookie.contains("HttpOnly; SameSite=Strict"), cookie);
      assertTrue(!cookie.contains("horse"), cookie);
      String value = cookie.substring(0, cookie.indexOf(';'));
      assertEquals(200, status(fixture, Request.get("/topics").with("cookie", "a=b; " + value)));
      assertEquals(
          200, status(fixture, Request.get("/topics").with("cookie", "a=b").with("cookie", value)));
      assertEquals(401, status(fixture, Request.get("/topics").with("cookie", value + "0")));
    }
  }

  @Test
  void keysOutsideTheListsAreRefused() throws Exception {
    try (Fixture fixture =
        Fixture.open(
            options ->
                options
                    .readable(List.of(KeyExpr.of("robot/**"), KeyExpr.of("robot/arm/*")))
                    .writable(List.of(KeyExpr.of("robot/*/cmd"))))) {
      fixture.publish("robot/arm/1", SegmentedBytes.copyOfUtf8("x"), PutOptions.none());
      fixture.publisher.put(KeyExpr.of("other"), SegmentedBytes.copyOfUtf8("secret"));
      assertEquals(200, status(fixture, Request.get("/topics/robot/arm/1")));
      for (String key :
          List.of(
              "other",
              "**",
              "*/arm/1?stream",
              "@/**?stream=sse",
              "**?stream=sse",
              "robotic/arm?stream=sse")) {
        assertEquals(403, status(fixture, Request.get("/topics/" + key)), key);
      }
      assertTrue(!fixture.get("/topics").text().contains("other"));
      SegmentedBytes body = SegmentedBytes.copyOfUtf8("go");
      assertEquals(204, fixture.send(Request.of("PUT", "/topics/robot/a/cmd"), body).status());
      assertEquals(403, fixture.send(Request.of("PUT", "/topics/robot/a"), body).status());
      assertEquals(403, fixture.send(Request.of("PUT", "/topics/robot/**"), body).status());
      assertEquals(403, status(fixture, Request.of("DELETE", "/topics/robot/a")));
      assertEquals(204, status(fixture, Request.of("DELETE", "/topics/robot/a/cmd")));
      assertEquals(400, fixture.send(Request.of("PUT", "/topics/robot/*/cmd"), body).status());
      assertEquals(400, fixture.send(Request.of("PUT", "/topics/robot//cmd"), body).status());
      assertEquals(405, status(fixture, Request.of("POST", "/topics/robot/a/cmd")));
      // Both expressions include it, and it came once.
      fixture.untilAllAreReceived();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "evil.example,421",
    "localhost.evil.example,421",
    "evil.example:80,421",
    "localhost,200",
    "LOCALHOST:1,200",
    "127.0.0.1:9,200",
    "[::1]:9,200",
    "robot.local,200",
    "xrobot.local,421",
    "1.2.3.4.evil.example,421"
  })
  void anotherNameIsRefused(String authority, int status) throws Exception {
    try (Fixture fixture = Fixture.open(options -> options.hosts(List.of("robot.local")))) {
      assertEquals(
          status, status(fixture, new Request("GET", "/topics", authority, Headers.empty())));
    }
  }

  @Test
  void anotherSiteIsRefused() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options)) {
      Request put = Request.of("PUT", "/topics/x");
      String own = "http://localhost:" + fixture.port();
      SegmentedBytes body = SegmentedBytes.copyOfUtf8("x");
      assertEquals(204, fixture.send(put, body).status());
      assertEquals(204, fixture.send(put.with("origin", own), body).status());
      for (String origin :
          List.of(
              "http://evil.example",
              "null",
              own + "0",
              "http://localhost",
              own + ".evil.example")) {
        assertEquals(403, fixture.send(put.with("origin", origin), body).status(), origin);
        assertEquals(403, status(fixture, Request.get("/topics").with("origin", origin)), origin);
      }
      Request get = Request.get("/topics");
      assertEquals(200, status(fixture, get.with("sec-fetch-site", "same-origin")));
      assertEquals(200, status(fixture, get.with("sec-fetch-site", "none")));
      assertEquals(403, status(fixture, get.with("sec-fetch-site", "cross-site")));
      assertEquals(403, status(fixture, get.with("sec-fetch-site", "same-site")));
      Request link =
          Request.get("/")
              .with("sec-fetch-site", "cross-site")
              .with("sec-fetch-mode", "navigate")
              .with("sec-fetch-dest", "document");
      assertEquals(200, status(fixture, link));
      assertEquals(
          403,
          status(
              fixture,
              Request.get("/")
                  .with("sec-fetch-site", "cross-site")
                  .with("sec-fetch-mode", "navigate")
                  .with("sec-fetch-dest", "iframe")));
    }
  }

  @Test
  void anotherSchemeOrPortIsAnotherSite() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options)) {
      Request get = new Request("GET", "/topics", "localhost:443", Headers.empty());
      assertEquals(403, status(fixture, get.with("origin", "http://localhost:80")));
      assertEquals(403, status(fixture, get.with("origin", "http://localhost")));
      assertEquals(200, status(fixture, get.with("origin", "http://localhost:443")));
      Request proxied = get.with("x-forwarded-proto", "https");
      assertEquals(200, status(fixture, proxied.with("origin", "https://localhost")));
    }
  }

  @Test
  void anAllowedOriginReadsAndItsPreflightNeedsNoToken() throws Exception {
    String origin = "https://dashboard.example:8080";
    try (Fixture fixture = Fixture.open(options -> options.token(TOKEN).origins(List.of(origin)))) {
      Request preflight =
          Request.of("OPTIONS", "/topics")
              .with("origin", origin)
              .with("sec-fetch-site", "cross-site")
              .with("access-control-request-method", "PUT");
      Fixture.Answer asked = fixture.send(preflight);
      assertEquals(204, asked.status());
      assertEquals(origin, asked.header("access-control-allow-origin"));
      assertTrue(asked.header("access-control-allow-methods").contains("PUT"));
      assertTrue(asked.header("access-control-allow-headers").contains("authorization"));
      Request get = Request.get("/topics").with("origin", origin);
      assertEquals(401, status(fixture, get));
      Fixture.Answer answer = fixture.send(get.with("authorization", "Bearer " + TOKEN));
      assertEquals(200, answer.status());
      assertEquals(origin, answer.header("access-control-allow-origin"));
      assertEquals("origin", answer.header("vary"));
      assertEquals("cross-origin", answer.header("cross-origin-resource-policy"));
      List<String> shown = List.of(answer.header("access-control-expose-headers").split(", ", -1));
      for (String name : List.of("zenoh-attachment", "zenoh-encoding", "segue-query")) {
        assertTrue(shown.contains(name), name);
      }
      for (String other : List.of(origin + "0", "http://dashboard.example:8080", "null")) {
        assertEquals(403, status(fixture, Request.get("/topics").with("origin", other)), other);
      }
    }
  }

  @Test
  void wrongTokensAreBoundedAndACookieIsNoGuess() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options.token(TOKEN))) {
      String cookie = fixture.get("/?token=correct+horse").header("set-cookie");
      Request get = Request.get("/topics");
      int[] answers = new int[600];
      for (int i = 0; i < 30; i++) {
        answers[status(fixture, get.with("authorization", "Bearer wrong" + i))]++;
      }
      assertTrue(answers[401] >= 20 && answers[429] > 0, answers[401] + " " + answers[429]);
      assertEquals(429, status(fixture, get.with("authorization", "Bearer " + TOKEN)));
      assertEquals(
          200, status(fixture, get.with("cookie", cookie.substring(0, cookie.indexOf(';')))));
    }
  }

  /** Cookies are no guesses, so none can be made of a guess. */
  @Test
  void aCookieCanNotBeMadeOfTheToken() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options.token(TOKEN))) {
      String login = fixture.get("/?token=correct+horse").header("set-cookie");
      String name = login.substring(0, login.indexOf('='));
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(("cookie of " + TOKEN).getBytes(StandardCharsets.UTF_8));
      String guess = name + "=" + HexFormat.of().formatHex(digest);
      assertEquals(401, status(fixture, Request.get("/topics").with("cookie", guess)));
    }
  }

  /** A token is not looked at before the name and the site are. */
  @Test
  void aForeignSiteCannotGuess() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options.token(TOKEN))) {
      Request login = Request.get("/?token=correct+horse");
      assertEquals(403, status(fixture, login.with("origin", "http://evil.example")));
      assertEquals(
          421,
          status(
              fixture,
              new Request("GET", "/?token=correct+horse", "evil.example", Headers.empty())));
    }
  }

  @Test
  void whoLogsOutHasNoCookieAndGatewaysOfAHostHaveTheirOwn() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options.token(TOKEN));
        Fixture other = Fixture.open(options -> options.token(TOKEN + "2"))) {
      String first = fixture.get("/?token=correct+horse").header("set-cookie");
      String second = other.get("/?token=correct+horse2").header("set-cookie");
      assertTrue(
          !first.substring(0, first.indexOf('=')).equals(second.substring(0, second.indexOf('='))),
          first);
      Request get = Request.get("/topics");
      String both =
          first.substring(0, first.indexOf(';')) + "; " + second.substring(0, second.indexOf(';'));
      assertEquals(200, status(fixture, get.with("cookie", both)));
      assertEquals(200, status(other, get.with("cookie", both)));
      Fixture.Answer out = fixture.send(Request.of("DELETE", "/session").with("cookie", both));
      assertEquals(204, out.status());
      assertTrue(out.header("set-cookie").contains("Max-Age=0"), out.header("set-cookie"));
    }
  }

  @Test
  void tokensOfAFileHaveKeysAndAnEndAndAreReadAgain(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("access");
    Files.writeString(
        file,
        """
        # name, keys, end
        reader read=robot/** until=2100-01-01
        writer read=robot/a write=robot/a
        ended  read=** write=** until=2020-01-01T00:00:00Z
        """);
    try (Fixture fixture = Fixture.open(options -> options.token(TOKEN).accessFile(file))) {
      Request put = Request.of("PUT", "/topics/robot/a");
      SegmentedBytes body = SegmentedBytes.copyOfUtf8("x");
      assertEquals(204, fixture.send(bearer(put, "writer"), body).status());
      assertEquals(403, fixture.send(bearer(put, "reader"), body).status());
      assertEquals(401, fixture.send(bearer(put, "ended"), body).status());
      assertEquals(204, fixture.send(bearer(Request.of("PUT", "/topics/b"), TOKEN), body).status());
      Fixture.until(
          "the values to arrive",
          () -> status(fixture, bearer(Request.get("/topics/b"), TOKEN)) == 200);
      assertEquals(403, status(fixture, bearer(Request.get("/topics/b"), "reader")));
      String seen = fixture.send(bearer(Request.get("/topics"), "reader")).text();
      assertTrue(seen.contains("robot/a") && !seen.contains("\"b\""), seen);
      Files.writeString(file, "another read=**\n");
      Fixture.until(
          "the file to be read again",
          () -> status(fixture, bearer(Request.get("/topics"), "another")) == 200);
      assertEquals(401, status(fixture, bearer(Request.get("/topics"), "reader")));
    }
  }

  /** What goes on for long ends with the token that began it. */
  @Test
  void streamsEndWithTheirToken(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("access");
    Files.writeString(file, "reader read=** write=**\nother read=**\n");
    try (Fixture fixture =
        Fixture.open(
            options -> options.accessFile(file).heartbeat(java.time.Duration.ofMillis(20)))) {
      List<BodyReader> ended = new ArrayList<>();
      for (String path : List.of("/topics/a?stream=sse", "/topics?stream")) {
        ended.add(Fixture.await(fixture.client().send(bearer(Request.get(path), "reader"))).body());
      }
      BodyReader stays =
          Fixture.await(fixture.client().send(bearer(Request.get("/topics/b?stream=sse"), "other")))
              .body();
      Messages messages = new Messages();
      WebSocket socket = messages.open(fixture, "segue.v1", "/?token=reader");
      socket.sendText("{\"op\":\"subscribe\",\"id\":1,\"key\":\"c\"}", true).join();
      messages.text("subscribed");
      Fixture.until("the streams", () -> fixture.gateway.streamCount() == 3);
      Files.writeString(file, "other read=**\n# reader is gone\n");
      for (BodyReader each : ended) {
        assertThrows(ExecutionException.class, () -> readToTheEnd(each));
      }
      Fixture.until("the socket to end", () -> fixture.gateway.streamCount() == 1);
      stays.cancel();
      socket.abort();
    }
  }

  /** It has nothing that beats, and may have been opened for a later time. */
  @Test
  void aSocketWithoutSubscriptionsEndsWithItsToken(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("access");
    Files.writeString(file, "reader read=**\nother read=**\n");
    try (Fixture fixture =
        Fixture.open(
            options -> options.accessFile(file).heartbeat(java.time.Duration.ofMillis(20)))) {
      Messages messages = new Messages();
      WebSocket socket = messages.open(fixture, "segue.v1", "/?token=reader");
      Files.writeString(file, "other read=**\n# reader is gone\n");
      Fixture.until(
          "the socket to end",
          () ->
              fixture
                  .send(bearer(Request.get("/metrics"), "other"))
                  .text()
                  .contains("\nsegue_streams 0.0\n"));
      socket.abort();
    }
  }

  @Test
  void aSocketWhoseTokenHasEndedGetsNoSubscription(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("access");
    Files.writeString(file, "reader read=**\nother read=**\n");
    try (Fixture fixture =
        Fixture.open(
            options -> options.accessFile(file).heartbeat(java.time.Duration.ofMinutes(10)))) {
      Messages messages = new Messages();
      WebSocket socket = messages.open(fixture, "segue.v1", "/?token=reader");
      Files.writeString(file, "other read=**\n# reader is gone\n");
      Fixture.until(
          "the token to end",
          () -> status(fixture, bearer(Request.get("/topics"), "reader")) == 401);
      socket.sendText("{\"op\":\"subscribe\",\"id\":1,\"key\":\"c\"}", true).join();
      String answer = messages.text("\"id\":1");
      assertTrue(answer.contains("\"status\":401"), answer);
      socket.abort();
    }
  }

  /** A wait for a value, a download, and what is being put may take as long as a stream. */
  @Test
  void whatIsUnderWayEndsWithItsToken(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("access");
    Files.writeString(file, "reader read=** write=** root=*\nother read=**\n");
    Path root = Files.createDirectory(folder.resolve("root"));
    Files.write(root.resolve("large"), new byte[64 << 20]);
    try (Fixture fixture =
        Fixture.open(
            options ->
                options
                    .accessFile(file)
                    .roots(List.of(new ObjectRoot("root", root.toUri().toString(), true))))) {
      Http2Client client = fixture.client();
      var waiting = client.send(bearer(Request.get("/topics/a?timeout=60s"), "reader"));
      Fixture.until("the wait", () -> fixture.gateway.streamCount() == 1);
      BodyReader download =
          Fixture.await(client.send(bearer(Request.get("/objects/root/large"), "reader"))).body();
      List<Http2Client.OpenRequest> puts = new ArrayList<>();
      for (String path : List.of("/topics/b", "/objects/root/small")) {
        Http2Client.OpenRequest put = client.open(bearer(Request.of("PUT", path), "reader"));
        Fixture.await(put.body().write(SegmentedBytes.copyOfUtf8("x")));
        puts.add(put);
      }
      Files.writeString(file, "other read=**\n# reader is gone\n");
      Fixture.until(
          "the token to end",
          () -> status(fixture, bearer(Request.get("/topics"), "reader")) == 401);
      for (Http2Client.OpenRequest put : puts) {
        put.body().end();
        assertEquals(401, Fixture.answerOf(put.response()).status());
      }
      assertTrue(Files.notExists(root.resolve("small")));
      fixture.publisher.put(
          KeyExpr.of("a"),
          SegmentedBytes.copyOfUtf8("x"),
          dev.segue.zenoh.Qos.defaults(),
          PutOptions.none());
      assertEquals(401, Fixture.answerOf(waiting).status());
      assertThrows(ExecutionException.class, () -> readToTheEnd(download));
      assertEquals(404, status(fixture, bearer(Request.get("/topics/b"), "other")));
    }
  }

  private static void readToTheEnd(BodyReader body) throws Exception {
    for (Optional<BodyPiece> next = Fixture.await(body.read());
        next.isPresent();
        next = Fixture.await(body.read())) {
      next.get().close();
    }
  }

  private static Request bearer(Request request, String token) {
    return request.with("authorization", "Bearer " + token);
  }

  @Test
  void anAuthorizerDecides() throws Exception {
    Authorizer byPath =
        client ->
            client.request().headers().first("x-user").isPresent()
                ? Optional.of(new Grant(List.of(KeyExpr.of("a")), List.of(), List.of()))
                : Optional.empty();
    try (Fixture fixture = Fixture.open(options -> options.authorizer(byPath))) {
      assertEquals(401, status(fixture, Request.get("/topics/a")));
      assertEquals(404, status(fixture, Request.get("/topics/a").with("x-user", "u")));
      assertEquals(403, status(fixture, Request.get("/topics/b").with("x-user", "u")));
      assertEquals(403, status(fixture, Request.of("PUT", "/topics/a").with("x-user", "u")));
    }
  }

  @Test
  void elsewhereThanOnTheLoopbackAnyNameWill() throws Exception {
    InetSocketAddress everywhere = new InetSocketAddress(InetAddress.getByName("0.0.0.0"), 0);
    try (Fixture fixture = Fixture.open(options -> options.address(everywhere))) {
      assertEquals(
          200, status(fixture, new Request("GET", "/topics", "robot.lan", Headers.empty())));
    }
  }

  @Test
  void aCertificateIsAskedForWhereAnAuthorityIsGiven() throws Exception {
    Tls server = Tls.selfSigned("localhost");
    Tls client = Tls.selfSigned("client");
    try (Fixture fixture =
        Fixture.openWithoutClient(options -> options.tls(server.trusting(client)))) {
      try (Http2Client known =
          Http2Client.builder("localhost", fixture.port()).tls(client.trusting(server)).connect()) {
        assertEquals(200, Fixture.answerOf(known.send(Request.get("/topics"))).status());
      }
      Tls stranger = Tls.selfSigned("client");
      for (Tls other : List.of(stranger.trusting(server), Tls.ofDefaults().trusting(server))) {
        Assertions.assertThrows(
            Exception.class,
            () -> {
              try (Http2Client unknown =
                  Http2Client.builder("localhost", fixture.port()).tls(other).connect()) {
                Fixture.answerOf(unknown.send(Request.get("/topics")));
              }
            });
      }
    }
  }

  @Test
  void aBlankTokenIsRefusedAtTheStart() {
    Assertions.assertThrows(
        IllegalArgumentException.class, () -> GatewayOptions.defaults().token(" "));
  }

  @Test
  void twoRootsOfOneNameAreRefusedAtTheStart() {
    ObjectRoot root = new ObjectRoot("a", "file:///tmp", false);
    Assertions.assertThrows(
        IllegalArgumentException.class,
        () -> Fixture.open(options -> options.roots(List.of(root, root))));
  }

  @Test
  void anAddressThatIsTakenIsAnErrorThatSaysWhere() throws Exception {
    try (Fixture first = Fixture.open(options -> options)) {
      IOException taken =
          Assertions.assertThrows(
              IOException.class,
              () -> Fixture.open(options -> options.address(first.gateway.address())));
      assertTrue(String.valueOf(taken.getMessage()).contains("" + first.port()));
    }
  }
}
