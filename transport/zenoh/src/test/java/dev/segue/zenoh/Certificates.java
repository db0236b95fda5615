package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;

/** Certificates of an authority that a test makes, and one of a stranger, as files. */
record Certificates(Path folder) {
  private static final char[] PASSWORD = "testtest".toCharArray();

  static Certificates make(Path folder) throws Exception {
    Certificates certificates = new Certificates(folder);
    certificates.add("authority", "-ext", "bc:c=ca:true", "-ext", "ku:c=keyCertSign");
    for (String name : List.of("server", "client")) {
      certificates.add(
          name,
          "-signer",
          "authority",
          "-ext",
          "san=dns:localhost,ip:127.0.0.1",
          "-ext",
          "eku=serverAuth,clientAuth");
    }
    certificates.add("stranger", "-ext", "bc:c=ca:true");
    return certificates;
  }

  private Path store() {
    return folder.resolve("store");
  }

  private void add(String name, String... more) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                name,
                "-dname",
                "CN=" + name,
                // The core takes no elliptic key without its public half, as Java writes them.
                "-keyalg",
                "RSA",
                "-keysize",
                "2048",
                "-validity",
                "1000",
                "-storetype",
                "PKCS12",
                "-keystore",
                store().toString(),
                "-storepass",
                new String(PASSWORD)));
    command.addAll(List.of(more));
    Path output = folder.resolve("keytool");
    int status =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start()
            .waitFor();
    assertEquals(0, status, Files.readString(output));
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream input = Files.newInputStream(store())) {
      store.load(input, PASSWORD);
    }
    Files.writeString(
        certificate(name), pem("CERTIFICATE", store.getCertificate(name).getEncoded()));
    byte[] key = Objects.requireNonNull(store.getKey(name, PASSWORD)).getEncoded();
    Files.writeString(key(name), pem("PRIVATE KEY", Objects.requireNonNull(key)));
  }

  private static String pem(String what, byte[] bytes) {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
    return "-----BEGIN " + what + "-----\n" + text + "\n-----END " + what + "-----\n";
  }

  Path certificate(String name) {
    return folder.resolve(name + ".pem");
  }

  Path key(String name) {
    return folder.resolve(name + "-key.pem");
  }

  /** As JSON of a text in base64. */
  static String base64(Path file) throws Exception {
    return '"' + Base64.getEncoder().encodeToString(Files.readAllBytes(file)) + '"';
  }
}
