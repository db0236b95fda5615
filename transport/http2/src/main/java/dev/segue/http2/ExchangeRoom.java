package dev.segue.http2;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds what the open exchanges of a server take of its heap, and those of one address to half of
 * that: a client that reads nothing may have many streams on many connections, for which it has
 * sent a few bytes each, and a header of a few KiB with many fields takes tens of them.
 *
 * <p>Owner: the server. Lifetime: the same. Threads: any.
 */
final class ExchangeRoom {
  /** What an exchange takes besides its header. */
  private static final long EXCHANGE_BYTE_SIZE = 4096;

  /** What a field takes besides its characters: two strings, their arrays, two references. */
  static final long FIELD_BYTE_SIZE = 100;

  private final long maxByteSize;
  private final AtomicLong taken = new AtomicLong();
  private final ConcurrentHashMap<InetAddress, Long> byAddress = new ConcurrentHashMap<>();

  ExchangeRoom(long maxByteSize) {
    this.maxByteSize = maxByteSize;
  }

  /** A quarter of the heap. */
  static long defaultByteSize() {
    return Runtime.getRuntime().maxMemory() / 4;
  }

  /** Takes room until the exchange has ended; false, and none is taken, where there is none. */
  boolean admit(Http2Exchange exchange) {
    InetAddress address = addressOf(exchange);
    long byteSize = byteSizeOf(exchange.request());
    boolean[] admitted = {false};
    Long _ =
        byAddress.compute(
            address,
            (_, before) -> {
              long ofAddress = before == null ? 0 : before;
              admitted[0] =
                  ofAddress + byteSize <= maxByteSize / 2 && taken.get() + byteSize <= maxByteSize;
              if (!admitted[0]) {
                return before;
              }
              long _ = taken.addAndGet(byteSize);
              return ofAddress + byteSize;
            });
    if (admitted[0]) {
      exchange.whenClosed(() -> giveBack(address, byteSize));
    }
    return admitted[0];
  }

  private void giveBack(InetAddress address, long byteSize) {
    Long _ =
        byAddress.computeIfPresent(
            address, (_, before) -> before <= byteSize ? null : before - byteSize);
    long _ = taken.addAndGet(-byteSize);
  }

  private static InetAddress addressOf(Http2Exchange exchange) {
    return exchange.remoteAddress() instanceof InetSocketAddress remote
            && remote.getAddress() != null
        ? remote.getAddress()
        : InetAddress.getLoopbackAddress();
  }

  /** Returns how much room an exchange takes. */
  static long byteSizeOf(Request request) {
    long[] byteSize = {EXCHANGE_BYTE_SIZE + request.path().length() + request.authority().length()};
    request
        .headers()
        .forEach((name, value) -> byteSize[0] += FIELD_BYTE_SIZE + name.length() + value.length());
    return byteSize[0];
  }
}
