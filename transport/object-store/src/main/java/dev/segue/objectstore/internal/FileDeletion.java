package dev.segue.objectstore.internal;

import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Deletes files of a store. One that can't be deleted does not keep the others. */
final class FileDeletion {
  /** The character that a listing shows in place of bytes that are not text. */
  private static final char NO_TEXT = '\uFFFD';

  private final FileStore store;
  private final DeletionFaults faults;
  private @Nullable DirectoryTurn turn;

  /** Deletes so many files. */
  FileDeletion(FileStore store, int objectCount) {
    this.store = store;
    this.faults = new DeletionFaults(store.uri(), objectCount);
  }

  /** Deletes files whatever they are. */
  void run(Collection<String> keys) throws ObjectStoreException {
    for (String key : keys) {
      try {
        delete(key);
      } catch (IOException e) {
        failed(key, e);
      }
    }
    faults.end();
  }

  /** Deletes files that still are these versions. */
  void run(Collection<ObjectInfo> versions, Consumer<ObjectInfo> kept) throws ObjectStoreException {
    for (ObjectInfo version : versions) {
      Versions.checkNamed(store.attempt("delete", version.key()), version);
    }
    try {
      for (ObjectInfo version : versions) {
        try {
          delete(version);
        } catch (IOException e) {
          if (e instanceof ObjectStoreException other && other.reason() == Reason.CHANGED) {
            endTurn();
            kept.accept(version);
          } else {
            failed(version.key(), e);
          }
        }
      }
    } finally {
      endTurn();
    }
    faults.end();
  }

  /** Deletes a file if it still is this version. */
  void run(ObjectInfo version) throws ObjectStoreException {
    Attempt what = store.attempt("delete", version.key());
    Versions.checkNamed(what, version);
    try {
      delete(version);
    } catch (IOException e) {
      ObjectStoreException failure = Failures.of(what, e);
      if (failure.reason() != Reason.NOT_FOUND) {
        throw failure;
      }
    } finally {
      endTurn();
    }
  }

  private void failed(String key, IOException e) throws ObjectStoreException {
    ObjectStoreException failure = Failures.of(store.attempt("delete", key), e);
    if (failure.reason() != Reason.NOT_FOUND) {
      faults.add(1, failure);
    }
  }

  private void delete(String key) throws IOException {
    Path path = store.path(key);
    // A directory is not an object, and stays even if it is empty; so does a link to one.
    if (!Files.isDirectory(path)) {
      try {
        deleteWhole(path);
      } catch (NoSuchFileException e) {
        throw missing(key, e);
      }
    }
  }

  private static void deleteWhole(Path path) throws IOException {
    boolean isDeleted = Files.deleteIfExists(path);
    // One may be put aside for a moment, or for as long as nobody has a turn, and would come back.
    if (DirectoryTurn.isAside(path)) {
      try (DirectoryTurn _ = DirectoryTurn.take(folderOf(path))) {
        isDeleted |= Files.deleteIfExists(path);
        if (DirectoryTurn.isAside(path)) {
          throw new AccessDeniedException(
              path.toString(),
              null,
              "another user's process left it aside, and it would come back");
        }
      }
    }
    if (!isDeleted) {
      Files.delete(path);
    }
  }

  /** There is no file of a name; a name that only stands for one is not that of a deleted file. */
  private static IOException missing(String key, NoSuchFileException e) {
    return key.indexOf(NO_TEXT) < 0
        ? e
        : new ObjectStoreException(
            Reason.OTHER,
            "no file has this name; in a listing it stands for one whose bytes are not text",
            e);
  }

  /**
   * Deletes a version: between a look at a name and its deletion there may come another file. One
   * that nobody finds by its name any more is no other's.
   */
  private void delete(ObjectInfo version) throws IOException {
    Path path = store.path(version.key());
    try {
      checkSame(version, path);
    } catch (NoSuchFileException e) {
      throw missing(version.key(), e);
    }
    DirectoryTurn current = turnIn(folderOf(path));
    Path aside;
    try {
      aside = current.putAside(path);
    } catch (NoSuchFileException e) {
      throw e;
    } catch (FileSystemException e) {
      // A full disk, which somebody wants to end, has no room for the folder, or it is another
      // user's.
      checkSame(version, path);
      Files.delete(path);
      return;
    }
    try {
      checkSame(version, seen(aside, path));
    } catch (IOException | RuntimeException | Error e) {
      current.putBack(aside);
      throw e;
    }
    Files.delete(aside);
  }

  /** The same for some that follow each other in one directory. */
  private DirectoryTurn turnIn(Path folder) throws IOException {
    if (turn != null && (turn.isLong() || !turn.isOf(folder))) {
      endTurn();
    }
    if (turn == null) {
      turn = DirectoryTurn.take(folder);
    }
    return turn;
  }

  private void endTurn() {
    if (turn != null) {
      turn.close();
      turn = null;
    }
  }

  /** Where a symbolic link leads is told by where it was. */
  private static Path seen(Path aside, Path path) throws IOException {
    return Files.isSymbolicLink(aside) ? path.resolveSibling(Files.readSymbolicLink(aside)) : aside;
  }

  private static Path folderOf(Path path) {
    return Objects.requireNonNull(path.getParent());
  }

  private void checkSame(ObjectInfo version, Path path) throws IOException {
    ObjectInfo there = FileStore.info(version.key(), path);
    if (!there.isSameVersion(version)) {
      throw new ObjectStoreException(Reason.CHANGED, Versions.difference(version, there));
    }
  }
}
