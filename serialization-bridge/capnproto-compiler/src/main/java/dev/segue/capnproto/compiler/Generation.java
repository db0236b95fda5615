package dev.segue.capnproto.compiler;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Writes generated classes to a directory; a file that is already as it should be stays untouched.
 */
public final class Generation {
  private Generation() {}

  /**
   * Writes the files of some sources.
   *
   * @return the files, whether they were written or not
   * @throws IOException if a file can't be written
   */
  public static List<Path> write(JavaSources sources, Path directory) throws IOException {
    List<Path> written = new ArrayList<>();
    for (JavaFile file : sources.files()) {
      Path path = directory.resolve(file.path());
      byte[] text = file.text().getBytes(StandardCharsets.UTF_8);
      if (!Files.isRegularFile(path) || !Arrays.equals(Files.readAllBytes(path), text)) {
        Path parent = path.toAbsolutePath().getParent();
        if (parent != null) {
          Files.createDirectories(parent);
        }
        if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
          // Where case doesn't matter, the file may have another name, which writing would keep.
          Files.delete(path);
        }
        Files.write(path, text);
      }
      written.add(path);
    }
    return written;
  }
}
