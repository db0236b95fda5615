package dev.segue.objectstore.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.WriteOptions;
import dev.segue.testkit.Peers;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A directory such as /tmp, which several users write in. */
@Timeout(60)
class StickyDirectoryTest {
  private static final String USER = "65534";

  @TempDir private Path directory;

  /** Writes an object where there is none. */
  static final class Writer {
    private Writer() {}

    /** Takes the directory. */
    public static void main(String[] arguments) throws IOException {
      try (ObjectStore store = ObjectStore.open("file://" + arguments[0])) {
        SegmentedBytes bytes = SegmentedBytes.copyOfUtf8("text");
        store.put("k", bytes, WriteOptions.NONE.ifAbsent());
      }
    }
  }

  private static Path sourceOf(Class<?> type) throws URISyntaxException {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  /** Another user may read where this one's home may not be looked into. */
  private Path copyOf(Class<?> type) throws Exception {
    Path source = sourceOf(type);
    Path copy = directory.resolve(type.getSimpleName());
    Peers.run("cp", "-r", source.toString(), copy.toString());
    Peers.run("chmod", "-R", "a+rX", copy.toString());
    return copy;
  }

  /** Nobody but that user, the directory's owner and root can remove it there. */
  @Test
  void whatAKilledProcessOfAnotherUserLeftKeepsNobodyFromWriting() throws Exception {
    assumeTrue(
        "root".equals(System.getProperty("user.name")) && Peers.runs("which", "setpriv"),
        "only root can be another user");
    Path shared = Files.createDirectory(directory.resolve("shared"));
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    Peers.run("chmod", "1777", shared.toString());
    Path left = Files.createFile(shared.resolve(".segue-part-turn"));
    List<String> classPath = new ArrayList<>();
    for (Class<?> type : List.of(Writer.class, ObjectStore.class, SegmentedBytes.class)) {
      classPath.add(copyOf(type).toString());
    }
    Peers.run(
        "setpriv",
        "--reuid=" + USER,
        "--regid=" + USER,
        "--clear-groups",
        "--",
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED",
        "-cp",
        String.join(":", classPath),
        Writer.class.getName(),
        shared.toString());
    assertEquals("text", Files.readString(shared.resolve("k")));
    assertEquals(List.of(), hiddenBeside(left));
  }

  private static List<Path> hiddenBeside(Path left) throws IOException {
    try (var files = Files.list(left.getParent())) {
      return files
          .filter(each -> each.getFileName().toString().startsWith(".segue"))
          .filter(each -> !each.equals(left))
          .toList();
    }
  }
}
