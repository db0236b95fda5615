import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.ImportOrderer;
import com.google.googlejavaformat.java.JavaFormatterOptions;
import com.google.googlejavaformat.java.RemoveUnusedImports;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * {@code Format write ROOT} formats the Java sources under a directory, and wraps its Markdown
 * pages; {@code Format check ROOT MARKER} leaves the marker file when a Java source is not
 * formatted.
 *
 * <p>It runs on the JDK of the build, because Maven's own JDK may be too old for the formatter.
 */
public final class Format {
  private static final Set<String> SKIPPED = Set.of("target", "schema", "node_modules");

  public static void main(String[] args) throws Exception {
    boolean write = args[0].equals("write");
    Path root = Path.of(args[1]);
    var formatter =
        new Formatter(
            JavaFormatterOptions.builder().formatJavadoc(true).reorderModifiers(true).build());
    List<Path> different = new ArrayList<>();
    int broken = 0;
    if (write) {
      for (Path file : files(root, ".md")) {
        // Programs write the pages of the benchmarks.
        if (!file.startsWith(root.resolve("docs/bench"))) {
          String page = Files.readString(file);
          String wrapped = Markdown.wrap(page);
          if (!wrapped.equals(page)) {
            Files.writeString(file, wrapped);
            System.err.println("wrapped " + root.relativize(file));
          }
        }
      }
    }
    for (Path file : files(root, ".java")) {
      String before = Files.readString(file);
      String after;
      try {
        after = RemoveUnusedImports.removeUnusedImports(before);
        after = ImportOrderer.reorderImports(after, JavaFormatterOptions.Style.GOOGLE);
        after = formatter.formatSource(after);
      } catch (Exception e) {
        System.err.println(root.relativize(file) + ": " + e.getMessage());
        broken++;
        continue;
      }
      if (!after.equals(before)) {
        different.add(root.relativize(file));
        if (write) {
          Files.writeString(file, after);
        }
      }
    }
    for (Path file : different) {
      System.err.println((write ? "formatted " : "not formatted: ") + file);
    }
    boolean wrong = broken > 0 || (!write && !different.isEmpty());
    if (write) {
      System.exit(wrong ? 1 : 0);
    }
    Path marker = Path.of(args[2]);
    if (wrong) {
      Files.writeString(marker, String.join("\n", different.stream().map(Path::toString).toList()));
    } else {
      Files.deleteIfExists(marker);
    }
  }

  private static List<Path> files(Path root, String suffix) throws Exception {
    List<Path> files = new ArrayList<>();
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
            String name = directory.getFileName().toString();
            boolean skip =
                SKIPPED.contains(name) || (name.startsWith(".") && !directory.equals(root));
            return skip ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (file.toString().endsWith(suffix)) {
              files.add(file);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    files.sort(null);
    return files;
  }
}
