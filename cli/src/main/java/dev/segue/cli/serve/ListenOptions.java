package dev.segue.cli.serve;

import dev.segue.cli.CommandFailedException;
import dev.segue.http2.Http2Limits;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Address, certificate, and limits of the gateway. */
final class ListenOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--listen",
      paramLabel = "ADDRESS",
      description = "Address to listen on; 0.0.0.0 or :: for all (default: this machine only).")
  private @Nullable String listen;

  @Option(
      names = "--port",
      paramLabel = "N",
      defaultValue = "8443",
      description = "Port (default: ${DEFAULT-VALUE}); 0 picks a free one.")
  private int port;

  @Option(names = "--tls", description = "HTTP/2 over TLS 1.3: the default.")
  private boolean tls;

  @Option(names = "--h2c", description = "Clear text: HTTP/2 with prior knowledge, or HTTP/1.1.")
  private boolean clearText;

  @Option(
      names = "--cert",
      paramLabel = "FILE",
      description =
          "A PEM file with the certificate and its chain, read again when it was replaced. Default:"
              + " a self-signed one.")
  private @Nullable Path certificate;

  @Option(
      names = "--key",
      paramLabel = "FILE",
      description = "A PEM file with the certificate's private key in PKCS #8.")
  private @Nullable Path key;

  @Option(
      names = "--identity",
      paramLabel = "FOLDER",
      description =
          "Directory of the self-signed certificate, which stays the same after a restart"
              + " (default: $XDG_CONFIG_HOME/segue, or ~/.config/segue).")
  private @Nullable Path identityFolder;

  @Option(
      names = "--client-ca",
      paramLabel = "FILE",
      description = "Accept only clients whose certificate is signed by one in this PEM file.")
  private @Nullable Path clientAuthority;

  @Option(
      names = "--host",
      paramLabel = "NAME",
      description =
          "A name that the gateway may be asked by, besides localhost and addresses. May be"
              + " repeated.")
  private List<String> hosts = List.of();

  @Option(
      names = "--max-header",
      paramLabel = "BYTES",
      defaultValue = "16384",
      description = "The largest header of a request (default: ${DEFAULT-VALUE}).")
  private int headerByteSize;

  @Option(
      names = "--max-streams",
      paramLabel = "N",
      defaultValue = "100",
      description = "Requests at a time on one connection (default: ${DEFAULT-VALUE}).")
  private int streamCount;

  @Option(
      names = "--max-connections",
      paramLabel = "N",
      defaultValue = "10000",
      description = "Connections at a time (default: ${DEFAULT-VALUE}).")
  private int connectionCount;

  @Option(
      names = "--idle",
      paramLabel = "SECONDS",
      defaultValue = "60",
      description = "Time after which an idle connection is closed (default: ${DEFAULT-VALUE}).")
  private int idleSeconds;

  /**
   * Refuses what doesn't go together.
   *
   * @throws ParameterException with the one line that says what is wrong
   */
  void validate() {
    if (clearText && (tls || certificate != null || key != null || clientAuthority != null)) {
      throw refused("--h2c is clear text: neither --tls nor certificates go with it");
    }
    if ((certificate == null) != (key == null)) {
      throw refused("--cert and --key: one needs the other");
    }
    checkReadable("--cert", certificate);
    checkReadable("--key", key);
    checkReadable("--client-ca", clientAuthority);
    if (port < 0 || port > 65_535) {
      throw refused("--port " + port + ": from 0 to 65535");
    }
    if (headerByteSize < 1024 || streamCount < 1 || connectionCount < 1 || idleSeconds < 1) {
      throw refused("--max-header from 1024; --max-streams, --max-connections and --idle from 1");
    }
  }

  private void checkReadable(String option, @Nullable Path file) {
    if (file != null && !Files.isReadable(file)) {
      throw refused(option + " " + file + ": it can't be read");
    }
  }

  InetSocketAddress address() {
    try {
      InetAddress address =
          listen == null ? InetAddress.getLoopbackAddress() : InetAddress.getByName(listen);
      return new InetSocketAddress(address, port);
    } catch (UnknownHostException e) {
      throw refused("--listen " + listen + ": no address");
    }
  }

  boolean asksForCertificates() {
    return clientAuthority != null;
  }

  List<String> hosts() {
    return hosts;
  }

  Http2Limits limits() {
    return Http2Limits.defaults()
        .withHeaderByteSize(headerByteSize)
        .withBodyByteSize(Long.MAX_VALUE) // topics and objects have limits of their own
        .withStreamCount(streamCount)
        .withConnectionCount(connectionCount)
        .withIdle(Duration.ofSeconds(idleSeconds));
  }

  /** The files that say who the gateway is; empty for clear text. */
  Optional<IdentityFiles> identity() throws CommandFailedException {
    if (clearText) {
      return Optional.empty();
    }
    try {
      if (certificate != null && key != null) {
        return Optional.of(new IdentityFiles(certificate, key, clientAuthority));
      }
      return Optional.of(
          IdentityFiles.selfSigned(
              identityFolder == null ? IdentityFiles.defaultFolder() : identityFolder,
              LocalNames.of(address().getAddress(), hosts),
              clientAuthority));
    } catch (IOException e) {
      throw new CommandFailedException(String.valueOf(e.getMessage()), e);
    }
  }

  boolean isSelfSigned() {
    return !clearText && certificate == null;
  }

  private ParameterException refused(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
