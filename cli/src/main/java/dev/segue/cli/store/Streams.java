package dev.segue.cli.store;

import dev.segue.bytes.spi.OpenFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.BasicFileAttributes;

/** Locations that get bytes one behind the other, and are not replaced. */
public final class Streams {
  private static final int OUTPUT = 1;

  private Streams() {}

  /**
   * Returns whether there is a device or a pipe, or a file that a process has open, such as {@code
   * /dev/stdout}.
   */
  public static boolean isStream(ObjectUri location) throws IOException {
    return isDevice(location) || isOpenFile(location);
  }

  private static boolean isDevice(ObjectUri location) {
    try {
      return location.isLocal()
          && Files.readAttributes(location.path(), BasicFileAttributes.class).isOther();
    } catch (IOException e) {
      return false; // Nothing there, or nothing that may be looked at: writing says what is wrong.
    }
  }

  private static boolean isOpenFile(ObjectUri location) throws IOException {
    return location.isLocal() && OpenFiles.isName(location.path());
  }

  /** Returns whether it is the standard output, behind whose bytes nothing is printed. */
  public static boolean isStandardOutput(ObjectUri location) throws IOException {
    return location.isLocal() && OpenFiles.isOwn(location.path(), OUTPUT);
  }
}
