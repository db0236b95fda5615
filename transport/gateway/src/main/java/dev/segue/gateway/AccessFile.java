package dev.segue.gateway;

import dev.segue.zenoh.KeyExpr;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Tokens in a file, one a line, read again when the file was changed:
 *
 * <pre>
 *   # comment
 *   SECRET read=robot/** write=robot/arm/** query=robot/map root=frames until=2027-01-31
 * </pre>
 *
 * {@code read}, {@code write}, {@code query} and {@code root} may be repeated; one that is not
 * there allows nothing. {@code until} is a day, whose beginning in UTC it is, or a time such as
 * {@code 2027-01-31T12:00:00Z}. A blank within a key expression is written {@code %20}.
 *
 * <p>Owner: the gateway. Lifetime: the same. Threads: any.
 */
final class AccessFile {
  private static final System.Logger LOG = System.getLogger("dev.segue.gateway");

  private final Path file;
  private volatile List<AccessToken> tokens;
  private String seen;

  /** The state in which it could not be read, which is said once; empty where it is not there. */
  private @Nullable String failed;

  /**
   * Reads the file.
   *
   * @throws IOException if it can't be read, or a line is not understood
   */
  AccessFile(Path file) throws IOException {
    this.file = file;
    this.seen = stateOf(file);
    this.tokens = read(file);
  }

  List<AccessToken> tokens() {
    return tokens;
  }

  /** Reads the file again if it was changed; what can't be read changes nothing. */
  void reload() {
    String now = "";
    try {
      now = stateOf(file);
      if (!now.equals(seen)) {
        tokens = read(file);
        seen = now;
        LOG.log(System.Logger.Level.INFO, "access file " + file + ": read again");
      }
      failed = null;
    } catch (IOException e) {
      if (!now.equals(failed)) {
        failed = now;
        LOG.log(System.Logger.Level.WARNING, "access file: the tokens from before stay", e);
      }
    }
  }

  private static String stateOf(Path file) throws IOException {
    BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
    return now.lastModifiedTime() + "/" + now.size() + "/" + now.fileKey();
  }

  private static List<AccessToken> read(Path file) throws IOException {
    List<AccessToken> all = new ArrayList<>();
    List<String> lines = Files.readAllLines(file);
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (!line.isEmpty() && !line.startsWith("#")) {
        try {
          all.add(parse(line));
        } catch (IllegalArgumentException | DateTimeException | HttpException e) {
          throw new IOException(
              "access file " + file + " line=" + (i + 1) + ": " + e.getMessage(), e);
        }
      }
    }
    return List.copyOf(all);
  }

  private static AccessToken parse(String line) throws HttpException {
    String[] words = line.split("[ \t]+", -1);
    List<KeyExpr> readable = new ArrayList<>();
    List<KeyExpr> writable = new ArrayList<>();
    List<KeyExpr> askable = new ArrayList<>();
    List<String> roots = new ArrayList<>();
    Optional<Instant> until = Optional.empty();
    for (int i = 1; i < words.length; i++) {
      int equals = words[i].indexOf('=');
      String name = equals < 0 ? words[i] : words[i].substring(0, equals);
      String value = equals < 0 ? "" : words[i].substring(equals + 1);
      switch (name) {
        case "read" -> readable.add(KeyExpr.autocanonize(Target.decode(value)));
        case "write" -> writable.add(KeyExpr.autocanonize(Target.decode(value)));
        case "query" -> askable.add(KeyExpr.autocanonize(Target.decode(value)));
        case "root" -> roots.add(value);
        case "until" -> until = Optional.of(timeOf(value));
        default ->
            throw new IllegalArgumentException(
                name + ": read=KEYEXPR, write=KEYEXPR, query=KEYEXPR, root=NAME or until=DATE");
      }
    }
    return new AccessToken(
        new Token(Token.checked(words[0])), new Grant(readable, writable, roots, askable), until);
  }

  private static Instant timeOf(String text) {
    return text.indexOf('T') < 0
        ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
        : Instant.parse(text);
  }
}
