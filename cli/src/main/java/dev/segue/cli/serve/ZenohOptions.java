package dev.segue.cli.serve;

import dev.segue.zenoh.Config;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How the gateway finds the Zenoh network. */
final class ZenohOptions {
  @Option(
      names = "--zenoh-config",
      paramLabel = "FILE",
      description = "Zenoh's own configuration, in JSON5 or YAML.")
  private @Nullable Path config;

  @Option(
      names = "--connect",
      paramLabel = "ENDPOINT",
      description = "A Zenoh endpoint to connect to, tcp/192.168.1.7:7447. May be repeated.")
  private List<String> connect = List.of();

  @Option(
      names = "--zenoh-listen",
      paramLabel = "ENDPOINT",
      description = "An endpoint where other Zenoh nodes may connect. May be repeated.")
  private List<String> listen = List.of();

  @Option(
      names = "--no-scouting",
      description = "Don't look for others by multicast; only --connect and --zenoh-listen count.")
  private boolean quiet;

  /** What the options say; what they don't say is Zenoh's default. */
  Config config() {
    Config chosen = config == null ? Config.defaults() : Config.fromFile(config);
    if (quiet) {
      chosen = chosen.scouting(false);
    }
    if (!connect.isEmpty()) {
      chosen = chosen.connect(connect.toArray(String[]::new));
    }
    if (!listen.isEmpty() || quiet) {
      chosen = chosen.listen(listen.toArray(String[]::new));
    }
    return chosen;
  }
}
