package dev.segue.bench.store;

import dev.segue.bench.harness.Child;
import dev.segue.bench.harness.Endpoints;
import dev.segue.bench.harness.Leftovers;
import dev.segue.bench.harness.PeerCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** nginx with one file, in plain HTTP and under TLS 1.3 with AES-128-GCM. */
final class TlsServer implements AutoCloseable {
  private static final String PASSWORD = "changeit";
  private final LocalServer server;
  private final Path directory;
  private final int plainPort;
  private final int tlsPort;

  private TlsServer(LocalServer server, Path directory, int plainPort, int tlsPort) {
    this.server = server;
    this.directory = directory;
    this.plainPort = plainPort;
    this.tlsPort = tlsPort;
  }

  /** Returns whether nginx can be started. */
  static boolean isInstalled() {
    return Stream.of((System.getenv("PATH") + ":/usr/sbin").split(":", -1))
        .anyMatch(each -> Files.isExecutable(Path.of(each, "nginx")));
  }

  /** Serves {@code file} as {@code bench/large}. */
  static TlsServer start(Path file) throws IOException, InterruptedException {
    Path directory = Leftovers.temporary(Files.createTempDirectory("segue-bench-tls-"));
    Files.createDirectory(directory.resolve("bench"));
    Files.createSymbolicLink(directory.resolve("bench/large"), file);
    certify(directory);
    int plainPort = Endpoints.freePort();
    int tlsPort = Endpoints.freePort();
    String user = System.getProperty("user.name").equals("root") ? "user root;" : "";
    Files.writeString(directory.resolve("nginx.conf"), configuration(user, plainPort, tlsPort));
    Child child =
        Child.start(
            "nginx",
            List.of("nginx", "-p", directory.toString(), "-c", "nginx.conf", "-g", "daemon off;"));
    LocalServer server = LocalServer.awaiting(child, directory, tlsPort);
    return new TlsServer(server, directory, plainPort, tlsPort);
  }

  private static String configuration(String user, int plainPort, int tlsPort) {
    return String.format(
        Locale.ROOT,
        """
          %s
          worker_processes 2;
          error_log stderr error;
          pid nginx.pid;
          events { worker_connections 1024; }
          http {
            access_log off;
            sendfile on;
            keepalive_requests 1000000;
            client_body_temp_path body;
            proxy_temp_path proxy;
            fastcgi_temp_path fastcgi;
            uwsgi_temp_path uwsgi;
            scgi_temp_path scgi;
            server {
              listen 127.0.0.1:%d;
              listen 127.0.0.1:%d ssl;
              root .;
              ssl_certificate certificate.pem;
              ssl_certificate_key key.pem;
              ssl_protocols TLSv1.3;
              ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;
            }
          }
          """,
        user,
        plainPort,
        tlsPort);
  }

  private static void certify(Path directory) throws IOException, InterruptedException {
    String key = directory.resolve("key.pem").toString();
    String certificate = directory.resolve("certificate.pem").toString();
    int made =
        PeerCache.run(
            Map.of(),
            "sh",
            "-c",
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
                + " -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
                + " -keyout \"$0\" -out \"$1\" 2>/dev/null",
            key,
            certificate);
    int trusted =
        PeerCache.run(
            Map.of(),
            "sh",
            "-c",
            "exec \"$0\" -importcert -noprompt -alias ca -file \"$1\" -keystore \"$2\" -storepass "
                + PASSWORD
                + " 2>/dev/null",
            Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
            certificate,
            directory.resolve("trust.p12").toString());
    if (made != 0 || trusted != 0) {
      throw new IOException("no certificate: openssl exitCode=" + made + " keytool=" + trusted);
    }
  }

  String plainEndpoint() {
    return "http://127.0.0.1:" + plainPort;
  }

  String tlsEndpoint() {
    return "https://127.0.0.1:" + tlsPort;
  }

  /** Flags of a JVM that trusts the certificate. */
  String[] trust() {
    return new String[] {
      "-Djavax.net.ssl.trustStore=" + directory.resolve("trust.p12"),
      "-Djavax.net.ssl.trustStorePassword=" + PASSWORD
    };
  }

  @Override
  public void close() {
    server.close();
  }
}
