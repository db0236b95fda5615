package dev.segue.cli.zenoh;

import dev.segue.zenoh.Config;
import dev.segue.zenoh.Mode;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options for joining the Zenoh network. */
public final class ZenohOptions {
  private static final Pattern ENDPOINT = Pattern.compile("[a-z][a-z0-9_-]*/[^\\s]+");

  @Option(
      names = {"-e", "--connect"},
      paramLabel = "ENDPOINT",
      description =
          "A Zenoh endpoint to connect to, tcp/192.168.1.7:7447; may be repeated (default: what"
              + " multicast finds).")
  private List<String> connect = List.of();

  @Option(
      names = {"-l", "--zenoh-listen"},
      paramLabel = "ENDPOINT",
      description =
          "An endpoint where other Zenoh nodes may connect, tcp/0.0.0.0:7447; may be repeated"
              + " (default: Zenoh's own).")
  private List<String> listen = List.of();

  @Option(
      names = {"--no-scouting", "--no-multicast-scouting"},
      description =
          "Don't search by multicast: use only --connect, --zenoh-listen, and --zenoh-config.")
  private boolean noScouting;

  @Option(
      names = {"-c", "--zenoh-config", "--config"},
      paramLabel = "FILE",
      description = "Zenoh's own configuration file (JSON5, JSON or YAML).")
  private @Nullable Path file;

  @Option(
      names = {"-m", "--mode"},
      paramLabel = "peer|client|router",
      description =
          "Role in the network (default: peer). A client has a single connection, to an endpoint"
              + " that --connect names, and fails without one.")
  private @Nullable Mode mode;

  /**
   * The configuration; what the options don't say is the file's, or Zenoh's default.
   *
   * @throws IllegalArgumentException if an endpoint or the file is not right
   */
  public Config config() {
    connect.forEach(endpoint -> check("--connect", endpoint));
    listen.forEach(endpoint -> check("--zenoh-listen", endpoint));
    Config config = file == null ? Config.defaults() : Config.fromFile(file);
    if (mode != null) {
      config = config.mode(mode);
    }
    if (noScouting) {
      config = config.scouting(false);
    }
    if (!connect.isEmpty()) {
      config = config.connect(connect.toArray(String[]::new));
    }
    if (!listen.isEmpty() || (noScouting && file == null && mode != Mode.ROUTER)) {
      config = config.listen(listen.toArray(String[]::new));
    }
    return config;
  }

  /** The endpoints that it must reach. */
  public List<String> connect() {
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
