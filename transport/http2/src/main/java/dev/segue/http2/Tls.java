package dev.segue.http2;

import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * The identity of one end of a connection, and the certificates that it trusts. Only TLS 1.3,
 * through BoringSSL where it is available.
 *
 * <p>Owner: none, a value. Lifetime: unlimited. Threads: any.
 */
public final class Tls {
  private final @Nullable PrivateKey key;
  private final List<X509Certificate> chain;
  private final List<X509Certificate> trusted;

  private Tls(
      @Nullable PrivateKey key, List<X509Certificate> chain, List<X509Certificate> trusted) {
    this.key = key;
    this.chain = chain;
    this.trusted = trusted;
  }

  /**
   * Returns a configuration for clients: no identity, and the Java runtime's trusted certificates.
   */
  public static Tls ofDefaults() {
    return new Tls(null, List.of(), List.of());
  }

  /**
   * The identity in two PEM files: a certificate with its chain, and its private key in PKCS #8.
   *
   * @throws IOException if a file can't be read or holds something else, or the key is not that of
   *     the first certificate
   */
  public static Tls fromPem(Path certificates, Path privateKey) throws IOException {
    PrivateKey key = PemKey.read(privateKey);
    List<X509Certificate> chain = certificatesIn(certificates);
    if (!PemKey.isOf(key, chain.getFirst())) {
      throw new IOException(
          "private key in "
              + privateKey
              + ": not that of the first certificate in "
              + certificates);
    }
    return new Tls(key, chain, List.of());
  }

  /**
   * Makes a new self-signed identity, for tests and for a first try.
   *
   * @param hosts the host names and addresses that the certificate is for
   * @throws IOException if one of them is neither, or this Java can't make it
   */
  public static Tls selfSigned(String... hosts) throws IOException {
    try {
      SelfSignedCertificate made = SelfSignedCertificate.of(hosts);
      return new Tls(made.key(), List.of(made.certificate()), List.of());
    } catch (GeneralSecurityException e) {
      throw new IOException("self-signed certificate for " + Arrays.toString(hosts), e);
    }
  }

  /**
   * Writes the identity as two PEM files that {@link #fromPem} reads, the key readable only by its
   * owner. Existing files are replaced atomically.
   *
   * @throws IllegalStateException if there is no identity
   * @throws IOException if a file can't be written
   */
  public void writePem(Path certificates, Path privateKey) throws IOException {
    if (key == null || chain.isEmpty()) {
      throw new IllegalStateException("writePem: no identity");
    }
    PemKey.write(privateKey, "PRIVATE KEY", List.of(key.getEncoded()), true);
    List<byte[]> encoded = new ArrayList<>();
    try {
      for (X509Certificate each : chain) {
        encoded.add(each.getEncoded());
      }
    } catch (GeneralSecurityException e) {
      throw new IOException("writing " + certificates, e);
    }
    PemKey.write(certificates, "CERTIFICATE", encoded, false);
  }

  /**
   * The same with the certificates of a PEM file as the only trust: a client then accepts servers
   * that they have signed, a server asks clients for such a certificate.
   *
   * @throws IOException if the file can't be read or holds something else
   */
  public Tls trusting(Path certificates) throws IOException {
    return new Tls(key, chain, certificatesIn(certificates));
  }

  /** {@link #trusting(Path)} of the certificate of another identity. */
  public Tls trusting(Tls other) {
    return new Tls(key, chain, other.chain);
  }

  /** The own certificate and its chain; empty without an identity. */
  public List<X509Certificate> certificates() {
    return chain;
  }

  private static List<X509Certificate> certificatesIn(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      List<X509Certificate> found = new ArrayList<>();
      for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        found.add((X509Certificate) each);
      }
      if (found.isEmpty()) {
        throw new IOException("certificates in " + file + ": there are none");
      }
      return List.copyOf(found);
    } catch (GeneralSecurityException e) {
      throw new IOException("certificates in " + file, e);
    }
  }

  SslContext serverContext(boolean http1) throws SSLException {
    if (key == null) {
      throw new IllegalArgumentException(
          "TLS server without an identity: use fromPem or selfSigned");
    }
    SslContextBuilder builder =
        SslContextBuilder.forServer(key, chain.toArray(X509Certificate[]::new));
    if (!trusted.isEmpty()) {
      builder.trustManager(trusted.toArray(X509Certificate[]::new)).clientAuth(ClientAuth.REQUIRE);
    }
    return finish(builder, http1);
  }

  SslContext clientContext() throws SSLException {
    SslContextBuilder builder = SslContextBuilder.forClient();
    if (key != null) {
      builder.keyManager(key, chain.toArray(X509Certificate[]::new));
    }
    if (!trusted.isEmpty()) {
      builder.trustManager(trusted.toArray(X509Certificate[]::new));
    }
    return finish(builder.endpointIdentificationAlgorithm("HTTPS"), false);
  }

  private static SslContext finish(SslContextBuilder builder, boolean http1) throws SSLException {
    List<String> protocols =
        http1
            ? List.of(ApplicationProtocolNames.HTTP_2, ApplicationProtocolNames.HTTP_1_1)
            : List.of(ApplicationProtocolNames.HTTP_2);
    return builder
        .sslProvider(Loops.hasBoringSsl() ? SslProvider.OPENSSL_REFCNT : SslProvider.JDK)
        .protocols("TLSv1.3")
        .ciphers(Http2SecurityUtil.CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
        .applicationProtocolConfig(
            new ApplicationProtocolConfig(
                ApplicationProtocolConfig.Protocol.ALPN,
                ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                protocols))
        .build();
  }
}
