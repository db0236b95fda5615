package dev.segue.bytes.spi;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Names of files that a process has open, such as {@code /dev/stdout} and {@code /dev/fd/3}: links
 * of {@code /proc} that lead to the open files, whatever has the names that they tell by now.
 */
public final class OpenFiles {
  private static final Path PROC = Path.of("/proc");
  private static final Path SELF = PROC.resolve("self");
  private static final Path FOLDER = Path.of("fd");
  private static final int LINK_COUNT_LIMIT = 40;

  private OpenFiles() {}

  /** Returns whether a name leads to a file that a process has open. */
  public static boolean isName(Path file) throws IOException {
    return link(file) != null;
  }

  /** Returns whether a name leads to what this process has open under a number. */
  public static boolean isOwn(Path file, int number) throws IOException {
    Path link = link(file);
    return link != null
        && link.startsWith(SELF.toRealPath())
        && link.endsWith(Integer.toString(number));
  }

  /** The link of {@code /proc} that a name leads to; null for a name of its own. */
  private static @Nullable Path link(Path file) throws IOException {
    Path at = file.toAbsolutePath();
    for (int count = 0; count < LINK_COUNT_LIMIT && Files.isSymbolicLink(at); count++) {
      Path folder = Objects.requireNonNull(at.getParent()).toRealPath();
      at = folder.resolve(at.getFileName());
      if (folder.startsWith(PROC) && folder.endsWith(FOLDER)) {
        return at;
      }
      at = folder.resolve(Files.readSymbolicLink(at));
    }
    return null;
  }
}
