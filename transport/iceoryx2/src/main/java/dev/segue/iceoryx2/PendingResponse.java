package dev.segue.iceoryx2;

import dev.segue.bytes.spi.Leaks;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A request that was sent, and the responses to it: none, one, or a stream of them.
 *
 * <p>Owner: the caller; the client's node closes it at the latest. Lifetime: until {@link
 * #close()}, also when the client is closed; then {@link IllegalStateException}. Responses that are
 * open stay valid. Threads: any.
 */
public final class PendingResponse implements Child, Attachable {
  private final Children siblings;
  private final String name;
  private final Received.Origin origin;
  private final Delivery delivery;
  private final Handle handle;
  private final Waits<Response> waits;
  private final Signal signal;
  private final Leaks.@Nullable Leak leak;

  PendingResponse(
      Children siblings,
      String name,
      Received.Origin origin,
      ReentrantLock waiting,
      Runnable ended,
      long address) {
    this.siblings = siblings;
    this.name = name;
    this.origin = origin;
    this.delivery = NativeClient.deliveryOf(address);
    this.handle =
        new Handle(
            "the pending response of " + name,
            address,
            pending -> {
              NativeClient.freePending(pending);
              ended.run();
            });
    this.waits = new Waits<>(handle, waiting, new Source());
    this.signal =
        new Signal(this, handle, pending -> NativeClient.descriptor(pending, name), this::isReady);
    this.leak = Leaks.ENABLED ? Leaks.track(this, handle.toString()) : null;
  }

  private final class Source implements Waits.Source<Response> {
    @Override
    public @Nullable Response take(long pending) throws IceoryxException {
      return PendingResponse.this.take(pending);
    }

    @Override
    public void await(long pending, long nanos) throws IceoryxException {
      NativeClient.await(pending, name, nanos);
    }

    @Override
    public boolean hasEnded(long pending) {
      return !NativeClient.isConnected(pending);
    }
  }

  private @Nullable Response take(long pending) throws IceoryxException {
    long response = NativeClient.take(pending, name);
    return response == 0 ? null : Received.response(origin, response);
  }

  /** Ready also when nothing comes any more, so that who waits for it goes on. */
  private boolean isReady(long pending) throws IceoryxException {
    NativeClient.await(pending, name, 0);
    return !NativeClient.isConnected(pending) || NativeClient.isReady(pending);
  }

  /** Returns what a wait set looks at. */
  Signal signal() {
    return signal;
  }

  /** The servers that got the request, and those that didn't. */
  public Delivery delivery() {
    return delivery;
  }

  /**
   * Returns whether a server still has the request: none was there, or each one has closed its
   * {@link ActiveRequest}, died and was cleaned up, if not. Responses may wait all the same.
   *
   * @throws IllegalStateException if this is closed
   */
  public boolean isConnected() {
    long pending = handle.enter();
    try {
      return NativeClient.isConnected(pending);
    } finally {
      handle.release();
    }
  }

  /**
   * The next response if one waits.
   *
   * @throws IllegalStateException if this is closed, or as many responses are open as the service
   *     allows
   */
  public Optional<Response> tryReceive() throws IceoryxException {
    long pending = handle.enter();
    try {
      return Optional.ofNullable(take(pending));
    } finally {
      handle.release();
    }
  }

  /**
   * Waits for the next response: spins for some microseconds, then sleeps in the kernel, where a
   * virtual thread keeps its carrier.
   *
   * @return empty if none came within {@code timeout}, or at once when none waits and no server has
   *     the request ({@link #isConnected()})
   * @throws IllegalStateException if this is closed, before or during the call, or as many
   *     responses are open as the service allows
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public Optional<Response> receive(Duration timeout)
      throws IceoryxException, InterruptedException {
    return waits.receive(timeout);
  }

  /**
   * Closes it: servers see that nobody waits, and calls that wait here throw an {@link
   * IllegalStateException}; this waits for them, at most 10 s. Idempotent.
   */
  @Override
  public void close() {
    handle.close(_ -> Leaks.close(leak));
    handle.awaitFreed();
    siblings.forget(this);
  }

  @Override
  public String toString() {
    return "PendingResponse[" + name + "]";
  }
}
