package dev.segue.gateway;

import dev.segue.http2.Request;
import java.net.SocketAddress;
import java.security.cert.X509Certificate;
import java.util.Optional;

/**
 * Decides what a client may do; for programs that know their users better than by tokens.
 *
 * <p>Threads: any; called on event loops, so it must not block.
 */
@FunctionalInterface
public interface Authorizer {
  /**
   * One request.
   *
   * @param request its header
   * @param remoteAddress where it comes from
   * @param clientCertificate the certificate that the client showed, checked against the trust
   */
  record Client(
      Request request, SocketAddress remoteAddress, Optional<X509Certificate> clientCertificate) {}

  /**
   * Returns what the client may do.
   *
   * @return empty to answer 401
   */
  Optional<Grant> authorize(Client client);
}
