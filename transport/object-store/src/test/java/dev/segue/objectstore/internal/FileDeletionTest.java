package dev.segue.objectstore.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.WriteOptions;
import dev.segue.testkit.Peers;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is done with files on a condition. */
@Timeout(60)
class FileDeletionTest {
  @TempDir private Path directory;
  private Path aside;
  private ObjectStore store;

  @BeforeEach
  void open() throws Exception {
    aside = directory.resolve(HiddenFiles.PREFIX + "aside");
    store = ObjectStore.open("file://" + directory);
  }

  private static SegmentedBytes text(String text) {
    return SegmentedBytes.copyOfUtf8(text);
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  /** Who is killed in between leaves what may be another one's file. */
  @Test
  void whatAKilledDeletionPutAsideIsPutBackByTheNextWriter() throws Exception {
    Files.createDirectory(aside);
    Files.writeString(aside.resolve("k"), "another's");
    store.put("other", text("y"));
    assertEquals("another's", Files.readString(directory.resolve("k")));
    assertEquals(List.of("k", "other"), names());
  }

  @Test
  void whatAKilledDeletionPutAsideIsPutBackByTheNextDeletion() throws Exception {
    ObjectInfo other = store.put("other", text("y"));
    Files.createDirectory(aside);
    Files.writeString(aside.resolve("k"), "another's");
    store.delete(other);
    assertEquals("another's", Files.readString(directory.resolve("k")));
    assertEquals(List.of("k"), names());
  }

  @Test
  void aFileThatIsPutAsideIsDeletedByItsName() throws Exception {
    Files.createDirectory(aside);
    Files.writeString(aside.resolve("k"), "another's");
    store.delete("k");
    assertFalse(store.exists("k"));
    assertEquals(List.of(), names());
  }

  @Test
  void whatAKilledDeletionPutAsideGoesWithTheVersionThatReplacesIt() throws Exception {
    store.put("other", text("y")); // looks for what is left, once
    Files.createDirectory(aside);
    Files.writeString(aside.resolve("k"), "old");
    store.put("k", text("new"));
    store.delete("k");
    store.put("m", text("z"), WriteOptions.NONE.ifAbsent());
    assertEquals(List.of("m", "other"), names());
  }

  /** It may get its name back. */
  @Test
  void whereAFileIsPutAsideNothingIsWrittenOnTheConditionThatItIsNotThere() throws Exception {
    store.put("k", text("newer"));
    try (ExecutorService writing = Executors.newSingleThreadExecutor()) {
      Future<ObjectInfo> written;
      try (DirectoryTurn turn = DirectoryTurn.take(directory)) {
        Path file = turn.putAside(directory.resolve("k"));
        written = writing.submit(() -> store.put("k", text("mine"), WriteOptions.NONE.ifAbsent()));
        Thread.sleep(300);
        assertFalse(written.isDone());
        turn.putBack(file);
      }
      Throwable failure = assertThrows(ExecutionException.class, written::get).getCause();
      assertEquals(Reason.EXISTS, assertInstanceOf(ObjectStoreException.class, failure).reason());
    }
    assertEquals("newer", Files.readString(directory.resolve("k")));
    assertEquals(List.of("k"), names());
  }

  @Test
  void aDirectoryThatCanNotGetItsNameBackIsKeptUntilItCan() throws Exception {
    Files.writeString(directory.resolve("k"), "newer");
    Files.createDirectories(aside.resolve("k"));
    Files.writeString(aside.resolve("k/below"), "another's");
    store.put("l", text("y"), WriteOptions.NONE.ifAbsent());
    assertEquals("newer", Files.readString(directory.resolve("k")));
    assertEquals("another's", Files.readString(aside.resolve("k/below")));
    Files.delete(directory.resolve("k"));
    store.put("m", text("z"), WriteOptions.NONE.ifAbsent());
    assertEquals(List.of("k/below", "l", "m"), store.objects("").map(ObjectInfo::key).toList());
    assertEquals(List.of("k", "l", "m"), names());
  }

  @Test
  void aLinkInThePlaceOfWhatIsAsideLeadsNowhere(@TempDir Path elsewhere) throws Exception {
    Files.writeString(elsewhere.resolve("k"), "somebody's");
    Files.createSymbolicLink(aside, elsewhere);
    store.put("l", text("y"), WriteOptions.NONE.ifAbsent());
    assertEquals("somebody's", Files.readString(elsewhere.resolve("k")));
    assertEquals(List.of(aside.getFileName().toString(), "l"), names());
  }

  /** There a user may replace his own files only, and anybody may have made the folder. */
  @Test
  void inAStickyDirectoryNothingIsPutAsideOrBack() throws Exception {
    int mode = (int) Files.getAttribute(directory, "unix:mode");
    Files.setAttribute(directory, "unix:mode", (mode & 0777) | 01000);
    ObjectInfo k = store.put("k", text("x"));
    Files.createDirectory(aside);
    Files.writeString(aside.resolve("m"), "another's");
    ObjectInfo l = store.put("l", text("y"), WriteOptions.NONE.ifAbsent());
    try (DirectoryTurn turn = DirectoryTurn.take(directory)) {
      assertThrows(FileSystemException.class, () -> turn.putAside(directory.resolve("l")));
    }
    store.delete(k);
    store.put("l", text("newer"));
    assertThrows(ObjectStoreException.class, () -> store.delete(l));
    assertEquals("another's", Files.readString(aside.resolve("m")));
    assertEquals(List.of(aside.getFileName().toString(), "l"), names());
  }

  /** Others could write into what has the name by then. */
  @Test
  void noFileOfATurnGivesAnybodyRights() throws Exception {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
    Files.writeString(directory.resolve("k"), "x");
    try (DirectoryTurn turn = DirectoryTurn.take(directory)) {
      Path k = turn.putAside(directory.resolve("k"));
      for (Path file : List.of(directory.resolve(".segue-part-turn"), aside)) {
        assertFalse(
            Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_WRITE),
            file::toString);
      }
      turn.putBack(k);
    }
  }

  @Test
  void aPipeInThePlaceOfTheLockIsRefused() throws Exception {
    Path pipe = directory.resolve(".segue-part-turn");
    Peers.run("mkfifo", pipe.toString());
    ObjectStoreException refused =
        assertThrows(
            ObjectStoreException.class,
            () -> store.put("l", text("y"), WriteOptions.NONE.ifAbsent()));
    assertTrue(refused.toString().contains("remove it"), refused::toString);
  }

  @Test
  void aLinkToADirectoryIsNoObjectAndStays() throws Exception {
    Files.createDirectory(directory.resolve("d"));
    Files.createSymbolicLink(directory.resolve("link"), Path.of("d"));
    store.delete("link");
    assertTrue(Files.isSymbolicLink(directory.resolve("link")));
  }

  @Test
  void aLinkIsDeletedByTheVersionThatItLeadsTo() throws Exception {
    Files.writeString(directory.resolve("f"), "x");
    Files.createSymbolicLink(directory.resolve("link"), Path.of("f"));
    store.delete(store.head("link"));
    assertEquals(List.of("f"), names());
  }

  @Test
  void ofTwoWhoReplaceOneVersionOneDoes() throws Exception {
    int roundCount = 300;
    CyclicBarrier start = new CyclicBarrier(2);
    try (ExecutorService writing = Executors.newFixedThreadPool(2)) {
      for (int round = 0; round < roundCount; round++) {
        String etag = store.put("k", text("old")).etag();
        List<Future<Boolean>> writers =
            Stream.of("a", "bb")
                .map(
                    bytes ->
                        writing.submit(
                            () -> {
                              start.await();
                              return isReplaced(etag, bytes);
                            }))
                .toList();
        int wonCount = 0;
        for (Future<Boolean> writer : writers) {
          wonCount += writer.get() ? 1 : 0;
        }
        assertEquals(1, wonCount, "round=" + round);
      }
    }
    assertEquals(List.of("k"), names());
  }

  private boolean isReplaced(String etag, String bytes) throws ObjectStoreException {
    try {
      store.put("k", text(bytes), WriteOptions.NONE.ifMatch(etag));
      return true;
    } catch (ObjectStoreException e) {
      assertEquals(Reason.CHANGED, e.reason(), e::toString);
      return false;
    }
  }
}
