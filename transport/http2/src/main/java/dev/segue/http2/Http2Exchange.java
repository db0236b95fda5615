package dev.segue.http2;

import dev.segue.bytes.SegmentedBytes;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A request that a server received, and the way to answer it.
 *
 * <p>Owner: the connection. Lifetime: until both sides have ended the stream, or either has reset
 * it; {@link #closed()} reports it. Threads: any.
 */
public final class Http2Exchange {
  private final ProtocolExchange transport;

  /** The protocol that an extended CONNECT asks for; written before the handler is called. */
  String protocol = "";

  private final Request request;
  private final BodyReader body;
  private final BodyWriter writer;
  private final SocketAddress remoteAddress;
  private final @Nullable X509Certificate clientCertificate;
  private final boolean isTls;
  private final String mountPath;
  private final AtomicBoolean responded;
  private final AtomicBoolean over;
  private final ExchangeEnd end;

  Http2Exchange(
      ProtocolExchange transport,
      Request request,
      BodyReader body,
      SocketAddress remoteAddress,
      @Nullable X509Certificate clientCertificate,
      boolean isTls) {
    this.transport = transport;
    this.request = request;
    this.mountPath = "";
    this.responded = new AtomicBoolean();
    this.over = new AtomicBoolean();
    this.end = new ExchangeEnd();
    this.body = body;
    this.writer = new BodyWriter(transport, end);
    this.remoteAddress = remoteAddress;
    this.clientCertificate = clientCertificate;
    this.isTls = isTls;
  }

  /** The same exchange, seen by a handler under a prefix. */
  private Http2Exchange(Http2Exchange outer, String mountPath, Request request) {
    this.transport = outer.transport;
    this.protocol = outer.protocol;
    this.request = request;
    this.mountPath = mountPath;
    this.responded = outer.responded;
    this.over = outer.over;
    this.end = outer.end;
    this.body = outer.body;
    this.writer = outer.writer;
    this.remoteAddress = outer.remoteAddress;
    this.clientCertificate = outer.clientCertificate;
    this.isTls = outer.isTls;
  }

  /**
   * This exchange with a request whose path has no {@code prefix}; {@link Http2Handler#mounted}.
   */
  Http2Exchange under(String prefix) {
    String rest = request.path().substring(prefix.length());
    String path = rest.startsWith("/") ? rest : "/" + rest;
    return new Http2Exchange(
        this,
        mountPath + prefix,
        new Request(request.method(), path, request.authority(), request.headers()));
  }

  /**
   * Returns the prefix that {@link Http2Handler#mounted} took off the path, to put before links;
   * empty without it.
   */
  public String mountPath() {
    return mountPath;
  }

  /**
   * Returns whether the client asks for a WebSocket, to be accepted by {@link #acceptWebSocket}: a
   * GET that asks for an upgrade in HTTP/1.1 (RFC 6455), a CONNECT with {@code :protocol} in HTTP/2
   * (RFC 8441).
   */
  public boolean isWebSocket() {
    return WebSocketHandshake.isAsked(request, protocol);
  }

  /** The subprotocols that the client offers, in its order. */
  public List<String> webSocketProtocols() {
    return WebSocketHandshake.protocols(request);
  }

  /**
   * Starts a WebSocket instead of a response. The caller must check first whether its {@code
   * origin} may have one: browsers don't.
   *
   * @param protocol one of {@link #webSocketProtocols()}, or empty for none
   * @param maxMessageByteSize the largest accepted message; a larger one ends the socket
   * @throws IllegalStateException if the client doesn't ask for one, or the response has started
   */
  public WebSocket acceptWebSocket(
      String protocol, int maxMessageByteSize, WebSocket.Listener listener) {
    if (!isWebSocket()) {
      throw new IllegalStateException(
          "WebSocket for " + request.method() + " " + request.path() + ": it doesn't ask for one");
    }
    Headers headers = WebSocketHandshake.answer(request, protocol);
    begin();
    WebSocketConnection socket =
        new WebSocketConnection(this, transport, writer, maxMessageByteSize, listener);
    boolean started =
        inOrder(
            () -> {
              transport.upgrade(headers);
              socket.start();
            });
    if (!started) {
      listener.onClosed(socket);
    }
    return socket;
  }

  /** Returns the request: method, path, and query. */
  public Request request() {
    return request;
  }

  /** The body of the request, empty if it has none. */
  public BodyReader body() {
    return body;
  }

  /** Returns the client's address. */
  public SocketAddress remoteAddress() {
    return remoteAddress;
  }

  /**
   * Returns the address that limits count the client by: its own, or for IPv6 that of its /64
   * network, since whoever has one address of it has all of them. Loopback and link-local addresses
   * count individually.
   */
  public InetAddress clientNetwork() {
    return ClientAddress.of(remoteAddress);
  }

  /**
   * Returns how long nothing may come and nothing leave before the connection is closed; {@link
   * Http2Limits#idle()}.
   */
  public Duration idle() {
    return transport.idle();
  }

  /**
   * Returns a time for deadlines that a handler sets its client: that of {@link System#nanoTime()},
   * except that a gap in which this process, or the event loop of the connection, stood still for
   * longer than half of the shortest deadline and for more than a second, counts as a quarter of
   * that deadline: what the client did meanwhile is still to be read. Any thread; while the loop
   * stands still, so does the time that other threads read, once it has gone on for that quarter.
   */
  public long nanoTime() {
    return transport.nanoTime();
  }

  /** Returns whether the request came over TLS. */
  public boolean isTls() {
    return isTls;
  }

  /** The certificate that the client showed, checked against the server's trust. */
  public Optional<X509Certificate> clientCertificate() {
    return Optional.ofNullable(clientCertificate);
  }

  /**
   * Starts the response; everything written to the writer becomes its body. A response without a
   * body (HEAD, 204, 304) is complete at once, and what is written is dropped.
   *
   * @throws IllegalArgumentException if {@code status} is not from 200 to 599, or a field is
   *     connection-specific (connection, keep-alive, proxy-connection, transfer-encoding, upgrade)
   * @throws IllegalStateException if the response has already started
   */
  public BodyWriter respond(int status, Headers headers) {
    check(status, headers);
    begin();
    boolean bodiless = isBodiless(status);
    if (bodiless) {
      writer.dropAll();
    }
    inOrder(() -> transport.writeResponse(status, headers, bodiless));
    return writer;
  }

  /**
   * Sends a whole response. A {@code content-length} is added unless {@code headers} has one, or
   * the status is 204 or 304; the body is left out when the method is HEAD, and with an empty one
   * the length as well, since that of the GET isn't known.
   *
   * @return completes when {@code bytes} are not lent any more
   * @throws IllegalStateException if the response has already started, or the memory given back
   * @throws IllegalArgumentException if a segment is confined to the caller's thread, {@code
   *     status} is not from 200 to 599, or a field is connection-specific
   */
  public CompletionStage<Void> respond(int status, Headers headers, SegmentedBytes bytes) {
    check(status, headers);
    begin();
    boolean bodiless = bytes.isEmpty() || isBodiless(status);
    Headers all =
        (bodiless && isUnsized(status, bytes)) || headers.first("content-length").isPresent()
            ? headers
            : headers.with("content-length", Long.toString(bytes.byteSize()));
    inOrder(() -> transport.writeResponse(status, all, bodiless));
    if (bodiless) {
      return CompletableFuture.completedStage(null);
    }
    try {
      return writer.write(bytes, 0, bytes.byteSize(), 0, true);
    } catch (IllegalStateException | IllegalArgumentException e) {
      reset(Http2Error.INTERNAL_ERROR); // The header has gone: the client waits for the rest.
      throw e;
    }
  }

  /** Sends a response with no body. */
  public void respond(int status) {
    respond(status, Headers.empty(), SegmentedBytes.empty());
  }

  /**
   * Ends the exchange at once, in both directions. Code that has started to read the {@link
   * #body()} must cancel it as well, because the received part of a body that has ended is kept for
   * its reader.
   */
  public void reset(Http2Error error) {
    try {
      if (transport.loop().inEventLoop()) {
        transport.reset(error);
      } else {
        transport.loop().execute(() -> transport.reset(error));
      }
    } catch (RejectedExecutionException e) {
      // The server was closed, and the exchange with it.
    }
  }

  /**
   * Completes when the exchange has ended, in whatever way, and the last byte that was lent to it
   * has been written or dropped: nothing is lent any more.
   */
  public CompletionStage<Void> closed() {
    return end.reached();
  }

  /** Runs that when it is {@link #closed()}; for who made it, before anybody else has it. */
  void whenClosed(Runnable action) {
    end.whenReached(action);
  }

  /** Returns whether a response to its request with that status has no body, whatever it says. */
  boolean isBodiless(int status) {
    return request.method().equals("HEAD") || status == 204 || status == 304;
  }

  private boolean isUnsized(int status, SegmentedBytes bytes) {
    return status == 204 || status == 304 || (bytes.isEmpty() && request.method().equals("HEAD"));
  }

  private static void check(int status, Headers headers) {
    if (status < 200 || status > 599) {
      throw new IllegalArgumentException("response of status=" + status + ": from 200 to 599");
    }
    headers.forEach(
        (name, _) -> {
          if (Headers.isOfConnection(name)) { // It would end the stream, or frame the body anew.
            throw new IllegalArgumentException(
                "response with header name=" + name + ": it is the connection's");
          }
        });
  }

  boolean hasResponded() {
    return responded.get();
  }

  /** The handler took too long: 503, unless it has begun to answer. */
  void handlerIsLate() {
    isUnavailable();
  }

  /** Answers 503, unless it was answered before. */
  private boolean isUnavailable() {
    boolean isFirst = responded.compareAndSet(false, true);
    if (isFirst) {
      transport.writeResponse(503, Headers.of("content-length", "0"), true);
    }
    return isFirst;
  }

  /** There is no room for a body that the handler doesn't read. */
  private void bodyIsUnread() {
    if (!isUnavailable()) {
      transport.reset(Http2Error.ENHANCE_YOUR_CALM);
    }
  }

  /** Bounds what comes of its body and is not read, with all others of the server. */
  void boundBody(AddressRoom room) {
    body.bound(new BodyReader.Bound(room, clientNetwork(), this::bodyIsUnread));
  }

  private void begin() {
    if (!responded.compareAndSet(false, true)) {
      throw new IllegalStateException(
          "response to "
              + request.method()
              + " "
              + request.path()
              + ": it has already started, or the deadline for it has passed");
    }
  }

  void onClosed() {
    if (over.compareAndSet(false, true)) {
      end.close();
    }
  }

  /**
   * The handler failed: 500 if nothing was said yet, else INTERNAL_ERROR. What it has left of the
   * body goes, since nobody else knows how far it was read.
   */
  void failed() {
    if (responded.get()) {
      reset(Http2Error.INTERNAL_ERROR);
      body.abandon("its handler failed");
    } else {
      body.abandon("its handler failed");
      respond(500);
    }
  }

  /** Before what is written to the body from now on; false if the server was closed. */
  private boolean inOrder(Runnable task) {
    try {
      writer.inOrder(task);
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }
}
