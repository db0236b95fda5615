package dev.segue.objectstore.internal;

import dev.segue.bytes.spi.LockedFiles;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The files that are being written, before they get their names. Each is locked for as long as its
 * writer lives, so one that a killed process left is told from one that is being written; a later
 * writer in its directory removes it, after a week if a journal may still want to resume it.
 */
final class HiddenFiles {
  static final String PREFIX = ".segue-part-";

  /** Ids of uploads with a journal begin with it. */
  private static final String JOURNALED = "journaled-";

  /** A file is locked only after it is made. */
  private static final Duration YOUNGEST = Duration.ofMinutes(1);

  private static final Set<PosixFilePermission> PRIVATE =
      PosixFilePermissions.fromString("rw-------");

  /** As long as Azure keeps the parts of an upload that nobody ends. */
  private static final Duration LONGEST_JOURNALED = Duration.ofDays(7);

  private final SweepTimes sweeps;

  /** Recordings that wait in such a directory are their spool's. */
  private static final String RECORDING = "recording-";

  HiddenFiles(SweepTimes sweeps) {
    this.sweeps = sweeps;
  }

  /** An id for a new file. */
  static String newId(boolean journaled) {
    return (journaled ? JOURNALED : "") + UUID.randomUUID();
  }

  /**
   * The permissions and group of a file.
   *
   * @param group who has the permissions of the group
   */
  record Access(Set<PosixFilePermission> permissions, GroupPrincipal group) {
    private static final Map<PosixFilePermission, PosixFilePermission> OF_GROUP_AS_OF_OTHERS =
        Map.of(
            PosixFilePermission.GROUP_READ, PosixFilePermission.OTHERS_READ,
            PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE,
            PosixFilePermission.GROUP_EXECUTE, PosixFilePermission.OTHERS_EXECUTE);

    /** That of a file; null where it is not there, or its file system knows none. */
    static @Nullable Access of(Path file) throws IOException {
      try {
        PosixFileAttributes there = Files.readAttributes(file, PosixFileAttributes.class);
        return new Access(there.permissions(), there.group());
      } catch (NoSuchFileException | UnsupportedOperationException e) {
        return null;
      }
    }

    /** Returns the permissions of another group, whose members are others to this one. */
    Set<PosixFilePermission> permissionsOfAnotherGroup() {
      return permissions.stream()
          .filter(each -> permissions.contains(OF_GROUP_AS_OF_OTHERS.getOrDefault(each, each)))
          .collect(Collectors.toSet());
    }
  }

  /**
   * Opens a file for writing, and locks it where the file system has locks.
   *
   * @param file in its real directory: by another name of that a file of ours would be taken for
   *     another process's
   * @param isPrivate whether nobody else may open a new one, until it {@linkplain #give is given}
   *     an access; else the process's mask says it
   * @throws ObjectStoreException if another writer has it; whoever closes it {@linkplain
   *     LockedFiles#leave leaves} it
   */
  FileChannel open(Path file, StandardOpenOption how, boolean isPrivate) throws IOException {
    if (!LockedFiles.take(file)) {
      throw busy(file);
    }
    boolean opened = false;
    try {
      sweep(file);
      FileChannel channel = channel(file, how, isPrivate);
      if (lock(channel) == Lock.OF_ANOTHER) {
        channel.close();
        throw busy(file);
      }
      opened = true;
      return channel;
    } finally {
      if (!opened) {
        LockedFiles.leave(file);
      }
    }
  }

  private static FileChannel channel(Path file, StandardOpenOption how, boolean isPrivate)
      throws IOException {
    Set<OpenOption> options =
        new HashSet<>(
            List.of(
                how, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS));
    return isPrivate
        ? FileChannel.open(file, options, PosixFilePermissions.asFileAttribute(PRIVATE))
        : FileChannel.open(file, options);
  }

  /**
   * Gives a file of ours an access, and never the one that a link in its place leads to: who may
   * write in the directory may have put that there. The file is opened for it, which ends its lock,
   * so it gets its name right behind this. Where it can't have the group, that of the process has
   * no more than all others.
   */
  static void give(Path file, Access access) throws IOException {
    Path directory = Objects.requireNonNull(file.getParent());
    if (Files.isReadable(directory)) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
        if (files instanceof SecureDirectoryStream<Path> secure) {
          give(
              secure.getFileAttributeView(
                  file.getFileName(), PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS),
              access);
          return;
        }
      }
    }
    give(
        Files.getFileAttributeView(file, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS),
        access);
  }

  private static void give(PosixFileAttributeView view, Access access) throws IOException {
    view.setPermissions(
        hasGroup(view, access.group()) ? access.permissions() : access.permissionsOfAnotherGroup());
  }

  private static boolean hasGroup(PosixFileAttributeView view, GroupPrincipal group)
      throws IOException {
    if (view.readAttributes().group().equals(group)) {
      return true;
    }
    try {
      view.setGroup(group);
      return true;
    } catch (FileSystemException e) {
      // The process is in no such group.
      return false;
    }
  }

  private static ObjectStoreException busy(Path file) {
    return new ObjectStoreException(Reason.OTHER, "file " + file + " has another writer");
  }

  private enum Lock {
    OURS,
    OF_ANOTHER,
    /** The file system has no locks: whether its writer lives can't be told. */
    UNKNOWN
  }

  private static Lock lock(FileChannel channel) {
    try {
      FileLock lock = channel.tryLock();
      return lock == null ? Lock.OF_ANOTHER : Lock.OURS;
    } catch (OverlappingFileLockException e) {
      return Lock.OF_ANOTHER;
    } catch (IOException e) {
      return Lock.UNKNOWN;
    }
  }

  private void sweep(Path beside) {
    Path directory = beside.toAbsolutePath().getParent();
    if (directory == null || !sweeps.isDue(directory)) {
      return;
    }
    try (DirectoryStream<Path> left =
        Files.newDirectoryStream(
            directory, file -> String.valueOf(file.getFileName()).startsWith(PREFIX))) {
      boolean isOfTurns = false;
      for (Path file : left) {
        String name = String.valueOf(file.getFileName());
        if (DirectoryTurn.isOfTurns(name)) {
          isOfTurns = true;
        } else if (!name.startsWith(PREFIX + RECORDING) && isOld(file)) {
          removeIfLeft(file);
        }
      }
      if (isOfTurns) {
        DirectoryTurn.recover(directory);
      }
    } catch (IOException | DirectoryIteratorException e) {
      // What others left is not a reason not to write.
      return;
    }
  }

  /**
   * Returns whether it is a file of ours, and nobody can want it any more unless its writer lives.
   */
  private static boolean isOld(Path file) throws IOException {
    BasicFileAttributes attributes;
    try {
      attributes = Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    } catch (NoSuchFileException e) {
      return false;
    }
    boolean journaled = file.getFileName().toString().startsWith(PREFIX + JOURNALED);
    Instant limit = Instant.now().minus(journaled ? LONGEST_JOURNALED : YOUNGEST);
    // Opening a pipe would wait for its reader.
    return attributes.isRegularFile() && attributes.lastModifiedTime().toInstant().isBefore(limit);
  }

  private static void removeIfLeft(Path file) throws IOException {
    if (!LockedFiles.take(file)) {
      return;
    }
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
      if (lock(channel) == Lock.OURS) {
        Files.deleteIfExists(file);
      }
    } catch (AccessDeniedException | NoSuchFileException e) {
      // Another user's, or its writer was done meanwhile.
      return;
    } finally {
      LockedFiles.leave(file);
    }
  }
}
