package dev.segue.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.Http2Client;
import dev.segue.http2.Request;
import dev.segue.zenoh.PutOptions;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What Prometheus reads. */
class MetricsTest {
  // https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details
  private static final Pattern SAMPLE =
      Pattern.compile(
          "[a-z_]+(\\{[a-z]+=\"[^\"]*\"(,[a-z]+=\"[^\"]*\")*})? (-?[0-9.E+-]+|NaN|\\+Inf)");

  @Test
  void whatHappenedIsCounted() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options)) {
      fixture.publish("a", SegmentedBytes.copyOfUtf8("0123456789"), PutOptions.none());
      assertEquals(200, fixture.get("/topics/a").status());
      assertEquals(404, fixture.get("/topics/b").status());
      assertEquals(405, fixture.send(Request.of("BREW", "/topics/a")).status());
      assertEquals(405, fixture.send(Request.of("BREW2", "/topics/a")).status());
      Fixture.until(
          "the requests to be counted",
          () ->
              fixture
                  .get("/metrics")
                  .text()
                  .contains(
                      "segue_requests_total{method=\"other\",route=\"topic\",status=\"405\"} 2.0"));
      Fixture.Answer answer = fixture.get("/metrics");
      assertEquals("text/plain; version=0.0.4; charset=utf-8", answer.header("content-type"));
      for (String line : answer.text().lines().toList()) {
        assertTrue(line.startsWith("# ") || SAMPLE.matcher(line).matches(), line);
      }
      for (String expected :
          List.of(
              "segue_requests_total{method=\"GET\",route=\"topic\",status=\"200\"} 1.0\n",
              "segue_requests_total{method=\"GET\",route=\"topic\",status=\"404\"} 1.0\n",
              "segue_response_bytes_total{route=\"topic\"}",
              "segue_request_seconds_count{route=\"topic\"}",
              "segue_copied_bytes_total{site=\"gateway.smallPayloads\"}",
              "segue_copied_bytes_total{site=\"zenoh.network\"}",
              "segue_samples_total ",
              "segue_topics 1.0\n",
              "segue_value_bytes 10.0\n",
              "segue_connections 1.0\n",
              "segue_streams 0.0\n")) {
        assertTrue(answer.text().contains(expected), () -> expected + " in " + answer.text());
      }
    }
  }

  /** A request that its client gives up has no status; a malformed one and a WebSocket have. */
  @Test
  void whatHasNoAnswerAndWhatIsNoRequestForATopicAreCountedAsWell() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options)) {
      Http2Client.OpenRequest given =
          fixture.client().open(Request.of("PUT", "/topics/a").with("content-length", "10"));
      Fixture.await(given.body().write(SegmentedBytes.copyOfUtf8("x")));
      given.cancel();
      assertEquals(400, fixture.get("/?x=%zz").status());
      new Messages().open(fixture, "segue.v1", "/").abort();
      for (String expected :
          List.of(
              "segue_requests_total{method=\"PUT\",route=\"topic\",status=\"none\"} 1.0\n",
              "segue_requests_total{method=\"GET\",route=\"other\",status=\"400\"} 1.0\n",
              "segue_requests_total{method=\"GET\",route=\"websocket-stream\",status=\"101\"}"
                  + " 1.0\n")) {
        Fixture.until(expected, () -> fixture.get("/metrics").text().contains(expected));
      }
      assertTrue(!fixture.get("/metrics").text().contains("status=\"0\""));
    }
  }

  @Test
  void aWatchdogSeesTheSessionEnd() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options)) {
      assertEquals(200, fixture.get("/healthz").status());
      fixture.session.close();
      assertEquals(503, fixture.get("/healthz").status());
      assertEquals(
          503,
          fixture.send(Request.of("PUT", "/topics/a"), SegmentedBytes.copyOfUtf8("x")).status());
      assertEquals(200, fixture.get("/metrics").status());
    }
  }
}
