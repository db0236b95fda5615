package dev.segue.objectstore;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.segue.objectstore.http.TlsEngines;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
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
  private static final String PASSWORD = "changeit";

  public static TestAuthority create(Path directory) throws Exception {
    Path file = directory.resolve("keys.p12");
    keytool(file, "authority", "-ext", "bc:critical=ca:true");
    keytool(file, "server", "-signer", "authority", "-ext", "san=ip:127.0.0.1");
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      keys.load(in, PASSWORD.toCharArray());
    }
    StringBuilder chain = new StringBuilder();
    for (Certificate each : keys.getCertificateChain("server")) {
      chain.append(pem("CERTIFICATE", each.getEncoded()));
    }
    byte[] secret = keys.getKey("server", PASSWORD.toCharArray()).getEncoded();
    return new TestAuthority(
        Files.writeString(directory.resolve("cert.pem"), chain),
        Files.writeString(directory.resolve("key.pem"), pem("PRIVATE KEY", secret)),
        trusting(keys.getCertificate("authority")));
  }

  public TlsEngines engines() {
    return TlsEngines.of(context);
  }

  private static void keytool(Path file, String alias, String... more) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of("-genkeypair", "-keyalg", "EC", "-storetype", "PKCS12"));
    command.addAll(List.of("-alias", alias, "-dname", "CN=" + alias));
    command.addAll(List.of("-keystore", file.toString(), "-storepass", PASSWORD));
    command.addAll(List.of(more));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = process.inputReader().readAllAsString();
    assertEquals(0, process.waitFor(), output);
  }

  private static String pem(String what, byte[] content) {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
    return "-----BEGIN " + what + "-----\n" + text + "\n-----END " + what + "-----\n";
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
