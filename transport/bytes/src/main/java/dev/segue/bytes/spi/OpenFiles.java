package dev.segue.bytes.spi;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
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
  private static final String FLAGS = "flags:";
  private static final int ACCESS_MODE = 3;
  private static final int CLOSE_ON_EXEC = 02000000;

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

  /**
   * Returns whether a name leads to what this process has opened itself, which nobody else may
   * write to: its JVM has its modules, jars and sockets under such numbers. What it was started
   * with for writing isn't, as far as that can be told: what was open for writing, and would be for
   * a child, when this was asked for the first time or {@link #noteInherited()} was called.
   */
  public static boolean isOfJvm(Path file) throws IOException {
    Path link = link(file);
    return link != null
        && link.startsWith(SELF.toRealPath())
        && !Inherited.NUMBERS.contains(link.getFileName().toString());
  }

  /** Notes what the process was started with. Call it before it opens anything. */
  public static void noteInherited() {
    var _ = Inherited.NUMBERS.size();
  }

  /** The numbers of open files that the process was started with, and that it may write to. */
  private static final class Inherited {
    static final Set<String> NUMBERS = find();

    private static Set<String> find() {
      Set<String> numbers = new HashSet<>();
      try (DirectoryStream<Path> links = Files.newDirectoryStream(SELF.resolve(FOLDER))) {
        for (Path link : links) {
          String number = link.getFileName().toString();
          if (isInheritedForWriting(number)) {
            numbers.add(number);
          }
        }
      } catch (IOException | DirectoryIteratorException _) {
        return Set.of(); // no names either
      }
      return Set.copyOf(numbers);
    }

    /** By its flags, as {@code open} has them. */
    private static boolean isInheritedForWriting(String number) {
      try {
        for (String line : Files.readAllLines(SELF.resolve("fdinfo").resolve(number))) {
          if (line.startsWith(FLAGS)) {
            int flags = Integer.parseInt(line.substring(FLAGS.length()).strip(), 8);
            return (flags & ACCESS_MODE) != 0 && (flags & CLOSE_ON_EXEC) == 0;
          }
        }
        return false;
      } catch (IOException | NumberFormatException _) {
        return false; // gone: of this listing itself
      }
    }
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
