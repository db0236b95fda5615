package dev.segue.iceoryx2;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Receives the requests of one service and answers them.
 *
 * <pre>
 *   try (ActiveRequest request = server.receive(timeout).orElse(null)) {
 *     if (request != null) {
 *       Loan loan = request.loan(byteSize);
 *       answer(request.payload(), loan.segment());   // read and filled in place
 *       request.send(loan);
 *     }
 *   }
 * </pre>
 *
 * <p>Owner: the caller; its node closes it at the latest. Lifetime: until {@link #close()};
 * requests that are open then stay valid and can be answered, and keep it in the service until the
 * last of them is closed. Threads: any.
 */
public final class Server implements Child, Attachable {
  private final Children siblings;
  private final String name;
  private final ServerOptions options;
  private final Received.Origin origin;
  private final Handle handle;
  private final Waits<ActiveRequest> waits;
  private final Signal signal;

  Server(Children siblings, String name, ServerOptions options, long address) {
    this.siblings = siblings;
    this.name = name;
    this.options = options;
    this.origin = new Received.Origin("a request of " + name, 0, NativeServer::freeRequest);
    this.handle = new Handle("the server of " + name, address, NativeServer::free);
    this.waits = new Waits<>(handle, new ReentrantLock(), new Source());
    this.signal =
        new Signal(
            this,
            handle,
            server -> NativeServer.descriptor(server, name),
            server -> {
              NativeServer.await(server, name, 0);
              return NativeServer.isReady(server, name);
            });
  }

  private final class Source implements Waits.Source<ActiveRequest> {
    @Override
    public @Nullable ActiveRequest take(long server) throws IceoryxException {
      return Server.this.take(server);
    }

    @Override
    public void await(long server, long nanos) throws IceoryxException {
      NativeServer.await(server, name, nanos);
    }
  }

  private @Nullable ActiveRequest take(long server) throws IceoryxException {
    long request = NativeServer.take(server, name);
    return request == 0 ? null : new ActiveRequest(name, options, origin, request);
  }

  /** Returns what a wait set looks at. */
  Signal signal() {
    return signal;
  }

  /** Returns how it was made. */
  public ServerOptions options() {
    return options;
  }

  /**
   * The next request if one waits.
   *
   * @throws IllegalStateException if the server is closed, or as many requests of one client are
   *     open as the service allows
   */
  public Optional<ActiveRequest> tryReceive() throws IceoryxException {
    long server = handle.enter();
    try {
      return Optional.ofNullable(take(server));
    } finally {
      handle.release();
    }
  }

  /**
   * Waits for the next request: spins for some microseconds, then sleeps in the kernel, where a
   * virtual thread keeps its carrier.
   *
   * @return empty if none came within {@code timeout}
   * @throws IllegalStateException if the server is closed, before or during the call, or as many
   *     requests of one client are open as the service allows
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public Optional<ActiveRequest> receive(Duration timeout)
      throws IceoryxException, InterruptedException {
    return waits.receive(timeout);
  }

  /**
   * Closes it: calls that wait for a request throw an {@link IllegalStateException}, and a response
   * that waits for room gives up; this waits for the former, at most 10 s. Idempotent.
   */
  @Override
  public void close() {
    handle.close(NativeServer::close);
    handle.awaitFreed();
    siblings.forget(this);
  }

  @Override
  public String toString() {
    return "Server[" + name + "]";
  }
}
