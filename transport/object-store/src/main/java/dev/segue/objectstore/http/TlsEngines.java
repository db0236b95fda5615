package dev.segue.objectstore.http;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;

/**
 * Makes the engine of each TLS connection: the JDK's by default, or one of a faster provider.
 *
 * <p>An engine of the JDK accesses the destination within its scope. One that writes to raw
 * addresses (Conscrypt, netty-tcnative) does not hold the scope: with it, memory must stay open
 * until the request is done.
 */
@FunctionalInterface
public interface TlsEngines {
  /** A new engine in client mode that checks the server's certificate against its name. */
  SSLEngine engine(String host, int port);

  /** Engines of a context (a CA of one's own, client certificates, another provider). */
  static TlsEngines of(SSLContext context) {
    return (host, port) -> {
      SSLEngine engine = context.createSSLEngine(host, port);
      engine.setUseClientMode(true);
      SSLParameters parameters = engine.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      engine.setSSLParameters(parameters);
      return engine;
    };
  }
}
