package dev.segue.gateway;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.Headers;
import dev.segue.http2.Http2Client;
import dev.segue.http2.Http2Exchange;
import dev.segue.http2.Request;
import dev.segue.http2.Response;
import dev.segue.http2.WholeBody;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.PutOptions;
import dev.segue.zenoh.Qos;
import dev.segue.zenoh.Session;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A publisher's session, a gateway with a session of its own that is connected to it, a client. */
final class Fixture implements AutoCloseable {
  static final Duration LONG = Duration.ofSeconds(30);

  final Session publisher;
  final Session session;
  final Gateway gateway;
  private final @Nullable Http2Client client;
  private long published;

  private Fixture(
      Session publisher, Session session, Gateway gateway, @Nullable Http2Client client) {
    this.publisher = publisher;
    this.session = session;
    this.gateway = gateway;
    this.client = client;
  }

  static Fixture open(UnaryOperator<GatewayOptions> settings) throws Exception {
    return open(settings, true, false);
  }

  /** With shared memory between the two. */
  static Fixture openShared(UnaryOperator<GatewayOptions> settings) throws Exception {
    return open(settings, true, true);
  }

  /** For gateways that refuse the usual client. */
  static Fixture openWithoutClient(UnaryOperator<GatewayOptions> settings) throws Exception {
    return open(settings, false, false);
  }

  private static Fixture open(
      UnaryOperator<GatewayOptions> settings, boolean withClient, boolean shared) throws Exception {
    Session publisher =
        Session.open(Config.isolated().sharedMemory(shared).listen("tcp/127.0.0.1:0"));
    @Nullable Session session = null;
    @Nullable Gateway gateway = null;
    boolean opened = false;
    try {
      Session joined =
          Session.open(
              Config.isolated().sharedMemory(shared).connect(publisher.locators().getFirst()));
      session = joined;
      until("the sessions to meet", () -> joined.peers().contains(publisher.zid()));
      GatewayOptions options =
          settings.apply(GatewayOptions.defaults().writable(List.of(KeyExpr.of("**"))));
      Gateway started = Gateway.start(joined, options);
      gateway = started;
      @Nullable Http2Client client = withClient ? clientOf(started, options) : null;
      Fixture fixture = new Fixture(publisher, joined, started, client);
      opened = true;
      return fixture;
    } finally {
      if (!opened) {
        if (gateway != null) {
          gateway.close();
        }
        if (session != null) {
          session.close();
        }
        publisher.close();
      }
    }
  }

  private static Http2Client clientOf(Gateway gateway, GatewayOptions options) throws IOException {
    Http2Client.Builder builder = Http2Client.builder("localhost", gateway.address().getPort());
    options.tls().ifPresent(tls -> builder.tls(tls.trusting(tls)));
    return builder.connect();
  }

  /** What a request is for the gateway; so many bytes may be made for it at a time. */
  static GatewayExchange callOf(Http2Exchange exchange, long answersByteSize, Timers timers)
      throws HttpException {
    return new GatewayExchange(
        exchange,
        Target.parse(exchange.request().path()),
        new Metrics(),
        new ClientSlots("answersByteSize", answersByteSize, answersByteSize, 1),
        timers);
  }

  Http2Client client() {
    return Objects.requireNonNull(client);
  }

  /** Waits until all that {@link #publish} put has been received, each once. */
  void untilAllAreReceived() throws Exception {
    until(
        "no other put to be on its way",
        () -> get("/topics").text().contains("\"count\":" + published + ","));
  }

  int port() {
    return gateway.address().getPort();
  }

  /** A response whose body was read whole. */
  record Answer(int status, Headers headers, SegmentedBytes body) {
    String text() {
      return body.copyToUtf8String();
    }

    String header(String name) {
      return headers.first(name).orElse("");
    }
  }

  Answer get(String path) throws Exception {
    return send(Request.get(path));
  }

  Answer send(Request request) throws Exception {
    return answerOf(client().send(request));
  }

  Answer send(Request request, SegmentedBytes body) throws Exception {
    return answerOf(client().send(request, body));
  }

  static Answer answerOf(CompletionStage<Response> response) throws Exception {
    return await(begin(response));
  }

  /** {@link #answerOf}, later. */
  static CompletionStage<Answer> begin(CompletionStage<Response> response) {
    return response.thenCompose(
        head -> head.body().readAll(1L << 30).thenApply(body -> answerOf(head, body)));
  }

  private static Answer answerOf(Response head, WholeBody body) {
    try (body) {
      return new Answer(
          head.status(),
          head.headers(),
          SegmentedBytes.fromSegments(body.bytes().segments(), true));
    }
  }

  static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(LONG.toSeconds(), TimeUnit.SECONDS);
  }

  interface Condition {
    boolean holds() throws Exception;
  }

  static void until(String what, Condition condition) throws Exception {
    long deadline = System.nanoTime() + LONG.toNanos();
    while (!condition.holds()) {
      assertTrue(System.nanoTime() - deadline < 0, () -> "waited in vain for " + what);
      LockSupport.parkNanos(1_000_000);
    }
  }

  /** Puts until the gateway has seen it: a put right after a connection may be too early. */
  void publish(String key, SegmentedBytes payload, PutOptions options) throws Exception {
    until(
        "the gateway to see " + key,
        () -> {
          published++;
          publisher.put(KeyExpr.of(key), payload, Qos.defaults(), options);
          LockSupport.parkNanos(5_000_000);
          String path = new URI(null, null, "/topics/" + key, null).toASCIIString();
          Answer answer = send(new Request("HEAD", path, "", Headers.empty()));
          return answer.status() == 200;
        });
  }

  @Override
  public void close() {
    if (client != null) {
      client.close();
    }
    gateway.close();
    session.close();
    publisher.close();
  }
}
