package dev.segue.objectstore.internal;

import dev.segue.bytes.spi.LockedFiles;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The lock of a directory's turn, which one process has at a time, whatever its user: that of a
 * file that is there for as long.
 *
 * <p>Only who may write in a file can keep all others from it. What a killed process of another
 * user left is locked for reading, and then the next file of the row is looked at, until one is
 * ours:
 *
 * <pre>
 *   .segue-part-turn     another user's   shared
 *   .segue-part-turn-2   ours             exclusive
 * </pre>
 *
 * <p>Who has the lock has the last of its files exclusively and those before it shared, so two
 * always want one file in ways that don't agree. A file is removed only by who has the lock, and of
 * his own row one alone, as that gives the lock away: the first that he may remove, which in a
 * sticky directory is the last.
 *
 * <p>Owner: a directory's turns in this process. Threads: one at a time.
 */
final class TurnLock {
  private static final String NAME = HiddenFiles.PREFIX + "turn";

  /** Of so many users are killed processes at most. */
  private static final int FILE_COUNT_LIMIT = 100;

  /** A file system without locks fails each time; others may fail now and then. */
  private static final int FAILURE_COUNT_LIMIT = 5;

  private static final System.Logger LOG = System.getLogger("dev.segue.objectstore");

  private final Path directory;
  private final List<Held> row = new ArrayList<>();
  private volatile Path last;

  private record Held(Path file, String identity, FileChannel channel, boolean isExclusive) {}

  /** For a directory by its real path. */
  TurnLock(Path directory) {
    this.directory = directory;
    this.last = file(1);
  }

  /** Returns whether a hidden file is of locks. */
  static boolean isIts(String name) {
    return name.startsWith(NAME);
  }

  private Path file(int number) {
    return directory.resolve(number == 1 ? NAME : NAME + "-" + number);
  }

  boolean isLocked() {
    return !row.isEmpty();
  }

  /** The file that another process has, where {@link #tryLock} says no. */
  Path last() {
    return last;
  }

  /**
   * Takes the lock, if no other process has it.
   *
   * @throws NoSuchFileException if there is no such directory
   */
  boolean tryLock() throws IOException {
    // The first stands for the whole row.
    if (!LockedFiles.take(file(1))) {
      return false;
    }
    boolean locked = false;
    try {
      locked = lockRow() && isInPlace();
      return locked;
    } catch (NoSuchFileException e) {
      if (Files.isDirectory(directory)) {
        return false;
      }
      throw e;
    } finally {
      if (!locked) {
        letGo();
      }
    }
  }

  private boolean lockRow() throws IOException {
    for (int number = 1; number <= FILE_COUNT_LIMIT; number++) {
      last = file(number);
      Held next = locked(last);
      if (next == null) {
        return false;
      }
      row.add(next);
      if (next.isExclusive()) {
        return true;
      }
    }
    return false;
  }

  /** Who had the lock has removed files before letting go, and others may have made new ones. */
  private boolean isInPlace() throws IOException {
    for (Held each : row) {
      if (!identity(each.file()).equals(each.identity())) {
        return false;
      }
    }
    return true;
  }

  /** Returns null if another process has it. */
  private static @Nullable Held locked(Path file) throws IOException {
    create(file);
    Held opened = opened(file);
    if (opened == null || isLocked(opened)) {
      return opened;
    }
    close(opened.channel());
    return null;
  }

  /** Returns null if it can't even be read. */
  private static @Nullable Held opened(Path file) throws IOException {
    String identity = identity(file);
    try {
      return new Held(file, identity, open(file, StandardOpenOption.WRITE), true);
    } catch (AccessDeniedException e) {
      try {
        return new Held(file, identity, open(file, StandardOpenOption.READ), false);
      } catch (AccessDeniedException unreadable) {
        return null;
      }
    }
  }

  private static void create(Path file) throws IOException {
    try {
      Files.createFile(file);
    } catch (FileAlreadyExistsException e) {
      // Opening a pipe would wait for its reader.
      if (!Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
          .isRegularFile()) {
        throw new ObjectStoreException(
            Reason.OTHER, file + " must be a file, and is something else: remove it", e);
      }
    }
  }

  private static FileChannel open(Path file, StandardOpenOption how) throws IOException {
    return FileChannel.open(file, how, LinkOption.NOFOLLOW_LINKS);
  }

  /** A number alone is soon another file's. */
  private static String identity(Path file) throws IOException {
    BasicFileAttributes attributes =
        Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    return attributes.fileKey() + " " + attributes.creationTime();
  }

  private static boolean isLocked(Held opened) {
    for (int failureCount = 0; failureCount < FAILURE_COUNT_LIMIT; failureCount++) {
      try {
        FileLock lock = opened.channel().tryLock(0, Long.MAX_VALUE, !opened.isExclusive());
        return lock != null;
      } catch (OverlappingFileLockException e) {
        return false;
      } catch (IOException e) {
        LOG.log(System.Logger.Level.DEBUG, opened.file() + " can't be locked: " + e);
      }
    }
    // A file system without locks.
    return true;
  }

  /**
   * Removes what nobody needs any more, and lets go of the row. The files behind it are of nobody:
   * who has them has the row as well. Where a file of the row is gone, another process may have the
   * lock, and new files in the place of those behind: what stays there is its to remove.
   */
  void unlock() {
    int number = row.size() + 1;
    while (isDeleted(file(number))) {
      number++;
    }
    for (Held each : row) {
      if (isDeleted(each.file())) {
        break;
      }
    }
    letGo();
  }

  private static boolean isDeleted(Path file) {
    try {
      return Files.deleteIfExists(file);
    } catch (IOException e) {
      // Another user's; or the next turn removes it.
      LOG.log(System.Logger.Level.DEBUG, file + " stays: " + e);
      return false;
    }
  }

  private void letGo() {
    row.reversed().forEach(each -> close(each.channel()));
    row.clear();
    LockedFiles.leave(file(1));
  }

  private static void close(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "end of a turn: " + e);
    }
  }
}
