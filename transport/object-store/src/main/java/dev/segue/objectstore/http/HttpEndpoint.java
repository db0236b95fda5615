package dev.segue.objectstore.http;

/** The address that connections lead to; those of equal endpoints can stand in for each other. */
public record HttpEndpoint(boolean tls, String host, int port) {
  @Override
  public String toString() {
    return (tls ? "https://" : "http://") + host + ":" + port;
  }
}
