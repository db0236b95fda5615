package dev.segue.objectstore.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectWriter;
import dev.segue.objectstore.WriteOptions;
import dev.segue.testkit.Peers;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The files that are being written are their writers' alone, to the end. */
@Timeout(60)
class HiddenFilesTest {
  private static final Path LOCKS = Path.of("/proc/locks");
  private static final SegmentedBytes LARGE = SegmentedBytes.copyOf(new byte[9 << 20]);

  @TempDir private Path directory;

  private static SegmentedBytes text(String text) {
    return SegmentedBytes.copyOfUtf8(text);
  }

  private static Path hiddenIn(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.getFileName().toString().matches("\\.segue-part-[0-9a-f-]{36}"))
          .findFirst()
          .orElseThrow();
    }
  }

  /** What is not, another process removes as soon as it is a minute old. */
  private static boolean isLocked(Path file) throws IOException {
    String inode = ":" + Files.getAttribute(file, "unix:ino") + " ";
    return Files.readAllLines(LOCKS).stream().anyMatch(line -> line.contains(inode));
  }

  @Test
  void whatWaitsForItsTurnStaysLocked() throws Exception {
    assumeTrue(Files.exists(LOCKS), "nothing tells of locks here");
    try (ObjectStore store = ObjectStore.open("file://" + directory)) {
      ObjectInfo version = store.put("k", text("old"));
      WriteOptions options = WriteOptions.NONE.ifMatch(version.etag());
      FutureTask<ObjectInfo> put = new FutureTask<>(() -> store.put("k", text("new"), options));
      try (DirectoryTurn _ = DirectoryTurn.take(directory)) {
        Thread writer = Thread.ofPlatform().start(put);
        while (Stream.of(writer.getStackTrace())
            .noneMatch(frame -> frame.getClassName().equals(DirectoryTurn.class.getName()))) {
          Thread.sleep(1);
        }
        assertTrue(isLocked(hiddenIn(directory)));
      }
      put.get();
    }
    assertEquals("new", Files.readString(directory.resolve("k")));
  }

  /** A process that opens a file again and closes it has no lock of it any more. */
  @Test
  void aWriterThatCallsTheDirectoryByAnotherNameLeavesTheLockOfOneThatIsOurs() throws Exception {
    assumeTrue(Files.exists(LOCKS), "nothing tells of locks here");
    Path real = Files.createDirectory(directory.resolve("real"));
    Path link = Files.createSymbolicLink(directory.resolve("link"), real);
    try (ObjectStore store = ObjectStore.open("file://" + real);
        ObjectStore same = ObjectStore.open("file://" + link);
        ObjectWriter writer = store.write("k")) {
      writer.writeOwned(LARGE);
      Path hidden = hiddenIn(real);
      // By another process: this one would end the lock itself.
      Peers.run("touch", "-d", "2 minutes ago", hidden.toString());
      assertTrue(isLocked(hidden));
      same.put("other", text("x"));
      assertTrue(isLocked(hidden));
      writer.finish();
    }
    assertEquals(LARGE.byteSize(), Files.size(real.resolve("k")));
  }

  /** Else those of the writer's own group could read what nobody gave them. */
  @Test
  void aFileThatIsReplacedKeepsItsGroup() throws Exception {
    Path file = Files.writeString(directory.resolve("k"), "old");
    GroupPrincipal group = anotherGroup(file);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    try (ObjectStore store = ObjectStore.open("file://" + directory)) {
      store.put("k", text("new"));
      PosixFileAttributes there = Files.readAttributes(file, PosixFileAttributes.class);
      assertEquals(group, there.group());
      assertEquals("rw-r-----", PosixFilePermissions.toString(there.permissions()));
    }
    assertEquals("new", Files.readString(file));
  }

  private static GroupPrincipal anotherGroup(Path file) throws IOException {
    PosixFileAttributeView view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
    try {
      GroupPrincipal group =
          file.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByGroupName("daemon");
      view.setGroup(group);
      return group;
    } catch (FileSystemException | java.nio.file.attribute.UserPrincipalNotFoundException e) {
      assumeTrue(false, "only the superuser may give files to any group: " + e);
      throw e;
    }
  }

  @Test
  void anotherGroupGetsNoMoreThanAllOthers() throws Exception {
    Path file = Files.writeString(directory.resolve("k"), "x");
    GroupPrincipal group = Files.readAttributes(file, PosixFileAttributes.class).group();
    for (List<String> each :
        List.of(
            List.of("rw-rw----", "rw-------"),
            List.of("rwxr-x--x", "rwx--x--x"),
            List.of("rw-r--r--", "rw-r--r--"),
            List.of("rw----r--", "rw----r--"))) {
      HiddenFiles.Access access =
          new HiddenFiles.Access(PosixFilePermissions.fromString(each.getFirst()), group);
      assertEquals(
          each.getLast(), PosixFilePermissions.toString(access.permissionsOfAnotherGroup()));
    }
  }

  @Test
  void theHiddenFileIsItsOwnersAloneWhereSomethingIsReplaced() throws Exception {
    Path file = Files.writeString(directory.resolve("k"), "old");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    try (ObjectStore store = ObjectStore.open("file://" + directory);
        ObjectWriter writer = store.write("k")) {
      writer.writeOwned(LARGE);
      assertEquals(
          "rw-------",
          PosixFilePermissions.toString(Files.getPosixFilePermissions(hiddenIn(directory))));
      // What it replaced in the beginning is gone: it was to be read by all.
      Files.delete(file);
      writer.finish();
    }
    assertEquals("rw-r--r--", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
  }

  @Test
  void whatIsRefusedOnAConditionLeavesNothing() throws Exception {
    try (ObjectStore store = ObjectStore.open("file://" + directory)) {
      store.put("k", text("old"));
      for (WriteOptions options :
          List.of(WriteOptions.NONE.ifAbsent(), WriteOptions.NONE.ifMatch("\"another\""))) {
        try {
          store.put("k", text("new"), options);
        } catch (ObjectStoreException e) {
          continue;
        }
        throw new AssertionError("it was replaced");
      }
    }
    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(List.of(directory.resolve("k")), files.toList());
    }
  }
}
