package dev.segue.zenoh;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Certificates and keys for endpoints {@code tls/HOST:PORT} and {@code quic/HOST:PORT}, as files in
 * PEM format. They are read when a session opens.
 *
 * @param rootCaCertificate the authority to trust; null for the public ones
 * @param listenCertificate presented to clients that connect here
 * @param listenPrivateKey its key
 * @param connectCertificate presented to servers that request one when this session connects
 * @param connectPrivateKey its key
 * @param isMtls whether clients that connect here must have a trusted certificate
 * @param verifiesName whether a certificate must name the host that is connected to
 * @param closesOnExpiration whether a link ends when its certificate does
 */
public record TlsConfig(
    @Nullable Path rootCaCertificate,
    @Nullable Path listenCertificate,
    @Nullable Path listenPrivateKey,
    @Nullable Path connectCertificate,
    @Nullable Path connectPrivateKey,
    boolean isMtls,
    boolean verifiesName,
    boolean closesOnExpiration) {
  /** No certificate yet; trusts the public ones. */
  public static TlsConfig defaults() {
    return new TlsConfig(null, null, null, null, null, false, true, false);
  }

  /** Trusts certificates of these authorities, and no others. */
  public TlsConfig trust(Path authorities) {
    return new TlsConfig(
        authorities,
        listenCertificate,
        listenPrivateKey,
        connectCertificate,
        connectPrivateKey,
        isMtls,
        verifiesName,
        closesOnExpiration);
  }

  /** Presents this certificate to clients that connect here. */
  public TlsConfig listen(Path certificate, Path privateKey) {
    return new TlsConfig(
        rootCaCertificate,
        certificate,
        privateKey,
        connectCertificate,
        connectPrivateKey,
        isMtls,
        verifiesName,
        closesOnExpiration);
  }

  /** Shows this certificate to those whom this session connects to. */
  public TlsConfig connect(Path certificate, Path privateKey) {
    return new TlsConfig(
        rootCaCertificate,
        listenCertificate,
        listenPrivateKey,
        certificate,
        privateKey,
        isMtls,
        verifiesName,
        closesOnExpiration);
  }

  /**
   * Sets whether both ends present a certificate: clients that connect here need a trusted one, and
   * this session presents its own when it connects.
   */
  public TlsConfig mtls(boolean enabled) {
    return new TlsConfig(
        rootCaCertificate,
        listenCertificate,
        listenPrivateKey,
        connectCertificate,
        connectPrivateKey,
        enabled,
        verifiesName,
        closesOnExpiration);
  }

  /** Sets whether a certificate must name the host that was connected to; it should. */
  public TlsConfig verifyName(boolean enabled) {
    return new TlsConfig(
        rootCaCertificate,
        listenCertificate,
        listenPrivateKey,
        connectCertificate,
        connectPrivateKey,
        isMtls,
        enabled,
        closesOnExpiration);
  }

  /** Sets whether a link ends when its certificate does. */
  public TlsConfig closeOnExpiration(boolean enabled) {
    return new TlsConfig(
        rootCaCertificate,
        listenCertificate,
        listenPrivateKey,
        connectCertificate,
        connectPrivateKey,
        isMtls,
        verifiesName,
        enabled);
  }

  /** With these settings in place of those of the same keys. */
  Config in(Config config) {
    Config changed =
        config
            .set(key("enable_mtls"), Boolean.toString(isMtls))
            .set(key("verify_name_on_connect"), Boolean.toString(verifiesName))
            .set(key("close_link_on_expiration"), Boolean.toString(closesOnExpiration));
    changed = with(changed, "root_ca_certificate", rootCaCertificate);
    changed = with(changed, "listen_certificate", listenCertificate);
    changed = with(changed, "listen_private_key", listenPrivateKey);
    changed = with(changed, "connect_certificate", connectCertificate);
    return with(changed, "connect_private_key", connectPrivateKey);
  }

  private static String key(String name) {
    return "transport/link/tls/" + name;
  }

  private static Config with(Config config, String name, @Nullable Path file) {
    return file == null ? config : config.set(key(name), JsonFields.quote(file.toString()));
  }
}
