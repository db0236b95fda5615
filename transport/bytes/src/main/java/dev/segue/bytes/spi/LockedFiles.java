package dev.segue.bytes.spi;

import java.nio.file.Path;

/**
 * The files that this process has locked, or is about to: closing any channel of a file ends the
 * process's lock of it, so nobody here may even open one of another holder.
 *
 * <p>They are noted among the system's properties, the one place that the code of all class loaders
 * shares: a server may have the library once for each of its applications.
 *
 * <p>Owner: the process. Threads: any.
 */
public final class LockedFiles {
  /** Of this process, not of a parent that passed its properties on. */
  private static final String PREFIX = "dev.segue.locked." + ProcessHandle.current().pid() + ":";

  private LockedFiles() {}

  private static String property(Path file) {
    return PREFIX + file;
  }

  /**
   * Takes a file, by its real path, before it is opened.
   *
   * @return false if somebody in this process has it
   */
  public static boolean take(Path file) {
    return System.getProperties().putIfAbsent(property(file), "locked") == null;
  }

  /** Lets go of a file that is closed. */
  public static void leave(Path file) {
    System.getProperties().remove(property(file));
  }
}
