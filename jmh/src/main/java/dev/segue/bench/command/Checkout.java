package dev.segue.bench.command;

import dev.segue.bench.harness.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What is measured: the sources and what was built of them. */
final class Checkout {
  private static final String UNKNOWN = "unknown";
  private static final String CHANGED = " with changes";

  private Checkout() {}

  /**
   * The commit of the sources in {@code root}, and whether they have changed since: edited files
   * and new ones, for both are built. Documents are not.
   */
  static String commit(Path root) {
    Optional<String> id = git(root, "rev-parse", "--short=12", "HEAD");
    Optional<String> changes =
        git(root, "status", "--porcelain", "--", ".", ":(exclude)docs", ":(exclude)*.md");
    if (id.isEmpty() || changes.isEmpty()) {
      return UNKNOWN;
    }
    return changes.get().isEmpty() ? id.get() : id.get() + CHANGED;
  }

  /** Returns whether a commit says all of what was built. */
  static boolean isCommitted(String commit) {
    return !commit.equals(UNKNOWN) && !commit.endsWith(CHANGED);
  }

  /**
   * The files that this JVM and the processes of benches run: their names, sizes and times. Another
   * build meanwhile changes it.
   */
  static String built() {
    StringBuilder all = new StringBuilder();
    for (String entry : System.getProperty("java.class.path").split(":", -1)) {
      Path file = Path.of(entry);
      try {
        all.append(file.getFileName()).append(' ').append(Files.size(file)).append(' ');
        all.append(Files.getLastModifiedTime(file)).append('\n');
      } catch (IOException e) {
        all.append(entry).append(" can't be read\n");
      }
    }
    return all.toString();
  }

  /** Returns what git says; empty if it fails or there is none. */
  private static Optional<String> git(Path root, String... arguments) {
    List<String> command = new ArrayList<>(List.of("git"));
    command.addAll(List.of(arguments));
    try {
      Command said =
          Command.run(
              Duration.ofSeconds(10),
              new ProcessBuilder(command)
                  .directory(root.toFile())
                  .redirectError(ProcessBuilder.Redirect.DISCARD));
      return said.exitCode() == 0 ? Optional.of(said.text().strip()) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }
}
