package dev.segue.objectstore.internal;

import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The turn of one who does something on a condition in a directory: looks at a file, and then
 * replaces or deletes it, or gives it a name that nobody has. One in all processes has it at a
 * time, by a lock of a file that is there for as long; on a file system without locks, one in each
 * process. Writes and deletions without a condition take no turn. Those who wait in one process
 * have their turns one behind the other under one lock of the file, for a moment; then those of
 * other processes find it free.
 *
 * <p>What is put aside keeps its name, in a directory of its own: the next one who has a turn puts
 * back what a process left there that was killed.
 *
 * <p>Owner: who took it. Lifetime: until {@link #close()}. Threads: one.
 */
final class DirectoryTurn implements AutoCloseable {
  /** Nobody's turn takes longer than that and a few system calls, unless its process is stopped. */
  private static final Duration LONGEST_LOCK = Duration.ofMillis(100);

  private static final Duration LONGEST_WAIT = Duration.ofSeconds(20);

  private static final long LOOK_AGAIN_MILLIS = 1;

  /** Behind a long lock nobody of this process asks for it until others have looked again. */
  private static final long PAUSE_MILLIS = 5 * LOOK_AGAIN_MILLIS;

  private static final String ASIDE = HiddenFiles.PREFIX + "aside";

  /** Of a directory's mode. */
  private static final int STICKY = 01000;

  private static final System.Logger LOG = System.getLogger("dev.segue.objectstore");

  /** Closing any channel of a file ends this process's lock of it, so all of us have one. */
  private static final ConcurrentHashMap<Path, Shared> SHARED = new ConcurrentHashMap<>();

  /** The state shared by this process's holders of, and waiters for, a turn in a directory. */
  private static final class Shared {
    final ReentrantLock turn = new ReentrantLock(true);

    /** Of the one who has the turn, or the last user. */
    final TurnLock lock;

    /** Changed where the map computes. */
    int userCount;

    long lockedNanos;

    Shared(Path directory) {
      this.lock = new TurnLock(directory);
    }
  }

  private final Path directory;
  private final Shared shared;

  private DirectoryTurn(Path directory) throws IOException {
    this.directory = directory.toRealPath();
    this.shared =
        SHARED.compute(
            this.directory,
            (real, known) -> {
              Shared all = known == null ? new Shared(real) : known;
              all.userCount++;
              return all;
            });
  }

  /**
   * Waits for a turn.
   *
   * @throws NoSuchFileException if there is no such directory
   * @throws ObjectStoreException if another one does not end its turn
   */
  static DirectoryTurn take(Path directory) throws IOException {
    DirectoryTurn turn = new DirectoryTurn(directory);
    if (turn.begins(LONGEST_WAIT)) {
      return turn;
    }
    Path file = turn.shared.lock.last();
    throw new ObjectStoreException(
        Reason.UNAVAILABLE,
        "another process"
            + ownerOf(file)
            + " has had "
            + file
            + " for "
            + LONGEST_WAIT.toSeconds()
            + " s; if none runs, remove that file");
  }

  /** Who may remove it, for messages. */
  private static String ownerOf(Path file) {
    try {
      return " of user " + Files.getOwner(file, LinkOption.NOFOLLOW_LINKS).getName();
    } catch (IOException | UnsupportedOperationException e) {
      return "";
    }
  }

  /** Returns whether a hidden file is of turns. */
  static boolean isOfTurns(String name) {
    return TurnLock.isIts(name) || name.equals(ASIDE);
  }

  /** Puts back what a killed process left, unless somebody is at it. */
  static void recover(Path directory) throws IOException {
    DirectoryTurn turn = new DirectoryTurn(directory);
    if (turn.begins(Duration.ZERO)) {
      turn.close();
    }
  }

  /** Returns whether a file is put aside, or was left so. */
  static boolean isAside(Path file) throws IOException {
    Path folder = file.resolveSibling(ASIDE);
    return hasAside(folder)
        && Files.exists(folder.resolve(file.getFileName()), LinkOption.NOFOLLOW_LINKS);
  }

  /** Returns whether it has begun after that long; else it is over. */
  private boolean begins(Duration wait) throws IOException {
    long begin = System.nanoTime();
    boolean begun = false;
    try {
      begun =
          shared.turn.tryLock(wait.toNanos(), TimeUnit.NANOSECONDS)
              && isLockedBefore(begin + wait.toNanos());
      return begun;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ObjectStoreException(Reason.CANCELLED, "the thread was interrupted", e);
    } finally {
      if (!begun) {
        leave();
      }
    }
  }

  private boolean isLockedBefore(long endNanos) throws IOException, InterruptedException {
    while (!shared.lock.isLocked()) {
      if (shared.lock.tryLock()) {
        shared.lockedNanos = System.nanoTime();
        putBackLeft();
      } else if (System.nanoTime() - endNanos >= 0) {
        return false;
      } else {
        Thread.sleep(LOOK_AGAIN_MILLIS);
      }
    }
    return true;
  }

  /** Returns whether another process should have its turn. */
  boolean isLong() {
    return System.nanoTime() - shared.lockedNanos >= LONGEST_LOCK.toNanos();
  }

  /** Returns whether it is one in a directory. */
  boolean isOf(Path other) throws IOException {
    return other.toRealPath().equals(directory);
  }

  private void leave() {
    if (shared.turn.isHeldByCurrentThread() && shared.lock.isLocked() && isLong()) {
      unlock();
      pause();
    }
    SHARED.computeIfPresent(
        directory,
        (_, all) -> {
          boolean isMine = all.turn.isHeldByCurrentThread();
          boolean isLast = --all.userCount == 0;
          if (isLast || (isMine && !all.turn.hasQueuedThreads())) {
            unlock();
          }
          if (isMine) {
            all.turn.unlock();
          }
          return isLast ? null : all;
        });
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void unlock() {
    if (shared.lock.isLocked()) {
      try {
        removeAside();
      } catch (IOException e) {
        // What was to be done is done; the next turn removes the folder.
        LOG.log(System.Logger.Level.DEBUG, "end of a turn in " + directory + ": " + e);
      } finally {
        shared.lock.unlock();
      }
    }
  }

  /**
   * Takes a file's name away, so that what is looked at is what is deleted.
   *
   * @return where it is
   * @throws FileSystemException where that can't be, as on a full disk; the file has its name
   */
  Path putAside(Path file) throws IOException {
    if (isSticky(directory)) {
      throw new FileSystemException(
          directory.toString(), null, "another user may have made the folder for what is aside");
    }
    Path folder = directory.resolve(ASIDE);
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectory(folder);
    }
    return Files.move(file, folder.resolve(file.getFileName()), StandardCopyOption.ATOMIC_MOVE);
  }

  /**
   * Gives a file its name back. What has the name by now is newer, and replaces a file; a directory
   * that was in its place is kept for the next turn.
   */
  void putBack(Path aside) throws IOException {
    Path file = directory.resolve(aside.getFileName());
    try {
      if (!isLinked(file, aside)) {
        // A directory, or a file system without links.
        Files.move(aside, file);
        return;
      }
    } catch (FileAlreadyExistsException e) {
      if (Files.isDirectory(aside, LinkOption.NOFOLLOW_LINKS)) {
        throw new ObjectStoreException(
            Reason.CHANGED, "a directory that had its name meanwhile is kept as " + aside, e);
      }
    }
    Files.delete(aside);
  }

  private static boolean isLinked(Path file, Path aside) throws FileAlreadyExistsException {
    try {
      Files.createLink(file, aside);
      return true;
    } catch (FileAlreadyExistsException e) {
      throw e;
    } catch (UnsupportedOperationException | IOException e) {
      return false;
    }
  }

  /** In such a directory a user replaces and deletes only files of his own. */
  private static boolean isSticky(Path directory) throws IOException {
    try {
      return ((int) Files.getAttribute(directory, "unix:mode") & STICKY) != 0;
    } catch (UnsupportedOperationException | IllegalArgumentException e) {
      return false; // Not of Unix.
    }
  }

  /** Usually not. Where a symbolic link leads, nothing is Segue's. */
  private static boolean hasAside(Path folder) throws IOException {
    return Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
        && !isSticky(Objects.requireNonNull(folder.getParent()));
  }

  private void putBackLeft() throws IOException {
    Path folder = directory.resolve(ASIDE);
    if (!hasAside(folder)) {
      return;
    }
    if (!Files.isReadable(folder) || !Files.isWritable(folder)) {
      // What got its name back and stayed there as well would come back each time it is deleted.
      LOG.log(System.Logger.Level.WARNING, "what another user's process left stays in " + folder);
      return;
    }
    try (DirectoryStream<Path> left = Files.newDirectoryStream(folder)) {
      for (Path aside : left) {
        try {
          putBack(aside);
        } catch (IOException e) {
          LOG.log(System.Logger.Level.WARNING, aside + " can't get its name back: " + e);
        }
      }
    } catch (NoSuchFileException e) {
      // Another process has removed it.
      return;
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }

  /** Ends the turn. */
  @Override
  public void close() {
    leave();
  }

  private void removeAside() throws IOException {
    Path folder = directory.resolve(ASIDE);
    if (!hasAside(folder)) {
      return;
    }
    try {
      Files.deleteIfExists(folder);
    } catch (DirectoryNotEmptyException e) {
      // What can't get its name back.
      return;
    }
  }
}
