package dev.segue.objectstore.internal;

import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
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
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The turn of one who does something on a condition in a directory: looks at a file, and then
 * replaces or deletes it, or gives it a name that nobody has. One in all processes has it at a
 * time, by a lock of a file that is there for as long; on a file system without locks, one in each
 * process. Writes and deletions without a condition take no turn. Those who wait in one process
 * have their turns one behind the other under one lock of the file, for a moment.
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

  private static final String LOCK = HiddenFiles.PREFIX + "turn";
  private static final String ASIDE = HiddenFiles.PREFIX + "aside";

  /** Of a directory's mode. */
  private static final int STICKY = 01000;

  private static final System.Logger LOG = System.getLogger("dev.segue.objectstore");

  /** Closing any channel of a file ends this process's lock of it, so all of us have one. */
  private static final ConcurrentHashMap<Path, Shared> SHARED = new ConcurrentHashMap<>();

  /** The state shared by this process's holders of, and waiters for, a turn in a directory. */
  private static final class Shared {
    final ReentrantLock turn = new ReentrantLock(true);

    /** Changed where the map computes. */
    int userCount;

    /** Null without the lock of the file; of the one who has the turn, or the last user. */
    @Nullable FileChannel channel;

    long lockedNanos;
  }

  private final Path directory;
  private final Path lockFile;
  private final Shared shared;

  private DirectoryTurn(Path lockFile, Shared shared) {
    this.directory = Objects.requireNonNull(lockFile.getParent());
    this.lockFile = lockFile;
    this.shared = shared;
  }

  /**
   * Waits for a turn.
   *
   * @throws NoSuchFileException if there is no such directory
   * @throws ObjectStoreException if another one does not end its turn
   */
  static DirectoryTurn take(Path directory) throws IOException {
    DirectoryTurn turn = take(directory, LONGEST_WAIT);
    if (turn == null) {
      Path lockFile = directory.resolve(LOCK);
      throw new ObjectStoreException(
          Reason.UNAVAILABLE,
          "another process"
              + ownerOf(lockFile)
              + " has had "
              + lockFile
              + " for "
              + LONGEST_WAIT.toSeconds()
              + " s; if none runs, remove that file");
    }
    return turn;
  }

  /** Who may remove it, for messages. */
  private static String ownerOf(Path lockFile) {
    try {
      return " of user " + Files.getOwner(lockFile, LinkOption.NOFOLLOW_LINKS).getName();
    } catch (IOException | UnsupportedOperationException e) {
      return "";
    }
  }

  /** Returns whether a hidden file is of turns. */
  static boolean isOfTurns(String name) {
    return name.equals(LOCK) || name.equals(ASIDE);
  }

  /** Puts back what a killed process left, unless somebody is at it. */
  static void recover(Path directory) throws IOException {
    DirectoryTurn turn = take(directory, Duration.ZERO);
    if (turn != null) {
      turn.close();
    }
  }

  /** Returns whether a file is put aside, or was left so. */
  static boolean isAside(Path file) {
    return Files.exists(
        file.resolveSibling(ASIDE).resolve(file.getFileName()), LinkOption.NOFOLLOW_LINKS);
  }

  private static @Nullable DirectoryTurn take(Path directory, Duration wait) throws IOException {
    Path lockFile = directory.toRealPath().resolve(LOCK);
    long begin = System.nanoTime();
    Shared shared =
        SHARED.compute(
            lockFile,
            (_, known) -> {
              Shared all = known == null ? new Shared() : known;
              all.userCount++;
              return all;
            });
    DirectoryTurn turn = new DirectoryTurn(lockFile, shared);
    boolean taken = false;
    try {
      taken =
          shared.turn.tryLock(wait.toNanos(), TimeUnit.NANOSECONDS)
              && turn.lockFile(begin + wait.toNanos());
      return taken ? turn : null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ObjectStoreException(Reason.CANCELLED, "the thread was interrupted", e);
    } finally {
      if (!taken) {
        turn.leave();
      }
    }
  }

  /** Returns whether it is locked before a time. */
  private boolean lockFile(long endNanos) throws IOException, InterruptedException {
    while (shared.channel == null) {
      FileChannel opened = openLocked(lockFile);
      if (opened != null) {
        shared.channel = opened;
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
    SHARED.computeIfPresent(
        lockFile,
        (_, all) -> {
          boolean isMine = all.turn.isHeldByCurrentThread();
          boolean isLast = --all.userCount == 0;
          if (isLast || (isMine && (isLong() || !all.turn.hasQueuedThreads()))) {
            unlockFile();
          }
          if (isMine) {
            all.turn.unlock();
          }
          return isLast ? null : all;
        });
  }

  private void unlockFile() {
    try (FileChannel channel = shared.channel) {
      shared.channel = null;
      if (channel != null) {
        removeAside();
        Files.delete(lockFile);
      }
    } catch (IOException e) {
      // What was to be done is done; the next turn removes the file.
      LOG.log(System.Logger.Level.DEBUG, "end of a turn in " + directory + ": " + e);
    }
  }

  /** Returns null if another process has it, or it is another user's. */
  private static @Nullable FileChannel openLocked(Path lockFile) throws IOException {
    FileChannel channel;
    String before;
    try {
      create(lockFile);
      before = identity(lockFile);
      channel = open(lockFile, StandardOpenOption.WRITE);
    } catch (NoSuchFileException e) {
      if (Files.isDirectory(Objects.requireNonNull(lockFile.getParent()))) {
        return null;
      }
      throw e;
    } catch (AccessDeniedException e) {
      if (Files.exists(lockFile, LinkOption.NOFOLLOW_LINKS)) {
        return openShared(lockFile);
      }
      throw e;
    }
    boolean locked = false;
    try {
      // Who had it has removed the file before letting go of it, and others may have made a new
      // one.
      locked = lock(channel) && identity(lockFile).equals(before);
      return locked ? channel : null;
    } catch (NoSuchFileException e) {
      return null;
    } finally {
      if (!locked) {
        channel.close();
      }
    }
  }

  private static void create(Path lockFile) throws IOException {
    try {
      Files.createFile(lockFile);
    } catch (FileAlreadyExistsException e) {
      // Opening a pipe would wait for its reader.
      if (!Files.readAttributes(lockFile, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
          .isRegularFile()) {
        throw new ObjectStoreException(
            Reason.OTHER, lockFile + " must be a file, and is something else: remove it", e);
      }
    }
  }

  /**
   * Removes what a killed process of another user left, where that is allowed. It is not in a
   * sticky directory: there a shared lock of the file is the turn, which needs no permission to
   * write, and keeps the exclusive one from the file's owner and from root. Others have turns
   * beside it, and can't replace what is ours.
   *
   * @return null where there is no turn yet
   */
  private static @Nullable FileChannel openShared(Path lockFile) {
    FileChannel shared = null;
    boolean locked = false;
    try {
      String before = identity(lockFile);
      shared = open(lockFile, StandardOpenOption.READ);
      FileLock lock = shared.tryLock(0, Long.MAX_VALUE, true);
      if (lock != null && identity(lockFile).equals(before)) {
        locked = !isRemoved(lockFile) && isSticky(Objects.requireNonNull(lockFile.getParent()));
      }
    } catch (OverlappingFileLockException | IOException e) {
      LOG.log(System.Logger.Level.DEBUG, lockFile + " stays: " + e);
    }
    if (shared != null && !locked) {
      close(shared);
    }
    return locked ? shared : null;
  }

  private static void close(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "end of a turn: " + e);
    }
  }

  private static boolean isRemoved(Path lockFile) throws IOException {
    try {
      Files.delete(lockFile);
      return true;
    } catch (NoSuchFileException e) {
      return true;
    } catch (FileSystemException e) {
      return false;
    }
  }

  private static FileChannel open(Path lockFile, StandardOpenOption how) throws IOException {
    return FileChannel.open(lockFile, how, LinkOption.NOFOLLOW_LINKS);
  }

  /** A number alone is soon another file's. */
  private static String identity(Path file) throws IOException {
    BasicFileAttributes attributes =
        Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    return attributes.fileKey() + " " + attributes.creationTime();
  }

  private static boolean lock(FileChannel channel) {
    try {
      FileLock lock = channel.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false;
    } catch (IOException e) {
      // A file system without locks.
      return true;
    }
  }

  /**
   * Takes a file's name away, so that what is looked at is what is deleted.
   *
   * @return where it is
   * @throws FileSystemException where that can't be, as on a full disk; the file has its name
   */
  Path putAside(Path file) throws IOException {
    if (isSticky()) {
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

  private boolean isSticky() throws IOException {
    return isSticky(directory);
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
  private boolean hasAside(Path folder) throws IOException {
    return Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS) && !isSticky();
  }

  private void putBackLeft() throws IOException {
    Path folder = directory.resolve(ASIDE);
    if (!hasAside(folder)) {
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
    } catch (AccessDeniedException e) {
      LOG.log(System.Logger.Level.WARNING, "what another user's process left stays aside: " + e);
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
