package dev.segue.cli.store;

import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.StoreSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;

/**
 * Where copies that can be resumed are noted: one small file for each, named after what is copied
 * where, in {@code $XDG_STATE_HOME/segue/copies} or {@code ~/.local/state/segue/copies}.
 *
 * <p>The version of the source is part of the name, so a copy goes on only with the same bytes.
 */
record Journals(Path directory) {
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
    Path _ = Files.createDirectories(directory);
    long partByteSize = StoreSettings.of(writing).putPartByteSize();
    String what =
        String.join("\n", from.toString(), info.etag(), to.toString(), Long.toString(partByteSize));
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(what.getBytes(StandardCharsets.UTF_8));
      return directory.resolve(HexFormat.of().formatHex(hash, 0, 16) + ".journal");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
