package dev.segue.cli.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.cli.Main;
import dev.segue.testkit.ChildProcess;
import dev.segue.testkit.Peers;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The command as a process of its own. */
@Timeout(value = 100, unit = TimeUnit.SECONDS)
final class ServeTest {
  private static final int INTERRUPTED = 130;

  @TempDir private Path folder = Path.of("");

  private static Process start(String... arguments) throws IOException {
    List<String> command = ChildProcess.java(Main.class, "serve");
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).start();
  }

  /** The address that the process says that it serves on. */
  private static String address(BufferedReader out) throws IOException {
    String line = out.readLine();
    assertNotNull(line, "the process ended");
    assertTrue(line.startsWith("serving on http"), line);
    return line.substring("serving on ".length());
  }

  private static HttpResponse<String> send(HttpClient client, HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void itServesUntilItIsInterrupted() throws Exception {
    Files.writeString(folder.resolve("a.txt"), "hello");
    Process process =
        start(
            "--port",
            "0",
            "--h2c",
            "--no-scouting",
            "--allow-write",
            "robot/**",
            "--root",
            "files=" + folder.toUri());
    try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        HttpClient client = HttpClient.newHttpClient()) {
      URI address = URI.create(address(out));
      assertEquals("localhost", address.getHost());
      HttpRequest.Builder put =
          HttpRequest.newBuilder(address.resolve("/topics/robot/a"))
              .PUT(HttpRequest.BodyPublishers.ofString("go"));
      assertEquals(204, send(client, put).statusCode());
      assertEquals(
          "go",
          send(client, HttpRequest.newBuilder(address.resolve("/topics/robot/a?timeout=10s")))
              .body());
      assertEquals(
          403, send(client, put.copy().uri(address.resolve("/topics/other"))).statusCode());
      assertEquals(
          "hello",
          send(client, HttpRequest.newBuilder(address.resolve("/objects/files/a.txt"))).body());
      Peers.run("kill", "-INT", Long.toString(process.pid()));
      assertTrue(process.waitFor(30, TimeUnit.SECONDS));
      assertEquals(INTERRUPTED, process.exitValue());
      assertEquals(null, out.readLine());
      assertEquals("", new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void beyondThisMachineATokenIsMadeUpAndPrinted() throws Exception {
    Process process = start("--port", "0", "--h2c", "--no-scouting", "--listen", "0.0.0.0");
    try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        HttpClient client = HttpClient.newHttpClient()) {
      URI address = URI.create(address(out));
      String token = address.getQuery().substring("token=".length());
      assertEquals(32, token.length());
      HttpRequest.Builder topics = HttpRequest.newBuilder(address.resolve("/topics"));
      assertEquals(401, send(client, topics.copy()).statusCode());
      assertEquals(
          200, send(client, topics.header("authorization", "Bearer " + token)).statusCode());
    } finally {
      process.destroyForcibly();
    }
  }

  /** Its certificate has them all, so that a browser beyond this machine has one thing to check. */
  @Test
  void theAddressesOfThisMachineAreInItsCertificateAndPrinted() throws Exception {
    List<String> addresses = LocalNames.addresses(InetAddress.ofLiteral("0.0.0.0"));
    for (String each : addresses) {
      InetAddress address = InetAddress.ofLiteral(each);
      assertTrue(!address.isLoopbackAddress() && !address.isAnyLocalAddress(), each);
      assertNotNull(NetworkInterface.getByInetAddress(address), each);
    }
    Process process =
        start(
            "--port",
            "0",
            "--no-scouting",
            "--no-token",
            "--listen",
            "0.0.0.0",
            "--host",
            "robot.example",
            "--identity",
            folder.toString());
    try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
      String own = address(out);
      assertTrue(own.startsWith("https://localhost:"), own);
      for (String each : addresses) {
        assertEquals(own.replace("localhost", each), address(out));
      }
      String certificate = out.readLine();
      assertTrue(certificate.startsWith("certificate sha256 "), certificate);
    } finally {
      process.destroyForcibly();
    }
    List<String> names = new ArrayList<>();
    for (List<?> each :
        dev.segue.http2.Tls.fromPem(folder.resolve("identity.pem"), folder.resolve("identity.key"))
            .certificates()
            .getFirst()
            .getSubjectAlternativeNames()) {
      names.add(String.valueOf(each.get(1)));
    }
    assertTrue(names.containsAll(addresses), () -> names + " lacks some of " + addresses);
    assertTrue(
        names.containsAll(List.of("localhost", "127.0.0.1", "robot.example")), names::toString);
  }

  /**
   * A browser that was told to trust it finds the same one tomorrow, and takes a new one at once.
   */
  @Test
  void theCertificateStaysAndIsTakenAgainWhenItIsReplaced() throws Exception {
    String before = "";
    for (int i = 0; i < 2; i++) {
      Process process =
          start("--port", "0", "--no-scouting", "--identity", folder.resolve("id").toString());
      try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
        assertTrue(address(out).startsWith("https://localhost:"));
        String line = out.readLine();
        assertTrue(line.matches("certificate sha256 ([0-9A-F]{2}:){31}[0-9A-F]{2}"), line);
        assertTrue(before.isEmpty() || before.equals(line), line);
        before = line;
        if (i == 1) {
          dev.segue.http2.Tls.selfSigned("localhost")
              .writePem(folder.resolve("id/identity.pem"), folder.resolve("id/identity.key"));
          String replaced = out.readLine();
          assertTrue(replaced.startsWith("certificate sha256 "), replaced);
          assertTrue(!replaced.equals(before), replaced);
        }
      } finally {
        process.destroyForcibly();
      }
    }
  }

  /** Zenoh's samples come through the lanes too, and were all copied. */
  @Test
  void whatZenohBringsIsNotCopiedWhateverLanesThereAre() throws Exception {
    Process process =
        start("--port", "0", "--h2c", "--no-scouting", "--lane", "both", "--allow-write", "**");
    try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        HttpClient client = HttpClient.newHttpClient()) {
      URI address = URI.create(address(out));
      HttpRequest.Builder put =
          HttpRequest.newBuilder(address.resolve("/topics/large"))
              .PUT(HttpRequest.BodyPublishers.ofByteArray(new byte[1 << 20]));
      assertEquals(204, send(client, put).statusCode());
      URI value = address.resolve("/topics/large?timeout=10s");
      assertEquals(1 << 20, send(client, HttpRequest.newBuilder(value)).body().length());
      String metrics = send(client, HttpRequest.newBuilder(address.resolve("/metrics"))).body();
      assertTrue(metrics.contains("segue_samples_total"), metrics);
      assertTrue(!metrics.contains("site=\"gateway.laneSamples\"} 1048576"), metrics);
    } finally {
      process.destroyForcibly();
    }
  }

  /** What can't be is a wrong command line, in the user's words. */
  @Test
  void tokensAndOriginsThatCanNotBeAreRefused() throws Exception {
    Path binary = Files.write(folder.resolve("token"), new byte[] {(byte) 0xFF, (byte) 0xFE});
    for (List<String> wrong :
        List.of(
            List.of("--token", "schl\u00fcssel"),
            List.of("--allow-origin", "dashboard.example"),
            List.of("--token-file", binary.toString()))) {
      List<String> arguments = new ArrayList<>(List.of("--port", "0", "--h2c", "--no-scouting"));
      arguments.addAll(wrong);
      Process process = start(arguments.toArray(String[]::new));
      try {
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        String said = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(2, process.exitValue(), said);
        assertTrue(!said.contains("Exception"), said);
      } finally {
        process.destroyForcibly();
      }
    }
  }

  @Test
  void theCertificateStaysWithAnAddressThatIsWrittenShort() throws Exception {
    List<String> names = List.of("localhost", "::1", "2001:db8::5", "10.0.0.1");
    IdentityFiles first = IdentityFiles.selfSigned(folder, names, null);
    byte[] before = Files.readAllBytes(first.certificates());
    IdentityFiles again = IdentityFiles.selfSigned(folder, names, null);
    assertArrayEquals(before, Files.readAllBytes(again.certificates()));
  }

  /** An authority that was replaced is trusted with the next connection, as a certificate is. */
  @Test
  void theStateOfAnIdentityIsThatOfItsAuthorityToo() throws Exception {
    Path authority = Files.writeString(folder.resolve("ca.pem"), "one");
    IdentityFiles files = IdentityFiles.selfSigned(folder, List.of("localhost"), authority);
    String before = files.state();
    Files.setLastModifiedTime(authority, FileTime.from(Instant.EPOCH));
    assertTrue(!files.state().equals(before));
  }
}
