package dev.segue.objectstore;

import dev.segue.objectstore.http.TlsEngines;
import dev.segue.testkit.TestKeys;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A certificate authority of its own, and what a server at 127.0.0.1 needs of it.
 *
 * @param certificate the server's certificate and the authority's, a PEM file
 * @param key the server's private key, a PEM file
 * @param context trusts this authority alone
 */
public record TestAuthority(Path certificate, Path key, SSLContext context) {
  public static TestAuthority create(Path directory) throws Exception {
    TestKeys keys =
        new TestKeys(directory.resolve("keys.p12"))
            .add("authority", "EC", "-ext", "bc:critical=ca:true")
            .add("server", "EC", "-signer", "authority", "-ext", "san=ip:127.0.0.1");
    return new TestAuthority(
        Files.writeString(directory.resolve("cert.pem"), keys.chain("server")),
        Files.writeString(directory.resolve("key.pem"), keys.key("server")),
        trusting(keys.load().getCertificate("authority")));
  }

  public TlsEngines engines() {
    return TlsEngines.of(context);
  }

  private static SSLContext trusting(Certificate authority) throws Exception {
    KeyStore certificates = KeyStore.getInstance("PKCS12");
    certificates.load(null, null);
    certificates.setCertificateEntry("authority", authority);
    TrustManagerFactory trusted =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trusted.init(certificates);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trusted.getTrustManagers(), null);
    return context;
  }
}
