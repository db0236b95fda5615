package dev.segue.zenoh;

/** The protocol of a link. */
public enum LinkProtocol {
  /** TCP. */
  TCP,
  /** UDP. */
  UDP,
  /** TLS over TCP. */
  TLS,
  /** QUIC. */
  QUIC,
  /** A serial line. */
  SERIAL,
  /** A pipe. */
  UNIXPIPE,
  /** A Unix socket. */
  UNIXSOCK_STREAM,
  /** A socket of a virtual machine. */
  VSOCK,
  /** WebSocket. */
  WS
}
