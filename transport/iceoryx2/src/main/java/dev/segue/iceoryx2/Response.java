package dev.segue.iceoryx2;

import dev.segue.bytes.SegmentedBytes;

/**
 * One response, read where its server wrote it, in a mapping that can't be written.
 *
 * <p>While it is open its server does not write there again, also when the server, the {@link
 * PendingResponse} or the client is closed. Its client stays in the service meanwhile.
 *
 * <p>Owner: the caller. Lifetime: until {@link #close()}, or for its memory until nobody its
 * payload was lent to holds it any more; then every access is an {@link IllegalStateException}.
 * Threads: any.
 */
public final class Response implements AutoCloseable {
  private final Received memory;
  private final SegmentedBytes payload;

  Response(String name, long address) {
    this.memory = new Received("a response of " + name, address, NativeClient::freeResponse, this);
    this.payload = memory.payload();
  }

  /** The response in place, one segment. It may be lent on while this is open. */
  public SegmentedBytes payload() {
    return payload;
  }

  /** Gives the memory back, unless it is lent on. Idempotent. */
  @Override
  public void close() {
    memory.closeOnce();
  }

  @Override
  public String toString() {
    return "Response[" + memory + ", byteSize=" + payload.byteSize() + "]";
  }
}
