package dev.segue.interop.router;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;

/** A key and a certificate of its own for 127.0.0.1, as PEM files. */
record Identity(Path key, Path certificate) {
  private static final char[] PASSWORD = "password".toCharArray();

  static Identity create(Path folder)
      throws IOException, GeneralSecurityException, InterruptedException {
    Path store = folder.resolve("identity.p12");
    Process keytool =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                    "-genkeypair",
                    "-alias",
                    "router",
                    "-keyalg",
                    "RSA", // of elliptic curves Java writes keys that the core doesn't read
                    "-keysize",
                    "2048",
                    "-dname",
                    "CN=router",
                    "-ext",
                    "san=ip:127.0.0.1,dns:localhost",
                    "-validity",
                    "30",
                    "-storetype",
                    "PKCS12",
                    "-keystore",
                    store.toString(),
                    "-storepass",
                    new String(PASSWORD)))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (keytool.waitFor() != 0) {
      throw new IOException("keytool ended with " + keytool.exitValue());
    }
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream input = Files.newInputStream(store)) {
      keys.load(input, PASSWORD);
    }
    Key key = keys.getKey("router", PASSWORD);
    return new Identity(
        pem(folder.resolve("key.pem"), "PRIVATE KEY", key.getEncoded()),
        pem(
            folder.resolve("certificate.pem"),
            "CERTIFICATE",
            keys.getCertificate("router").getEncoded()));
  }

  private static Path pem(Path file, String name, byte[] bytes) throws IOException {
    byte[] lineFeed = "\n".getBytes(StandardCharsets.US_ASCII);
    String text = Base64.getMimeEncoder(64, lineFeed).encodeToString(bytes);
    return Files.writeString(
        file, "-----BEGIN " + name + "-----\n" + text + "\n-----END " + name + "-----\n");
  }
}
