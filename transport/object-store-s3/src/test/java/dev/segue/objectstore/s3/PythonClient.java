package dev.segue.objectstore.s3;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.segue.testkit.Peers;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Runs clients.py: other people's clients of S3. */
final class PythonClient {
  private static final Path SCRIPT = Path.of("src", "test", "python", "clients.py");

  private PythonClient() {}

  /** Skips the tests of a machine whose python3 lacks the clients, unless it is CI's. */
  static void assumeInstalled() throws InterruptedException {
    Peers.assumePython("boto3, awscrt, s3dlio");
  }

  /** What the script says of each object, by name. */
  static List<Map<String, String>> run(URI endpoint, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("python3", SCRIPT.toString()));
    // Without a locale a command line is ASCII.
    for (String argument : arguments) {
      command.add(URLEncoder.encode(argument, StandardCharsets.UTF_8));
    }
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    Map<String, String> environment = builder.environment();
    environment.keySet().removeIf(name -> name.startsWith("AWS_"));
    environment.put("AWS_ENDPOINT_URL", endpoint.toString());
    environment.put("AWS_REGION", "us-east-1");
    environment.put("AWS_ACCESS_KEY_ID", S3Server.CREDENTIALS_ID);
    environment.put("AWS_SECRET_ACCESS_KEY", S3Server.CREDENTIALS_SECRET);
    environment.put("AWS_EC2_METADATA_DISABLED", "true");
    environment.put("BUCKET", S3Server.BUCKET);
    Process process = builder.start();
    try {
      List<String> lines = process.inputReader().readAllLines();
      assertEquals(0, process.waitFor(), command::toString);
      return lines.stream().map(PythonClient::facts).toList();
    } finally {
      process.destroyForcibly();
    }
  }

  private static Map<String, String> facts(String line) {
    Map<String, String> facts = new HashMap<>();
    for (String fact : line.split(" ", -1)) {
      int equals = fact.indexOf('=');
      facts.put(fact.substring(0, equals), fact.substring(equals + 1));
    }
    return facts;
  }
}
