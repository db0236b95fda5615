package dev.segue.http2;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.SegmentCheck;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.ssl.SslContext;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests to one server over a few HTTP/2 connections, which it makes as they are needed.
 *
 * <pre>{@code
 * try (Http2Client client = Http2Client.builder("localhost", 8443).tls(Tls.ofDefaults()).connect()) {
 *   Response response = client.send(Request.get("/image")).toCompletableFuture().get();
 *   try (WholeBody body = response.body().readAll(1 << 20).toCompletableFuture().get()) {
 *     use(body.bytes());
 *   }
 * }
 * }</pre>
 *
 * <p>A request beyond the number of streams that the server allows waits; a connection that is
 * lost, or that the server ends (GOAWAY), is replaced when the next request needs it. What the
 * server has certainly not processed (REFUSED_STREAM, or left out by GOAWAY) is sent again, up to
 * twice; what it may have processed never is. Each wait has a timeout, {@link Http2ClientTimeouts}.
 *
 * <p>Owner: the caller. Lifetime: until {@link #close()}. Threads: any; completions run on the
 * client's event loop and must not block.
 */
public final class Http2Client implements AutoCloseable {
  private final EventLoopGroup loops;
  private final @Nullable SslContext ssl;
  private final ClientConnections connections;
  private final String scheme;
  private final String authority;
  private final AtomicBoolean closed = new AtomicBoolean();

  private Http2Client(Builder builder) throws IOException {
    Authority server = Authority.of(builder.host, builder.port);
    this.ssl = builder.tls == null ? null : builder.tls.clientContext();
    this.scheme = ssl == null ? "http" : "https";
    this.authority = server.toString();
    this.loops = Loops.start(1);
    this.connections = new ClientConnections(builder.copy(), server, ssl, loops.next());
    try {
      connections.start().get(); // It has its own timeout.
    } catch (ExecutionException e) {
      close();
      Throwable cause = e.getCause();
      throw new IOException(cause == null ? "connect" : String.valueOf(cause.getMessage()), cause);
    } catch (InterruptedException e) {
      close();
      Thread.currentThread().interrupt();
      throw new IOException("connect to " + connections + ": interrupted", e);
    }
  }

  /**
   * Settings of a client of that server.
   *
   * @param host a name, an IPv4 address, or an IPv6 address with or without brackets
   * @throws IllegalArgumentException if the host has characters that no name or address has, or the
   *     port is not from 1 to 65,535
   */
  public static Builder builder(String host, int port) {
    Authority.of(host, port);
    return new Builder(host, port);
  }

  /**
   * Sends a request without a body. Completes when the response's header has come; with {@link
   * Http2StreamException} if the stream, or the connection, ended before, and {@link
   * Http2TimeoutException} where a timeout ended it. The error REFUSED_STREAM means that the server
   * has not processed the request. Completing or cancelling the future cancels the request.
   *
   * @throws IllegalStateException if the client is closed
   * @throws IllegalArgumentException if method, path, authority or a field are not what HTTP/2
   *     allows
   */
  public CompletionStage<Response> send(Request request) {
    return submit(ClientRequest.withoutBody(connections, fields(request)));
  }

  /**
   * Sends a request with a body, with {@code content-length}. The body is lent until the stage has
   * completed and all bytes in flight have been sent or dropped.
   *
   * @throws IllegalStateException if the client is closed, or the memory was given back
   * @throws IllegalArgumentException if a segment is confined to the caller's thread, or method,
   *     path, authority or a field are not what HTTP/2 allows
   */
  public CompletionStage<Response> send(Request request, SegmentedBytes body) {
    SegmentCheck.checkShared("send of a body to " + connections, body);
    Request sized =
        request.headers().first("content-length").isPresent()
            ? request
            : request.with("content-length", Long.toString(body.byteSize()));
    return submit(ClientRequest.withBody(connections, fields(sized), body));
  }

  /**
   * Starts a request whose body is written piece by piece. It is resent only if none of its body
   * has been sent.
   *
   * @throws IllegalStateException if the client is closed
   * @throws IllegalArgumentException if method, path, authority or a field are not what HTTP/2
   *     allows
   */
  public OpenRequest open(Request request) {
    ClientRequest begun = ClientRequest.withBody(connections, fields(request));
    CompletionStage<Response> response = submit(begun);
    return new OpenRequest(begun, new BodyWriter(begun), response);
  }

  private CompletionStage<Response> submit(ClientRequest request) {
    Http2StreamException late =
        new Http2StreamException(request + ": the client was closed", Http2Error.REFUSED_STREAM);
    try {
      if (closed.get()) {
        throw new RejectedExecutionException();
      }
      loops.execute(() -> connections.submit(request));
    } catch (RejectedExecutionException e) {
      request.fail(late); // Nobody else has it: gives back what is lent.
      throw new IllegalStateException(request + ": the client is closed", e);
    }
    return request.response();
  }

  private Http2Headers fields(Request request) {
    String asked = request.authority().isEmpty() ? authority : request.authority();
    if (!HeaderText.isToken(request.method())
        || !HeaderText.isPath(request.method(), request.path())
        || !HeaderText.isAuthority(asked)) {
      throw new IllegalArgumentException(
          "request of method="
              + request.method()
              + " path="
              + request.path()
              + " authority="
              + asked
              + ": not what HTTP allows");
    }
    Http2Headers fields = new DefaultHttp2Headers();
    fields.method(request.method()).scheme(scheme).path(request.path()).authority(asked);
    request
        .headers()
        .forEach(
            (name, value) -> {
              if (Headers.isOfConnection(name)
                  || (name.equals("te") && !value.equals("trailers"))) {
                throw new IllegalArgumentException(
                    "request with header name=" + name + ": HTTP/2 has no such field");
              }
              fields.add(name, value);
            });
    return fields;
  }

  /**
   * A request on its way, whose body is written by and by.
   *
   * <p>Owner: the caller. Lifetime: until the stream ends. Threads: any.
   */
  public static final class OpenRequest {
    private final ClientRequest request;
    private final BodyWriter body;
    private final CompletionStage<Response> response;

    private OpenRequest(
        ClientRequest request, BodyWriter body, CompletionStage<Response> response) {
      this.request = request;
      this.body = body;
      this.response = response;
    }

    /** Writes the body of the request; what is written before it has a stream waits with it. */
    public BodyWriter body() {
      return body;
    }

    /** Completes when the response's header has come; see {@link Http2Client#send(Request)}. */
    public CompletionStage<Response> response() {
      return response;
    }

    /**
     * Cancels the request (RST_STREAM, CANCEL) and releases what is lent to it. What was received
     * of its response and not read is dropped, also if all of it has come; reads of it fail.
     */
    public void cancel() {
      request.giveUp();
    }
  }

  /**
   * Returns whether requests can be sent: until {@link #close()}, since connections are replaced.
   */
  public boolean isOpen() {
    return !closed.get();
  }

  /** Returns the number of connections that take requests now. */
  public int connectionCount() {
    return connections.usableCount();
  }

  /**
   * Ends the connections; requests that run or wait fail. Waits up to 2 s for the goodbye, and not
   * at all on the client's event loop. Idempotent.
   */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    boolean onLoop = connections.loop().inEventLoop();
    connections.run(connections::close);
    if (!onLoop) {
      connections.channels().newCloseFuture().awaitUninterruptibly(2, TimeUnit.SECONDS);
    }
    var ended = loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    ended.addListener(_ -> ReferenceCountUtil.release(ssl));
    if (!onLoop) {
      ended.awaitUninterruptibly(5, TimeUnit.SECONDS);
    }
  }

  /** Settings of a client. Owner: the caller. Lifetime: {@link #connect()}. Threads: one. */
  public static final class Builder {
    private final String host;
    private final int port;
    private @Nullable Tls tls;
    Http2ClientTimeouts timeouts = Http2ClientTimeouts.defaults();
    Http2Limits limits =
        Http2Limits.defaults().withBodyByteSize(Long.MAX_VALUE).withWindowByteSize(4 << 20);
    int connectionCount = 4;
    int waitingRequestCount = 1000;

    private Builder(String host, int port) {
      this.host = host;
      this.port = port;
    }

    private Builder copy() {
      Builder copy = new Builder(host, port);
      copy.timeouts = timeouts;
      copy.limits = limits;
      copy.connectionCount = connectionCount;
      copy.waitingRequestCount = waitingRequestCount;
      return copy;
    }

    /** HTTP/2 over TLS with ALPN. Without it: clear text with prior knowledge. */
    public Builder tls(Tls tls) {
      this.tls = tls;
      return this;
    }

    /**
     * Sets what the server may send, and how long a connection may be idle; its numbers of
     * connections and streams have no meaning here.
     */
    public Builder limits(Http2Limits limits) {
      this.limits = limits;
      return this;
    }

    /** Sets how long to wait for the server. */
    public Builder timeouts(Http2ClientTimeouts timeouts) {
      this.timeouts = timeouts;
      return this;
    }

    /**
     * Sets the maximum number of connections; by default 4. Another one is opened when the server
     * allows no more streams on the existing ones.
     *
     * @throws IllegalArgumentException if it is not positive
     */
    public Builder connectionCount(int connectionCount) {
      if (connectionCount <= 0) {
        throw new IllegalArgumentException("connectionCount=" + connectionCount + ": positive");
      }
      this.connectionCount = connectionCount;
      return this;
    }

    /**
     * Sets how many requests may wait for a stream; by default 1,000. The next one fails at once
     * with REFUSED_STREAM, unless another connection is opened for it.
     *
     * @throws IllegalArgumentException if it is negative
     */
    public Builder waitingRequestCount(int waitingRequestCount) {
      if (waitingRequestCount < 0) {
        throw new IllegalArgumentException(
            "waitingRequestCount=" + waitingRequestCount + ": not negative");
      }
      this.waitingRequestCount = waitingRequestCount;
      return this;
    }

    /**
     * Connects, and waits until the server has confirmed that it speaks HTTP/2.
     *
     * @throws IOException if it can't be reached in time, is not trusted, or speaks something else
     */
    public Http2Client connect() throws IOException {
      return new Http2Client(this);
    }
  }
}
