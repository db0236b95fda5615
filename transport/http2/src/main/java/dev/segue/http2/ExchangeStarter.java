package dev.segue.http2;

import java.security.cert.X509Certificate;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Hands exchanges to the application, on its executor if it has one.
 *
 * @param isTls whether the connection is encrypted
 * @param unread what all exchanges of the server may keep of bodies that nobody reads
 */
record ExchangeStarter(
    Http2Handler handler,
    @Nullable Executor executor,
    @Nullable X509Certificate clientCertificate,
    boolean isTls,
    AddressRoom unread) {
  /** Without a bound, or an executor. */
  ExchangeStarter(Http2Handler handler) {
    this(handler, null, null, false, new AddressRoom(Long.MAX_VALUE));
  }

  /** Runs the handler; what it throws is the peer's 500. */
  void start(Http2Exchange exchange) {
    exchange.boundBody(unread);
    if (executor == null) {
      run(exchange);
      return;
    }
    try {
      executor.execute(() -> run(exchange));
    } catch (RejectedExecutionException | OutOfMemoryError e) { // The latter: no thread for it.
      exchange.respond(503);
    }
  }

  private void run(Http2Exchange exchange) {
    try {
      handler.handle(exchange);
    } catch (Throwable e) { // An Error, too: whoever waits is answered, and the loop goes on.
      System.getLogger("dev.segue.http2")
          .log(
              System.Logger.Level.WARNING,
              "handler failed for " + exchange.request().method() + " " + exchange.request().path(),
              e);
      exchange.failed();
    }
  }
}
