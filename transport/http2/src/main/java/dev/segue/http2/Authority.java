package dev.segue.http2;

/**
 * A host and port as a connection needs them, and as HTTP writes them, RFC 3986 section 3.2.2: an
 * IPv6 address stands in brackets, without the zone that means something on this machine alone.
 *
 * @param host a name or an address, without brackets
 * @param port the port
 */
record Authority(String host, int port) {
  static Authority of(String host, int port) {
    if (port <= 0 || port > 0xFFFF) {
      throw new IllegalArgumentException("client of host=" + host + " port=" + port);
    }
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    String bare = bracketed ? host.substring(1, host.length() - 1) : host;
    if (bare.isEmpty() || !HeaderText.isAuthority(bare)) {
      throw new IllegalArgumentException(
          "client of host=" + host + " port=" + port + ": no name and no address");
    }
    return new Authority(bare, port);
  }

  /** The host without a zone: whom a certificate must name. */
  String name() {
    int zone = host.indexOf(':') >= 0 ? host.indexOf('%') : -1;
    return zone < 0 ? host : host.substring(0, zone);
  }

  /** Returns what {@code :authority} says. */
  @Override
  public String toString() {
    String name = name();
    return (name.indexOf(':') >= 0 ? "[" + name + "]" : name) + ":" + port;
  }
}
