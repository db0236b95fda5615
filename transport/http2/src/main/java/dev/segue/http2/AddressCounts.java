package dev.segue.http2;

import io.netty.channel.Channel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ConcurrentHashMap;

/** Counts the connections of each address, so that one can't take every place. Any thread. */
final class AddressCounts {
  private final int limit;
  private final ConcurrentHashMap<InetAddress, Integer> counts = new ConcurrentHashMap<>();

  AddressCounts(int limit) {
    this.limit = limit;
  }

  /** Counts a connection until it closes; false, and not counted, if its address has too many. */
  boolean admit(Channel channel) {
    if (!(channel.remoteAddress() instanceof InetSocketAddress remote)) {
      return true; // It has gone again.
    }
    InetAddress address = ClientAddress.of(remote);
    boolean[] admitted = {false};
    counts.compute(
        address,
        (_, before) -> {
          int open = before == null ? 0 : before;
          admitted[0] = open < limit;
          return admitted[0] ? Integer.valueOf(open + 1) : before;
        });
    if (admitted[0]) {
      channel
          .closeFuture()
          .addListener(
              _ -> counts.computeIfPresent(address, (_, open) -> open == 1 ? null : open - 1));
    }
    return admitted[0];
  }
}
