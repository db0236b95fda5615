package dev.segue.zenoh;

import dev.segue.testkit.TestKeys;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Certificates of an authority that a test makes, and one of a stranger, as files. */
record Certificates(Path folder) {
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

  private void add(String name, String... more) throws Exception {
    List<String> options = new ArrayList<>(List.of("-keysize", "2048", "-validity", "1000"));
    options.addAll(List.of(more));
    // The core takes no elliptic key without its public half, as Java writes them.
    TestKeys keys =
        new TestKeys(folder.resolve("store")).add(name, "RSA", options.toArray(String[]::new));
    Files.writeString(certificate(name), keys.certificate(name));
    Files.writeString(key(name), keys.key(name));
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
