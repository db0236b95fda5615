package dev.segue.cli.capnp;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import org.jspecify.annotations.Nullable;

/** Files that have their old text or their new one, whenever the process ends. */
final class WholeFile {
  private WholeFile() {}

  /**
   * Writes a file beside the old one and renames it, with the permissions of the old one. A
   * symbolic link stays, and the file that it names is replaced.
   *
   * @throws IOException if the file may not be written, or its folder; the old text is there then
   */
  static void replace(Path file, String text) throws IOException {
    Path real = file.toRealPath();
    if (!Files.isWritable(real)) {
      throw new AccessDeniedException(file.toString());
    }
    Path next = Files.createTempFile(real.resolveSibling(""), "." + real.getFileName(), ".next");
    try {
      Files.writeString(next, text, StandardOpenOption.WRITE, StandardOpenOption.SYNC);
      copyAttributes(real, next);
      Files.move(next, real, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(next);
    }
  }

  private static void copyAttributes(Path from, Path to) throws IOException {
    PosixFileAttributeView old = view(from);
    PosixFileAttributeView made = view(to);
    if (old == null || made == null) {
      return;
    }
    PosixFileAttributes attributes = old.readAttributes();
    try {
      made.setGroup(attributes.group());
      made.setOwner(attributes.owner());
    } catch (FileSystemException e) {
      // Only root may give a file away: another's file becomes that of whoever formats it.
    }
    made.setPermissions(attributes.permissions());
  }

  private static @Nullable PosixFileAttributeView view(Path file) {
    return Files.getFileAttributeView(file, PosixFileAttributeView.class);
  }
}
