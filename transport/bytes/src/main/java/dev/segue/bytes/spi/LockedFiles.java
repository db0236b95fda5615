package dev.segue.bytes.spi;

import java.nio.file.Path;

/**
 * The files that this process has locked, or is about to: closing any channel of a file ends the
 * process's lock of it, so nobody here may even open one of another holder, whatever its class
 * loader.
 *
 * <p>Owner: the process. Threads: any.
 */
public final class LockedFiles {
  private LockedFiles() {}

  /** Its name in {@link ProcessNotes}; a path may end with a blank. */
  private static String note(Path file) {
    return "locked " + file + ":";
  }

  /**
   * Takes a file, by its real path, before it is opened.
   *
   * @return false if somebody in this process has it
   */
  public static boolean take(Path file) {
    return ProcessNotes.putIfAbsent(note(file), "locked") == null;
  }

  /** Lets go of a file that is closed. */
  public static void leave(Path file) {
    ProcessNotes.remove(note(file));
  }
}
