package dev.segue.http2;

import dev.segue.bytes.SegmentedBytes;
import java.net.SocketAddress;
import java.security.cert.X509Certificate;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A request that a server received, and the way to answer it.
 *
 * <p>Owner: the connection. Lifetime: until both sides have ended the stream, or either has reset
 * it; {@link #closed()} tells. Threads: any.
 */
public final class Http2Exchange {
  private final Transport transport;
  private final Request request;
  private final BodyReader body;
  private final BodyWriter writer;
  private final SocketAddress remoteAddress;
  private final @Nullable X509Certificate clientCertificate;
  private final AtomicBoolean responded = new AtomicBoolean();
  private final CompletableFuture<Void> closed = new CompletableFuture<>();

  Http2Exchange(
      Transport transport,
      Request request,
      BodyReader body,
      SocketAddress remoteAddress,
      @Nullable X509Certificate clientCertificate) {
    this.transport = transport;
    this.request = request;
    this.body = body;
    this.writer = new BodyWriter(transport);
    this.remoteAddress = remoteAddress;
    this.clientCertificate = clientCertificate;
  }

  /** What is asked for. */
  public Request request() {
    return request;
  }

  /** The body of the request, empty if it has none. */
  public BodyReader body() {
    return body;
  }

  /** Where the request comes from. */
  public SocketAddress remoteAddress() {
    return remoteAddress;
  }

  /** The certificate that the client showed, checked against the server's trust. */
  public Optional<X509Certificate> clientCertificate() {
    return Optional.ofNullable(clientCertificate);
  }

  /**
   * Begins the response; what the writer is given becomes its body.
   *
   * @throws IllegalStateException if the response was begun before
   */
  public BodyWriter respond(int status, Headers headers) {
    begin();
    run(() -> transport.writeResponse(status, headers, false));
    return writer;
  }

  /**
   * Sends a whole response. A {@code content-length} is added unless {@code headers} has one; the
   * body is left out when the method is HEAD.
   *
   * @return completes when {@code bytes} are not lent any more
   * @throws IllegalStateException if the response was begun before, or the memory given back
   * @throws IllegalArgumentException if a segment is confined to the caller's thread
   */
  public CompletionStage<Void> respond(int status, Headers headers, SegmentedBytes bytes) {
    begin();
    Headers all =
        headers.first("content-length").isPresent()
            ? headers
            : headers.with("content-length", Long.toString(bytes.byteSize()));
    boolean bodiless = bytes.isEmpty() || request.method().equals("HEAD");
    run(() -> transport.writeResponse(status, all, bodiless));
    return bodiless
        ? CompletableFuture.completedStage(null)
        : writer.write(bytes, 0, bytes.byteSize(), 0, true);
  }

  /** Sends a response with no body. */
  public void respond(int status) {
    var _ = respond(status, Headers.empty(), SegmentedBytes.empty());
  }

  /** Ends the exchange at once, in both directions. */
  public void reset(Http2Error error) {
    run(() -> transport.reset(error));
  }

  /** Completes when the exchange has ended, in whatever way; then nothing is lent any more. */
  public CompletionStage<Void> closed() {
    return closed.minimalCompletionStage();
  }

  private void begin() {
    if (!responded.compareAndSet(false, true)) {
      throw new IllegalStateException(
          "response to " + request.method() + " " + request.path() + ": it was begun before");
    }
  }

  void onClosed() {
    closed.complete(null);
  }

  /** The handler failed: 500 if nothing was said yet, else INTERNAL_ERROR. */
  void failed() {
    if (responded.get()) {
      reset(Http2Error.INTERNAL_ERROR);
    } else {
      respond(500);
    }
  }

  private void run(Runnable task) {
    if (transport.loop().inEventLoop()) {
      task.run();
    } else {
      transport.loop().execute(task);
    }
  }
}
