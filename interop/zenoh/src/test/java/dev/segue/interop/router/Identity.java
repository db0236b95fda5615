package dev.segue.interop.router;

import dev.segue.testkit.TestKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;

/** A key and a certificate of its own for 127.0.0.1, as PEM files. */
record Identity(Path key, Path certificate) {
  static Identity create(Path folder)
      throws IOException, GeneralSecurityException, InterruptedException {
    // Of elliptic curves Java writes keys that the core doesn't read.
    TestKeys keys =
        new TestKeys(folder.resolve("identity.p12"))
            .add("router", "RSA", "-keysize", "2048", "-ext", "san=ip:127.0.0.1,dns:localhost");
    return new Identity(
        Files.writeString(folder.resolve("key.pem"), keys.key("router")),
        Files.writeString(folder.resolve("certificate.pem"), keys.certificate("router")));
  }
}
