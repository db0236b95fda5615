package dev.segue.cli.serve;

import dev.segue.http2.Tls;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The certificate and key of the gateway, in PEM files that may be replaced while it runs.
 *
 * @param trusted certificates that clients must have one of; null where they are not asked
 */
record IdentityFiles(Path certificates, Path key, @Nullable Path trusted) {
  private static final Duration RENEWED_BEFORE = Duration.ofDays(30);
  private static final int DNS_NAME = 2;
  private static final int IP_ADDRESS = 7;

  /** {@code $XDG_CONFIG_HOME/segue}, or {@code ~/.config/segue}. */
  static Path defaultFolder() {
    String configured = System.getenv("XDG_CONFIG_HOME");
    Path base =
        configured == null || configured.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".config")
            : Path.of(configured);
    return base.resolve("segue");
  }

  /**
   * A self-signed certificate, from a folder; made, or made again, where there is none or it lacks
   * a name or ends within 30 days.
   */
  static IdentityFiles selfSigned(Path folder, List<String> names, @Nullable Path trusted)
      throws IOException {
    Files.createDirectories(folder);
    IdentityFiles files =
        new IdentityFiles(folder.resolve("identity.pem"), folder.resolve("identity.key"), trusted);
    if (!files.standsFor(names)) {
      Tls.selfSigned(names.toArray(String[]::new)).writePem(files.certificates, files.key);
    }
    return files;
  }

  private boolean standsFor(List<String> names) {
    try {
      X509Certificate certificate = Tls.fromPem(certificates, key).certificates().getFirst();
      certificate.checkValidity(Date.from(Instant.now().plus(RENEWED_BEFORE)));
      return namesOf(certificate).containsAll(names.stream().map(IdentityFiles::plain).toList());
    } catch (IOException | CertificateException e) {
      return false;
    }
  }

  /** Java writes the IPv6 addresses of a certificate in full. */
  private static String plain(String name) {
    try {
      return name.indexOf(':') < 0 ? name : InetAddress.ofLiteral(name).getHostAddress();
    } catch (IllegalArgumentException e) {
      return name;
    }
  }

  private static List<String> namesOf(X509Certificate certificate) throws CertificateException {
    List<String> names = new ArrayList<>();
    Collection<List<?>> all = certificate.getSubjectAlternativeNames();
    if (all != null) {
      for (List<?> each : all) {
        if (each.get(0).equals(DNS_NAME) || each.get(0).equals(IP_ADDRESS)) {
          names.add(String.valueOf(each.get(1)));
        }
      }
    }
    return names;
  }

  /** The identity as the files have it now. */
  Tls read() throws IOException {
    Tls identity = Tls.fromPem(certificates, key);
    return trusted == null ? identity : identity.trusting(trusted);
  }

  /** Returns the state of the files, which changes when they are replaced. */
  String state() {
    try {
      String own = Files.getLastModifiedTime(certificates) + "/" + Files.getLastModifiedTime(key);
      return trusted == null ? own : own + "/" + Files.getLastModifiedTime(trusted);
    } catch (IOException e) {
      return "";
    }
  }

  /** The SHA-256 of a certificate, as browsers and openssl show it. */
  static String fingerprint(Tls identity) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(identity.certificates().getFirst().getEncoded());
      return HexFormat.ofDelimiter(":").withUpperCase().formatHex(digest);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("fingerprint of a certificate", e);
    }
  }
}
