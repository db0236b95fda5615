package dev.segue.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * Key pairs and their certificates, in a PKCS#12 store that the JDK's keytool fills.
 *
 * @param file the store
 */
public record TestKeys(Path file) {
  /** The password of the store and of each key. */
  public static final String PASSWORD = "changeit";

  /**
   * Adds a key pair of an algorithm, with a certificate that names {@code alias}.
   *
   * @param options further options of {@code keytool -genkeypair}
   */
  public TestKeys add(String alias, String algorithm, String... options)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of("-genkeypair", "-keyalg", algorithm, "-storetype", "PKCS12"));
    command.addAll(List.of("-alias", alias, "-dname", "CN=" + alias));
    command.addAll(List.of("-keystore", file.toString(), "-storepass", PASSWORD));
    command.addAll(List.of(options));
    Peers.run(command);
    return this;
  }

  /** Reads the store. */
  public KeyStore load() throws IOException, GeneralSecurityException {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      keys.load(in, PASSWORD.toCharArray());
    }
    return keys;
  }

  /** Returns a certificate as PEM. */
  public String certificate(String alias) throws IOException, GeneralSecurityException {
    return pem("CERTIFICATE", load().getCertificate(alias).getEncoded());
  }

  /** Returns a certificate and those of its signers as PEM. */
  public String chain(String alias) throws IOException, GeneralSecurityException {
    StringBuilder chain = new StringBuilder();
    for (Certificate each : load().getCertificateChain(alias)) {
      chain.append(pem("CERTIFICATE", each.getEncoded()));
    }
    return chain.toString();
  }

  /** Returns a private key as PEM. */
  public String key(String alias) throws IOException, GeneralSecurityException {
    return pem("PRIVATE KEY", load().getKey(alias, PASSWORD.toCharArray()).getEncoded());
  }

  private static String pem(String label, byte[] content) {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
    return "-----BEGIN " + label + "-----\n" + text + "\n-----END " + label + "-----\n";
  }
}
