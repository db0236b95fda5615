package dev.segue.cli.serve;

import dev.segue.gateway.ObjectRoot;
import dev.segue.zenoh.KeyExpr;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Access control for topics and objects. */
final class AccessOptions {
  private static final String VARIABLE = "SEGUE_TOKEN";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description =
          "The secret that clients must show, as \"Authorization: Bearer SECRET\" or once as"
              + " /?token=SECRET; the first line of the file. Default: the environment variable "
              + VARIABLE
              + "; beyond this machine, one that is made up and printed.")
  private @Nullable Path tokenFile;

  @Option(
      names = "--token",
      paramLabel = "SECRET",
      description =
          "The same secret on the command line, where anyone who lists processes sees it.")
  private @Nullable String token;

  @Option(
      names = "--access-file",
      paramLabel = "FILE",
      description =
          "More tokens, one a line: SECRET read=KEYEXPR write=KEYEXPR query=KEYEXPR root=NAME"
              + " until=DATE, each but the secret as often as needed. Read again when it was changed.")
  private @Nullable Path accessFile;

  @Option(
      names = "--allow-origin",
      paramLabel = "ORIGIN",
      description =
          "Pages of this origin, such as https://dashboard.example:8080, may send requests and read"
              + " the answers. May be repeated. Default: none but the gateway's own page.")
  private List<String> origins = List.of();

  @Option(names = "--no-token", description = "Serve every client without authentication.")
  private boolean open;

  @Option(
      names = "--allow-read",
      paramLabel = "KEYEXPR",
      description =
          "Keys that may be read: the gateway subscribes to them while it runs. May be repeated."
              + " Default: ** (all).")
  private List<String> readable = List.of("**");

  @Option(
      names = "--allow-write",
      paramLabel = "KEYEXPR",
      description = "Keys that may be put and deleted. May be repeated. Default: none.")
  private List<String> writable = List.of();

  @Option(
      names = "--allow-query",
      paramLabel = "KEYEXPR",
      description =
          "Keys, of those that may be read, that queries may be sent for, by ?query and by GET of a"
              + " key that no sample came of. A query can call a service. May be repeated."
              + " Default: none.")
  private List<String> askable = List.of();

  @Option(
      names = "--root",
      paramLabel = "NAME=URI",
      description =
          "Objects to be read at /objects/NAME/KEY: s3://bucket/prefix or file:///directory."
              + " May be repeated.")
  private List<String> roots = List.of();

  @Option(
      names = "--writable-root",
      paramLabel = "NAME=URI",
      description = "Like --root, and clients may write objects. May be repeated.")
  private List<String> writableRoots = List.of();

  List<String> origins() {
    return origins;
  }

  Optional<Path> accessFile() {
    return Optional.ofNullable(accessFile);
  }

  List<KeyExpr> readable() {
    return keys("--allow-read", readable);
  }

  List<KeyExpr> writable() {
    return keys("--allow-write", writable);
  }

  List<KeyExpr> askable() {
    return keys("--allow-query", askable);
  }

  private List<KeyExpr> keys(String option, List<String> texts) {
    List<KeyExpr> keys = new ArrayList<>();
    for (String text : texts) {
      try {
        keys.add(KeyExpr.autocanonize(text));
      } catch (IllegalArgumentException e) {
        throw refused(option + " " + e.getMessage());
      }
    }
    return keys;
  }

  List<ObjectRoot> roots() {
    List<ObjectRoot> all = new ArrayList<>();
    roots.forEach(text -> all.add(root("--root", text, false)));
    writableRoots.forEach(text -> all.add(root("--writable-root", text, true)));
    return all;
  }

  private ObjectRoot root(String option, String text, boolean canWrite) {
    int equals = text.indexOf('=');
    if (equals < 0) {
      throw refused(option + " " + text + ": NAME=URI, such as frames=s3://bucket/prefix");
    }
    try {
      return new ObjectRoot(text.substring(0, equals), text.substring(equals + 1), canWrite);
    } catch (IllegalArgumentException e) {
      throw refused(option + " " + text + ": " + e.getMessage());
    }
  }

  /** The secret that was given; empty where none was. */
  Optional<String> token() {
    if (open && (token != null || tokenFile != null)) {
      throw refused("--no-token: there is a token as well");
    }
    if (open) {
      return Optional.empty();
    }
    String secret = token == null ? tokenFromFile() : token;
    if (secret == null) {
      secret = System.getenv(VARIABLE);
    }
    if (secret != null && (secret.isBlank() || !secret.equals(secret.strip()))) {
      throw refused("the token is blank, or begins or ends with a blank");
    }
    return Optional.ofNullable(secret);
  }

  boolean isOpen() {
    return open;
  }

  private @Nullable String tokenFromFile() {
    if (tokenFile == null) {
      return null;
    }
    try (var lines = Files.lines(tokenFile)) {
      return lines.findFirst().orElse("").strip();
    } catch (IOException | UncheckedIOException e) {
      throw refused("--token-file " + tokenFile + ": it can't be read");
    }
  }

  private ParameterException refused(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
