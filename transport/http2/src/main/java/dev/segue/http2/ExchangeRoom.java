package dev.segue.http2;

import java.net.InetAddress;

/**
 * Bounds what the open exchanges of a server take of its heap, and those of one address to half of
 * that: a client that reads nothing may have many streams on many connections, for which it has
 * sent a few bytes each, and a header of a few KiB with many fields takes tens of them.
 *
 * <p>Owner: the server. Lifetime: the same. Threads: any.
 */
final class ExchangeRoom {
  /** The heap that an exchange takes besides its header. */
  private static final long EXCHANGE_BYTE_SIZE = 4096;

  /**
   * The heap that a field takes besides its characters: two strings, their arrays, two references.
   */
  static final long FIELD_BYTE_SIZE = 100;

  private final AddressRoom room;

  ExchangeRoom(long maxByteSize) {
    this.room = new AddressRoom(maxByteSize);
  }

  /** A quarter of the heap. */
  static long defaultByteSize() {
    return Runtime.getRuntime().maxMemory() / 4;
  }

  /** Takes room until the exchange has ended; false, and none is taken, where there is none. */
  boolean admit(Http2Exchange exchange) {
    InetAddress address = exchange.clientNetwork();
    long byteSize = byteSizeOf(exchange.request());
    boolean admitted = room.tryTake(address, byteSize);
    if (admitted) {
      exchange.whenClosed(() -> room.giveBack(address, byteSize));
    }
    return admitted;
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
