package dev.segue.cli.store;

import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.StoreSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * The journals of copies that can be resumed: one small file for each, named after what is copied
 * where, in {@code $XDG_STATE_HOME/segue/copies} or {@code ~/.local/state/segue/copies}.
 *
 * <p>The version of the source is part of the name, so a copy goes on only with the same bytes.
 */
record Journals(Path directory) {
  private static final String SUFFIX = ".journal";

  static Journals ofUser() {
    String state = System.getenv("XDG_STATE_HOME");
    Path base =
        state == null || state.isBlank()
            ? Path.of(System.getProperty("user.home"), ".local", "state")
            : Path.of(state);
    return new Journals(base.resolve("segue").resolve("copies"));
  }

  /** The journal of one copy. */
  Path of(ObjectUri from, ObjectInfo info, ObjectUri to, Map<String, String> writing)
      throws IOException {
    Files.createDirectories(directory);
    StoreSettings settings = StoreSettings.of(writing);
    String parts = settings.putPartByteSize() + "\n" + settings.checksums();
    return directory.resolve(place(from, to) + hash(info.etag() + "\n" + parts) + SUFFIX);
  }

  /**
   * Those of the same copy with another version of its source, or other parts: they will never be
   * gone on with.
   */
  List<Path> stale(ObjectUri from, ObjectUri to, Path journal) throws IOException {
    List<Path> stale = new ArrayList<>();
    try (DirectoryStream<Path> all =
        Files.newDirectoryStream(directory, place(from, to) + "*" + SUFFIX)) {
      for (Path each : all) {
        if (!each.equals(journal)) {
          stale.add(each);
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return stale;
  }

  private static String place(ObjectUri from, ObjectUri to) {
    return hash(from + "\n" + to) + "-";
  }

  private static String hash(String what) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(what.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
