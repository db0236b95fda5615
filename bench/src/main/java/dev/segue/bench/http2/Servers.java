package dev.segue.bench.http2;

import dev.segue.bench.harness.Command;
import dev.segue.bench.harness.Endpoints;
import dev.segue.bench.harness.Leftovers;
import dev.segue.bench.peers.Http2Peer;
import dev.segue.bench.peers.NettyPeer;
import io.netty.handler.ssl.OpenSsl;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;

/**
 * The servers of a comparison: the same file of 10,000,000 bytes and the same certificate for each,
 * as many threads or workers as there are processors.
 *
 * <p>Owner: the bench. Lifetime: until {@link #close()}, which deletes the files. Threads: one.
 */
final class Servers implements AutoCloseable {
  static final String SEGUE = "segue";

  /** Netty's own HTTP/2, in the version that is under ours. */
  static final String NETTY = "netty";

  static final int FILE_BYTE_SIZE = 10_000_000;

  /** Those that read the file for each response. */
  static final List<String> PEERS = List.of("nginx", "h2o", "nghttpd");

  private static final String NGINX =
      """
      worker_processes %1$d; daemon off; pid %2$s/nginx.pid; error_log %2$s/nginx.log;
      events { worker_connections 4096; }
      http { access_log off; sendfile on; keepalive_requests 100000; client_body_temp_path %2$s;
        server { listen 127.0.0.1:%3$d ssl http2; listen 127.0.0.1:%4$d http2; root %2$s;
          ssl_certificate %2$s/cert.pem; ssl_certificate_key %2$s/key.pem;
          ssl_protocols TLSv1.3; } }
      """;

  private static final String H2O =
      """
      num-threads: %1$d
      listen: {host: 127.0.0.1, port: %3$d, ssl: {certificate-file: %2$s/cert.pem, \
      key-file: %2$s/key.pem, minimum-version: TLSv1.3}}
      listen: {host: 127.0.0.1, port: %4$d}
      hosts: {default: {paths: {/: {file.dir: %2$s}}}}
      """;

  private static final Duration TIMEOUT = Duration.ofMinutes(1);

  private final Path directory;
  private final int workers = Runtime.getRuntime().availableProcessors();

  Servers() throws IOException, InterruptedException {
    Path shared = Path.of("/dev/shm");
    directory =
        Leftovers.temporary(
            Files.isWritable(shared)
                ? Files.createTempDirectory(shared, "segue-bench")
                : Files.createTempDirectory("segue-bench"));
    byte[] content = new byte[FILE_BYTE_SIZE];
    new Random(1).nextBytes(content);
    Files.write(directory.resolve("file"), content);
    makeIdentity();
    // nginx gives its privileges up, so its workers are somebody else.
    directory.toFile().setReadable(true, false);
    directory.toFile().setExecutable(true, false);
  }

  private void write(String name, String template, int tlsPort, int clearPort) throws IOException {
    Files.writeString(
        directory.resolve(name),
        String.format(Locale.ROOT, template, workers, directory, tlsPort, clearPort));
  }

  private void makeIdentity() throws IOException, InterruptedException {
    Command openssl =
        Command.run(
            TIMEOUT,
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost,IP:127.0.0.1",
            "-keyout",
            directory.resolve("key.pem").toString(),
            "-out",
            directory.resolve("cert.pem").toString());
    if (openssl.exitCode() != 0) {
      throw new IOException("openssl req: " + openssl.text());
    }
  }

  /** Returns whether a command can be started. */
  static boolean isInstalled(String command) {
    return Stream.of((System.getenv("PATH") + ":/usr/sbin").split(":", -1))
        .anyMatch(each -> Files.isExecutable(Path.of(each, command)));
  }

  /** Those of others that are installed, and Netty. */
  static List<String> installed() {
    List<String> names = new ArrayList<>(PEERS.stream().filter(Servers::isInstalled).toList());
    names.add(NETTY);
    return names;
  }

  /** A version of each, with that of its TLS library where it says so. */
  static List<String> versions() throws IOException, InterruptedException {
    List<String> versions = new ArrayList<>();
    String netty =
        Optional.ofNullable(io.netty.util.Version.identify().get("netty-common"))
            .map(io.netty.util.Version::artifactVersion)
            .orElse("of unknown version");
    versions.add(
        "segue and netty: Netty "
            + netty
            + ", TLS of "
            + (OpenSsl.isAvailable() ? OpenSsl.versionString() + " (netty-tcnative)" : "the JDK"));
    version("nginx", "-V").ifPresent(versions::add);
    version("h2o", "--version").ifPresent(versions::add);
    version("nghttpd", "--version").ifPresent(versions::add);
    version(H2Load.COMMAND, "--version").ifPresent(versions::add);
    version("openssl", "version").ifPresent(versions::add);
    return versions;
  }

  private static Optional<String> version(String command, String option)
      throws IOException, InterruptedException {
    if (!isInstalled(command)) {
      return Optional.empty();
    }
    String lines =
        Command.run(TIMEOUT, command, option)
            .text()
            .lines()
            .filter(line -> line.matches("(?i).*(version|openssl|nghttp2/).*"))
            .filter(line -> !line.contains("configure"))
            .limit(3)
            .map(String::strip)
            .collect(java.util.stream.Collectors.joining(", "));
    return Optional.of(command + ": " + lines);
  }

  /** Returns what is not installed. */
  static List<String> missing() {
    return PEERS.stream().filter(name -> !isInstalled(name)).toList();
  }

  Server start(String name, boolean isTls, String... flags)
      throws IOException, InterruptedException {
    boolean isJava = name.equals(SEGUE) || name.equals(NETTY);
    // New ones for each start: those of the server before may be taken for a moment.
    int tlsPort = Endpoints.freePort();
    int clearPort = Endpoints.freePort();
    int port = isTls ? tlsPort : clearPort;
    write("nginx.conf", NGINX, tlsPort, clearPort);
    write("h2o.conf", H2O, tlsPort, clearPort);
    return new Server(
        name,
        isJava
            ? java(name.equals(SEGUE) ? Http2Peer.class : NettyPeer.class, isTls, flags)
            : command(name, isTls, port),
        isTls,
        isJava ? 0 : port,
        directory.resolve(name + ".out"));
  }

  private List<String> command(String name, boolean isTls, int port) {
    return switch (name) {
      case "nginx" -> List.of("nginx", "-p", directory.toString(), "-c", file("nginx.conf"));
      case "h2o" -> List.of("h2o", "-c", file("h2o.conf"));
      case "nghttpd" -> {
        List<String> command = new ArrayList<>(List.of("nghttpd", "-n", "" + workers));
        command.addAll(List.of("-d", directory.toString()));
        if (!isTls) {
          command.add("--no-tls");
        }
        command.add("" + port);
        if (isTls) {
          command.addAll(List.of(file("key.pem"), file("cert.pem")));
        }
        yield command;
      }
      default -> throw new IllegalArgumentException("no server of that name: " + name);
    };
  }

  private List<String> java(Class<?> main, boolean isTls, String... flags) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(List.of(flags));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(main.getName(), file("file")));
    if (isTls) {
      command.addAll(List.of(file("cert.pem"), file("key.pem")));
    }
    return command;
  }

  Path certificates() {
    return directory.resolve("cert.pem");
  }

  private String file(String name) {
    return directory.resolve(name).toString();
  }

  @Override
  public void close() throws IOException {
    Leftovers.delete(directory);
  }
}
