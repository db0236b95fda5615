package dev.segue.objectstore;

import dev.segue.objectstore.ObjectStoreException.Reason;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The files that are being written, before they get their names. Each is locked for as long as its
 * writer lives, so one that a killed process left is told from one that is being written; the next
 * writer in its directory removes it, unless a journal may still want to resume it.
 */
final class HiddenFiles {
  static final String PREFIX = ".segue-part-";

  /** Ids of uploads with a journal begin with it. */
  private static final String JOURNALED = "journaled-";

  /** A file is locked only after it is made. */
  private static final Duration YOUNGEST = Duration.ofMinutes(1);

  /** Closing any channel of a file ends this process's lock of it, so our own are left alone. */
  private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

  private final Set<Path> swept = ConcurrentHashMap.newKeySet();

  /** An id for a new file. */
  static String newId(boolean journaled) {
    return (journaled ? JOURNALED : "") + UUID.randomUUID();
  }

  /**
   * Opens a file for writing, and locks it.
   *
   * @throws ObjectStoreException if another writer has it
   */
  FileChannel open(Path file, StandardOpenOption how) throws IOException {
    if (!OWN.add(file)) {
      throw busy(file);
    }
    try {
      sweep(file);
      FileChannel channel =
          FileChannel.open(file, how, StandardOpenOption.READ, StandardOpenOption.WRITE);
      try {
        if (!lock(channel)) {
          throw busy(file);
        }
      } catch (IOException e) {
        channel.close();
        throw e;
      }
      return channel;
    } catch (IOException e) {
      OWN.remove(file);
      throw e;
    }
  }

  private static ObjectStoreException busy(Path file) {
    return new ObjectStoreException(Reason.OTHER, "file " + file + " has another writer");
  }

  /** The file is closed. */
  static void left(Path file) {
    OWN.remove(file);
  }

  private static boolean lock(FileChannel channel) throws IOException {
    try {
      FileLock lock = channel.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  private void sweep(Path beside) throws IOException {
    Path directory = beside.toAbsolutePath().getParent();
    if (directory == null || !swept.add(directory)) {
      return;
    }
    Instant limit = Instant.now().minus(YOUNGEST);
    try (DirectoryStream<Path> left = Files.newDirectoryStream(directory, PREFIX + "*")) {
      for (Path file : left) {
        if (!file.getFileName().toString().startsWith(PREFIX + JOURNALED)
            && !OWN.contains(file)
            && Files.getLastModifiedTime(file).toInstant().isBefore(limit)) {
          removeIfLeft(file);
        }
      }
    } catch (NoSuchFileException e) {
      // Its writer was done meanwhile.
      return;
    }
  }

  private static void removeIfLeft(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      if (lock(channel)) {
        boolean _ = Files.deleteIfExists(file);
      }
    } catch (AccessDeniedException e) {
      // Another user's.
      return;
    }
  }
}
