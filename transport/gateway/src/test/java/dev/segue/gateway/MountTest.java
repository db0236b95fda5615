package dev.segue.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.Headers;
import dev.segue.http2.Http2Client;
import dev.segue.http2.Http2Handler;
import dev.segue.http2.Http2Limits;
import dev.segue.http2.Http2Server;
import dev.segue.http2.Request;
import dev.segue.http2.Tls;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Session;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.CookieManager;
import java.net.CookiePolicy;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Gateways under prefixes of a server that is not theirs. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class MountTest {
  private Session session;

  @BeforeEach
  void open() throws Exception {
    session = Session.open(Config.isolated());
  }

  @AfterEach
  void close() {
    session.close();
  }

  private Gateway mount(String prefix, UnaryOperator<GatewayOptions> settings) throws Exception {
    return Gateway.mount(
        session,
        settings.apply(GatewayOptions.defaults().writable(List.of(KeyExpr.of("**")))),
        prefix);
  }

  private static Fixture.Answer get(Http2Client client, String path) throws Exception {
    return Fixture.answerOf(client.send(Request.get(path)));
  }

  @Test
  @SuppressWarnings("try") // it is closed before the block ends
  void whatIsBelowThePrefixIsTheGatewaysAndTheRestTheServers() throws Exception {
    try (Gateway gateway = mount("/robot", options -> options);
        Http2Server server =
            Http2Server.builder(
                    exchange -> {
                      if (exchange.request().path().startsWith("/robot")) {
                        gateway.handler().handle(exchange);
                      } else {
                        exchange.respond(418);
                      }
                    })
                .start();
        Http2Client client =
            Http2Client.builder("localhost", server.address().getPort()).connect()) {
      assertEquals(418, get(client, "/topics").status());
      assertEquals(200, get(client, "/robot/topics").status());
      assertEquals(200, get(client, "/robot/healthz").status());
      assertEquals(404, get(client, "/robots/topics").status());
      Fixture.Answer page = get(client, "/robot/");
      assertEquals("text/html; charset=utf-8", page.header("content-type"));
      Fixture.Answer moved = get(client, "/robot?filter=x");
      assertEquals(308, moved.status());
      assertEquals("/robot/?filter=x", moved.header("location"));
      assertEquals(
          204,
          Fixture.answerOf(
                  client.send(
                      Request.of("PUT", "/robot/topics/a"), SegmentedBytes.copyOfUtf8("one")))
              .status());
      Fixture.until(
          "the value to arrive", () -> get(client, "/robot/topics/a").text().equals("one"));
      assertThrows(IllegalStateException.class, gateway::address);
      Messages messages = new Messages();
      WebSocket socket =
          HttpClient.newHttpClient()
              .newWebSocketBuilder()
              .subprotocols("segue.v1")
              .buildAsync(
                  URI.create("ws://localhost:" + server.address().getPort() + "/robot/"), messages)
              .join();
      socket.sendText("{\"op\":\"subscribe\",\"id\":1,\"key\":\"a\"}", true).join();
      assertEquals("{\"op\":\"subscribed\",\"id\":1}", messages.text("op"));
      assertTrue(messages.binary().remaining() > 16);
      gateway.close();
      assertEquals(1001, messages.end());
      assertEquals(418, get(client, "/topics").status());
    }
    Fixture.until("all samples to be released", () -> KeptSample.heldCount() == 0);
  }

  /** A prefix around a prefix: links, redirects and cookies have both. */
  @Test
  void aHandlerMayBeMountedAgain() throws Exception {
    try (Gateway gateway = mount("/robot", options -> options.token("secret"));
        Http2Server server =
            Http2Server.builder(Http2Handler.mounted("/site", gateway.handler())).start();
        Http2Client client =
            Http2Client.builder("localhost", server.address().getPort()).connect()) {
      assertEquals("/site/robot/", get(client, "/site/robot").header("location"));
      Fixture.Answer login = get(client, "/site/robot/?token=secret");
      assertEquals(303, login.status());
      assertEquals("/site/robot/", login.header("location"));
      assertTrue(login.header("set-cookie").contains("; Path=/site/robot/;"));
      assertEquals(401, get(client, "/site/robot/topics").status());
      assertEquals(404, get(client, "/robot/topics").status());
    }
  }

  /** A browser keeps both cookies, as each has its path. */
  @Test
  void gatewaysOfOneServerDontOverwriteEachOthersCookies() throws Exception {
    try (Gateway left = mount("/left", options -> options.token("one"));
        Gateway right = mount("/right", options -> options.token("two"));
        Http2Server server =
            Http2Server.builder(
                    exchange ->
                        (exchange.request().path().startsWith("/left") ? left : right)
                            .handler()
                            .handle(exchange))
                .start();
        HttpClient browser =
            HttpClient.newBuilder()
                .cookieHandler(new CookieManager(null, CookiePolicy.ACCEPT_ALL))
                .followRedirects(HttpClient.Redirect.NORMAL)
                .build()) {
      int port = server.address().getPort();
      assertEquals(200, status(browser, port, "/left/?token=one"));
      assertEquals(200, status(browser, port, "/right/?token=two"));
      assertEquals(200, status(browser, port, "/left/topics"));
      assertEquals(200, status(browser, port, "/right/topics"));
    }
  }

  private static int status(HttpClient browser, int port, String path) throws Exception {
    return browser
        .send(
            HttpRequest.newBuilder(URI.create("http://localhost:" + port + path)).build(),
            HttpResponse.BodyHandlers.discarding())
        .statusCode();
  }

  /** Over HTTP/1.1, where nothing but bytes of the response keeps the connection. */
  @Test
  void aQuietStreamOutlivesTheIdleTimeOfTheServerThatItIsMountedOn() throws Exception {
    try (Gateway gateway = mount("/robot", options -> options);
        Http2Server server =
            Http2Server.builder(gateway.handler())
                .limits(Http2Limits.defaults().withIdle(Duration.ofSeconds(6)))
                .start();
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
      socket.setSoTimeout(30_000);
      String head = "GET /robot/topics/a?stream=sse HTTP/1.1\r\nHost: localhost\r\n\r\n";
      socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
      BufferedReader lines =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
      int beats = 0;
      while (beats < 3) {
        String line = lines.readLine();
        assertNotNull(line, "the stream ended after beats=" + beats);
        beats += line.equals(":") ? 1 : 0;
      }
    }
  }

  /** Without a port it is the scheme's. */
  @Test
  void theCookieOfADefaultPortHasItsNumber() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options.token("secret"))) {
      Request login = new Request("GET", "/?token=secret", "localhost", Headers.empty());
      assertTrue(fixture.send(login).header("set-cookie").startsWith("segue-80="));
      assertTrue(
          fixture
              .send(login.with("x-forwarded-proto", "https"))
              .header("set-cookie")
              .startsWith("segue-443="));
    }
  }

  /**
   * The identity is the server's, and the options have none; the page's origin was another site.
   */
  @Test
  void thePageOfAGatewayThatIsMountedOnTlsIsItsOwn() throws Exception {
    Tls identity = Tls.selfSigned("localhost");
    try (Gateway gateway = mount("/robot", options -> options.token("secret"));
        Http2Server server = Http2Server.builder(gateway.handler()).tls(identity).start();
        Http2Client client =
            Http2Client.builder("localhost", server.address().getPort())
                .tls(identity.trusting(identity))
                .connect()) {
      String own = "https://localhost:" + server.address().getPort();
      Request login = Request.of("POST", "/robot/session").with("authorization", "Bearer secret");
      Fixture.Answer session = Fixture.answerOf(client.send(login.with("origin", own)));
      assertEquals(204, session.status(), session::text);
      String cookie = session.header("set-cookie");
      assertTrue(cookie.endsWith("; Secure"), cookie);
      Request put =
          Request.of("PUT", "/robot/topics/a")
              .with("cookie", cookie.substring(0, cookie.indexOf(';')))
              .with("origin", own);
      SegmentedBytes body = SegmentedBytes.copyOfUtf8("x");
      assertEquals(204, Fixture.answerOf(client.send(put, body)).status());
      Request foreign = login.with("origin", own.replace("https:", "http:"));
      assertEquals(403, Fixture.answerOf(client.send(foreign)).status());
    }
  }

  @Test
  void aPrefixOfAnotherFormIsRefused() {
    for (String prefix : List.of("robot", "/robot/", "/")) {
      assertThrows(IllegalArgumentException.class, () -> mount(prefix, options -> options));
    }
  }
}
