package dev.segue.cli.recording;

import dev.segue.zenoh.Config;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a command joins the Zenoh network. */
final class SessionOptions {
  private static final Pattern ENDPOINT = Pattern.compile("[a-z][a-z0-9_-]*/[^\\s]+");

  @Option(
      names = "--connect",
      paramLabel = "ENDPOINT",
      description = "An endpoint to connect to, tcp/192.168.1.7:7447; may be repeated.")
  private List<String> connect = List.of();

  @Option(
      names = "--listen",
      paramLabel = "ENDPOINT",
      description = "An endpoint to listen on, tcp/0.0.0.0:7447; may be repeated.")
  private List<String> listen = List.of();

  @Option(names = "--no-scouting", description = "Do not look for others on the local network.")
  private boolean noScouting;

  @Option(
      names = "--zenoh-config",
      paramLabel = "FILE",
      description = "Zenoh's own configuration file (JSON5, JSON or YAML).")
  private @Nullable Path file;

  /** The configuration; an endpoint or a file that is not right is an IllegalArgumentException. */
  Config config() {
    Config config = file == null ? Config.defaults() : Config.fromFile(file);
    connect.forEach(endpoint -> check("--connect", endpoint));
    listen.forEach(endpoint -> check("--listen", endpoint));
    if (!connect.isEmpty()) {
      config = config.connect(connect.toArray(String[]::new));
    }
    if (!listen.isEmpty()) {
      config = config.listen(listen.toArray(String[]::new));
    }
    return noScouting ? config.scouting(false) : config;
  }

  /** The endpoints that it must reach. */
  List<String> connect() {
    return connect;
  }

  private static void check(String option, String endpoint) {
    if (!ENDPOINT.matcher(endpoint).matches()) {
      throw new IllegalArgumentException(
          option
              + " "
              + endpoint
              + ": an endpoint is PROTOCOL/ADDRESS, such as tcp/192.168.1.7:7447 or"
              + " unixsock-stream//tmp/zenoh.sock");
    }
  }
}
