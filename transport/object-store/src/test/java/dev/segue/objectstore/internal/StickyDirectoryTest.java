package dev.segue.objectstore.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.WriteOptions;
import dev.segue.testkit.Peers;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A directory such as /tmp, which several users write in. */
@Timeout(120)
class StickyDirectoryTest {
  private static final String USER = "65534";
  private static final int TURN_COUNT = 60;

  @TempDir private Path directory;
  private Path shared;
  private String classPath = "";

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

  /** Writes an object in each way, where the directory can't be read. */
  static final class Dropping {
    private Dropping() {}

    /** Takes the directory. */
    public static void main(String[] arguments) throws IOException {
      Path directory = Path.of(arguments[0]);
      if (Files.isReadable(directory)) {
        throw new IOException(directory + " can be read");
      }
      try (ObjectStore store = ObjectStore.open("file://" + directory)) {
        ObjectInfo first =
            store.put("k", SegmentedBytes.copyOfUtf8("1"), WriteOptions.NONE.ifAbsent());
        Files.setPosixFilePermissions(
            directory.resolve("k"), PosixFilePermissions.fromString("rw-r-----"));
        ObjectInfo second = store.put("k", SegmentedBytes.copyOfUtf8("22"));
        SegmentedBytes third = SegmentedBytes.copyOfUtf8("text");
        store.put("k", third, WriteOptions.NONE.ifMatch(second.etag()));
        store.copy("k", "copy");
        store.delete(store.head("copy"));
        if (first.equals(second)) {
          throw new IOException("it is the same");
        }
      }
    }
  }

  /** Has turns, and fails if anybody else has one in the meantime. */
  static final class Turns {
    private Turns() {}

    /** Takes the directory. */
    public static void main(String[] arguments) throws Exception {
      Path directory = Path.of(arguments[0]);
      for (int i = 0; i < TURN_COUNT; i++) {
        try (DirectoryTurn _ = DirectoryTurn.take(directory)) {
          Path mine = Files.createFile(directory.resolve("mine"));
          Thread.sleep(1);
          Files.delete(mine);
        }
      }
    }
  }

  /** Has one turn. */
  static final class Turn {
    private Turn() {}

    /** Takes the directory. */
    public static void main(String[] arguments) throws IOException {
      DirectoryTurn.take(Path.of(arguments[0])).close();
    }
  }

  /** Puts an object aside, and is killed. */
  static final class PutAside {
    private PutAside() {}

    /** Takes the directory. */
    public static void main(String[] arguments) throws IOException {
      Path directory = Path.of(arguments[0]);
      DirectoryTurn.take(directory).putAside(directory.resolve("k"));
      Runtime.getRuntime().halt(0);
    }
  }

  /** Deletes an object; exits with 0 where it then stays deleted. */
  static final class Deleting {
    private Deleting() {}

    /** Takes the directory. */
    public static void main(String[] arguments) throws IOException {
      Path directory = Path.of(arguments[0]);
      try (ObjectStore store = ObjectStore.open("file://" + directory)) {
        store.delete("k");
        DirectoryTurn.take(directory).close();
        if (store.exists("k")) {
          System.exit(1);
        }
      } catch (ObjectStoreException e) {
        System.exit(e.reason() == ObjectStoreException.Reason.DENIED ? 2 : 3);
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

  @BeforeEach
  void makeShared() throws Exception {
    assumeTrue(
        "root".equals(System.getProperty("user.name")) && Peers.runs("which", "setpriv"),
        "only root can be another user");
    shared = Files.createDirectory(directory.resolve("shared"));
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    List<String> copies = new ArrayList<>();
    for (Class<?> type : List.of(Writer.class, ObjectStore.class, SegmentedBytes.class)) {
      copies.add(copyOf(type).toString());
    }
    classPath = String.join(":", copies);
  }

  /** Starts a program that takes the directory. */
  private Process start(String user, Class<?> program) throws IOException {
    return new ProcessBuilder(
            "setpriv",
            "--reuid=" + user,
            "--regid=" + user,
            "--clear-groups",
            "--",
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            classPath,
            program.getName(),
            shared.toString())
        .inheritIO()
        .start();
  }

  /** Nobody but that user, the directory's owner and root can remove it there. */
  @Test
  void whatAKilledProcessOfAnotherUserLeftKeepsNobodyFromWriting() throws Exception {
    Peers.run("chmod", "1777", shared.toString());
    Path left = Files.createFile(shared.resolve(".segue-part-turn"));
    assertEquals(0, start(USER, Writer.class).waitFor());
    assertEquals("text", Files.readString(shared.resolve("k")));
    assertEquals(List.of(left), hidden());
  }

  /** As a box for letters is. */
  @Test
  void aDirectoryThatCanBeWrittenInAndNotBeReadTakesObjects() throws Exception {
    Peers.run("chmod", "333", shared.toString());
    assertEquals(0, start(USER, Dropping.class).waitFor());
    Path file = shared.resolve("k");
    assertEquals("text", Files.readString(file));
    assertEquals("rw-r-----", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    assertEquals(List.of(), hidden());
  }

  /** Of one user or of several, that of what was left or others. */
  @ParameterizedTest
  @CsvSource({
    "1777,65534 65534 65534",
    "1777,65534 65533 0",
    "777,65534 65534 65534",
    "777,65534 65533 0"
  })
  void besideWhatAnotherUserLeftOneAtATimeHasATurn(String mode, String users) throws Exception {
    Peers.run("chmod", mode, shared.toString());
    Files.createFile(shared.resolve(".segue-part-turn"));
    List<Process> all = new ArrayList<>();
    for (String user : users.split(" ", -1)) {
      all.add(start(user, Turns.class));
    }
    for (Process each : all) {
      assertEquals(0, each.waitFor());
    }
  }

  /** Two users have left theirs, one behind the other. */
  @Test
  void besideWhatSeveralLeftOneAtATimeHasATurn() throws Exception {
    Peers.run("chmod", "1777", shared.toString());
    Files.createFile(shared.resolve(".segue-part-turn"));
    Path second = Files.createFile(shared.resolve(".segue-part-turn-2"));
    Peers.run("chown", "65533", second.toString());
    Process one = start(USER, Turns.class);
    Process other = start("65533", Turns.class);
    assertEquals(0, one.waitFor());
    assertEquals(0, other.waitFor());
    Process owner = start("0", Turns.class);
    assertEquals(0, owner.waitFor());
    assertEquals(List.of(), hidden());
  }

  /** Without the first one, another process may have the lock, and a new second one. */
  @Test
  void ofARowOneFileIsRemovedAtATime() throws Exception {
    Peers.run("chmod", "777", shared.toString());
    Files.createFile(shared.resolve(".segue-part-turn"));
    assertEquals(0, start(USER, Turn.class).waitFor());
    assertEquals(List.of(shared.resolve(".segue-part-turn-2")), hidden());
    assertEquals(0, start("65533", Turn.class).waitFor());
    assertEquals(List.of(), hidden());
  }

  /** Nobody but that user and root can take it from where it is. */
  @Test
  void whatAKilledProcessOfAnotherUserPutAsideDoesNotComeBackWhenItIsDeleted() throws Exception {
    Peers.run("chmod", "777", shared.toString());
    assertEquals(0, start(USER, Writer.class).waitFor());
    assertEquals(0, start("65533", PutAside.class).waitFor());
    assertEquals(2, start(USER, Deleting.class).waitFor());
    assertEquals(0, start("65533", Deleting.class).waitFor());
    assertEquals(List.of(), hidden());
  }

  private List<Path> hidden() throws IOException {
    try (var files = Files.list(shared)) {
      return files.filter(each -> each.getFileName().toString().startsWith(".segue")).toList();
    }
  }
}
