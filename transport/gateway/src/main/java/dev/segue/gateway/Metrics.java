package dev.segue.gateway;

import dev.segue.bytes.CopyLedger;
import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.function.DoubleSupplier;

/**
 * The counters of the gateway, and {@code /metrics} in the text format of Prometheus.
 *
 * <p>Owner: the gateway. Lifetime: the same. Threads: any.
 */
final class Metrics {
  private static final Set<String> METHODS = Set.of("GET", "HEAD", "PUT", "DELETE");

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final Counter requests =
      Counter.builder()
          .name("segue_requests_total")
          .help("Requests that have ended, streams included.")
          .labelNames("route", "method", "status")
          .register(registry);
  private final Counter sentBytes =
      Counter.builder()
          .name("segue_response_bytes_total")
          .help("Bytes of bodies that were sent, or given up with their stream.")
          .labelNames("route")
          .register(registry);
  private final Histogram seconds =
      Histogram.builder()
          .name("segue_request_seconds")
          .help("From a request's header to the end of its response; streams are left out.")
          .labelNames("route")
          .classicOnly()
          .classicUpperBounds(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)
          .register(registry);

  private final Counter gaveUp =
      Counter.builder()
          .name("segue_slow_clients_total")
          .help("Responses that were ended, as their clients took them too slowly.")
          .labelNames("route")
          .register(registry);

  private final Counter queries =
      Counter.builder()
          .name("segue_queries_total")
          .help("Queries that were sent for clients, by how they ended.")
          .labelNames("outcome")
          .register(registry);

  Metrics() {
    CounterWithCallback.builder()
        .name("segue_copied_bytes_total")
        .help("Bytes that this process copied, by the place that had to.")
        .labelNames("site")
        .callback(
            site ->
                CopyLedger.snapshot()
                    .byteCounts()
                    .forEach((name, count) -> site.call(count.doubleValue(), name)))
        .register(registry);
  }

  /** A count that something else keeps. */
  void counter(String name, String help, DoubleSupplier value) {
    CounterWithCallback.builder()
        .name(name)
        .help(help)
        .callback(each -> each.call(value.getAsDouble()))
        .register(registry);
  }

  /** A value that goes up and down. */
  void gauge(String name, String help, DoubleSupplier value) {
    GaugeWithCallback.builder()
        .name(name)
        .help(help)
        .callback(each -> each.call(value.getAsDouble()))
        .register(registry);
  }

  void sent(String route, long byteSize) {
    sentBytes.labelValues(route).inc(byteSize);
  }

  /** Counts a response that was ended, as its client took it too slowly. */
  void gaveUp(String route) {
    gaveUp.labelValues(route).inc();
  }

  /** Counts a query that has ended. */
  void asked(String outcome) {
    queries.labelValues(outcome).inc();
  }

  /** Counts a request that has ended. */
  void ended(GatewayExchange call) {
    String method = METHODS.contains(call.method()) ? call.method() : "other";
    String status = call.status() == 0 ? "none" : Integer.toString(call.status());
    requests.labelValues(call.route(), method, status).inc();
    if (!call.route().endsWith("-stream")) {
      seconds.labelValues(call.route()).observe((System.nanoTime() - call.startNanos()) / 1e9);
    }
  }

  void handle(GatewayExchange call) throws HttpException {
    PrometheusTextFormatWriter writer = PrometheusTextFormatWriter.create();
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    try {
      writer.write(text, registry.scrape(), EscapingScheme.UNDERSCORE_ESCAPING);
    } catch (IOException e) {
      throw new IllegalStateException("writing into memory", e);
    }
    call.respondMade(writer.getContentType(), text.toString(StandardCharsets.UTF_8));
  }
}
