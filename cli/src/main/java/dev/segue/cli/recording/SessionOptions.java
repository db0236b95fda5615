package dev.segue.cli.recording;

import dev.segue.zenoh.Config;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a command joins the Zenoh network. */
final class SessionOptions {
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
    if (!connect.isEmpty()) {
      config = config.connect(connect.toArray(String[]::new));
    }
    if (!listen.isEmpty()) {
      config = config.listen(listen.toArray(String[]::new));
    }
    return noScouting ? config.scouting(false) : config;
  }
}
