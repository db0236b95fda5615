package dev.segue.cli.store;

import java.nio.file.Files;

/** The destination of a copy. */
final class Targets {
  private Targets() {}

  /** A location that is a folder, or a directory that is there, gets the object below it. */
  static ObjectUri of(ObjectUri from, ObjectUri to) {
    return isFolder(to) ? to.resolve(from.name()) : to;
  }

  static boolean isFolder(ObjectUri location) {
    return location.isFolder() || isDirectory(location);
  }

  static boolean isDirectory(ObjectUri location) {
    return location.isLocal() && Files.isDirectory(location.path());
  }

  /** Returns whether a file is there, which a copy replaces. */
  static boolean isRegularFile(ObjectUri location) {
    return location.isLocal() && Files.isRegularFile(location.path());
  }
}
