package dev.segue.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.http2.Headers;
import dev.segue.http2.Request;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The page is for everybody, what it shows is not. */
class SessionTest {
  private static final String TOKEN = "of a test";

  private static Request post(Headers headers) {
    return new Request("POST", "/session", "", headers);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/page.css", "/page.js", "/icon.svg", "/healthz"})
  void noTokenIsNeededFor(String path) throws Exception {
    try (Fixture fixture = Fixture.open(options -> options.token(TOKEN))) {
      assertEquals(200, fixture.get(path).status());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/topics", "/topics/x", "/topics/page.js", "/objects", "/metrics", "/x/page.js"})
  void aTokenIsNeededFor(String path) throws Exception {
    try (Fixture fixture = Fixture.open(options -> options.token(TOKEN))) {
      assertEquals(401, fixture.get(path).status());
    }
  }

  @Test
  void aTokenIsShownOnceForACookie() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options.token(TOKEN))) {
      assertEquals(401, fixture.send(post(Headers.empty())).status());
      assertEquals(401, fixture.send(post(Headers.of("authorization", "Bearer x"))).status());
      Fixture.Answer answer = fixture.send(post(Headers.of("authorization", "Bearer " + TOKEN)));
      assertEquals(204, answer.status());
      String cookie = answer.header("set-cookie");
      assertTrue(cookie.endsWith("; Path=/; HttpOnly; SameSite=Strict"), cookie);
      String shown = cookie.substring(0, cookie.indexOf(';'));
      Headers headers = Headers.of("cookie", shown);
      assertEquals(200, fixture.send(new Request("GET", "/topics", "", headers)).status());
      assertEquals(405, fixture.send(new Request("GET", "/session", "", headers)).status());
    }
  }

  @Test
  void anotherSiteGetsNoCookie() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options.token(TOKEN))) {
      Headers headers =
          Headers.of("authorization", "Bearer " + TOKEN, "origin", "https://elsewhere.example");
      Fixture.Answer answer = fixture.send(post(headers));
      assertEquals(403, answer.status());
      assertEquals("", answer.header("set-cookie"));
    }
  }

  @Test
  void withoutATokenThereIsNoCookie() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options)) {
      Fixture.Answer answer = fixture.send(post(Headers.empty()));
      assertEquals(204, answer.status());
      assertEquals("", answer.header("set-cookie"));
    }
  }
}
