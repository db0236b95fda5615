package dev.segue.recording;

import dev.segue.objectstore.ObjectStore;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/** The place where a spool's files go in the end. */
public sealed interface SpoolTarget {
  /**
   * Objects of a store.
   *
   * @param store stays the caller's
   * @param uri what the store was opened with, options included, so that it can be opened again
   * @param key of the first object; later ones, and those whose name is taken, have a number before
   *     the last dot
   */
  record InStore(ObjectStore store, String uri, String key) implements SpoolTarget {}

  /**
   * Files of a folder. The spool lies in the same folder, so that no byte moves: a file that is
   * whole gets its name.
   *
   * @param name of the first file
   */
  record InFolder(Path folder, String name) implements SpoolTarget {}

  /** The location of a spool that lies in the folder that its files belong to. */
  String HERE = "folder";

  /** Returns the location of a folder for a spool that lies elsewhere: its {@code file:} URI. */
  static String locationOf(Path folder) {
    return withSlash(folder.toAbsolutePath().normalize().toUri().toString());
  }

  /** A path's URI ends in a slash if a folder is there now; what is recorded first may make it. */
  private static String withSlash(String location) {
    return location.startsWith("file:") && !location.endsWith("/") && !location.contains("?")
        ? location + "/"
        : location;
  }

  /** Returns whether two locations are the same place. */
  static boolean isSame(String location, String other) {
    return withSlash(location).equals(withSlash(other));
  }

  /**
   * The folder that such a location names; empty if it names a store.
   *
   * @param location as {@link Spool#locationsIn} gives it
   */
  static Optional<Path> folderOf(String location) {
    return location.startsWith("file:")
        ? Optional.of(Path.of(URI.create(location)))
        : Optional.empty();
  }

  /** Returns where, without what. */
  default String location() {
    return switch (this) {
      case InStore target -> target.uri();
      case InFolder _ -> HERE;
    };
  }

  /** Returns what the first one is called. */
  default String wantedName() {
    return switch (this) {
      case InStore target -> target.key();
      case InFolder target -> target.name();
    };
  }
}
