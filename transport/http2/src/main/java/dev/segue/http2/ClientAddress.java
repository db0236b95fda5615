package dev.segue.http2;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/** Whom limits count a client as. */
final class ClientAddress {
  /** Of an IPv6 address: who has one has all others of that network, RFC 6177. */
  private static final int NETWORK_BYTE_SIZE = 8;

  private ClientAddress() {}

  static InetAddress of(SocketAddress remote) {
    return remote instanceof InetSocketAddress inet && inet.getAddress() != null
        ? of(inet.getAddress())
        : InetAddress.getLoopbackAddress();
  }

  /** The networks of loopback and of a link are not one client's. */
  static InetAddress of(InetAddress address) {
    if (!(address instanceof Inet6Address)
        || address.isLoopbackAddress()
        || address.isLinkLocalAddress()) {
      return address;
    }
    byte[] bytes = address.getAddress();
    Arrays.fill(bytes, NETWORK_BYTE_SIZE, bytes.length, (byte) 0);
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address of 16 bytes", e);
    }
  }
}
