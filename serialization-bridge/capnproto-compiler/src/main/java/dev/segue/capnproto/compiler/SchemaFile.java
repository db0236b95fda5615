package dev.segue.capnproto.compiler;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A file of a schema.
 *
 * @param identity equal for equal files, whichever way they were reached
 * @param root the directory that the name starts from; {@code null} for a file without siblings
 * @param name the path from the root, with slashes
 * @param importPath where imports that begin with a slash are looked for, in this order
 * @param lookedAt where every path that was looked at is noted, as {@link CompiledSchemas#lookedAt}
 *     returns it
 */
record SchemaFile(
    Object identity,
    @Nullable Path root,
    String name,
    Bytes text,
    List<Path> importPath,
    Map<Path, String> lookedAt) {
  private static final int MAX_BYTE_SIZE = 64 << 20;

  /** A file that can't be read, or isn't there. */
  static final class UnreadableException extends Exception {
    private static final long serialVersionUID = 1;

    UnreadableException(String message) {
      super(message);
    }
  }

  /** Reads a file below a directory. */
  static SchemaFile read(Path root, String name, List<Path> importPath, Map<Path, String> lookedAt)
      throws UnreadableException {
    SchemaFile found = find(root, name, importPath, lookedAt);
    if (found == null) {
      throw new UnreadableException("no such file: " + root.resolve(name));
    }
    return found;
  }

  private static @Nullable SchemaFile find(
      Path root, String name, List<Path> importPath, Map<Path, String> lookedAt)
      throws UnreadableException {
    Path path;
    try {
      path = root.resolve(name);
    } catch (InvalidPathException e) {
      throw new UnreadableException("not a path: " + name);
    }
    if (!Files.isRegularFile(path)) {
      lookedAt.putIfAbsent(path, CompiledSchemas.NO_FILE);
      return null;
    }
    try {
      long byteSize = Files.size(path);
      if (byteSize > MAX_BYTE_SIZE) {
        throw new UnreadableException(
            path + " is too large: byteSize=" + byteSize + " limit=" + MAX_BYTE_SIZE);
      }
      byte[] text = Files.readAllBytes(path);
      if (!lookedAt.containsKey(path)) {
        lookedAt.put(path, digest(text));
      }
      return new SchemaFile(path.toRealPath(), root, name, new Bytes(text), importPath, lookedAt);
    } catch (IOException e) {
      throw new UnreadableException(path + " can't be read: " + e);
    }
  }

  private static String digest(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** Finds what is imported or embedded from here. */
  SchemaFile resolve(String path) throws UnreadableException {
    if (path.startsWith("/")) {
      return search(path);
    }
    int slash = name.lastIndexOf('/');
    String target = normalize(slash < 0 ? path : name.substring(0, slash + 1) + path, true);
    if (root == null) {
      throw new UnreadableException("no files lie beside " + name);
    }
    SchemaFile found = find(root, target, importPath, lookedAt);
    if (found == null) {
      throw new UnreadableException("no such file: " + root.resolve(target));
    }
    return found;
  }

  private SchemaFile search(String path) throws UnreadableException {
    String target = normalize(path.substring(1), false);
    for (Path directory : importPath) {
      SchemaFile found = find(directory, target, importPath, lookedAt);
      if (found != null) {
        return found;
      }
    }
    if (target.startsWith("capnp/")) {
      try (InputStream resource = SchemaFile.class.getResourceAsStream(target)) {
        if (resource != null) {
          return new SchemaFile(
              target, null, target, new Bytes(resource.readAllBytes()), importPath, lookedAt);
        }
      } catch (IOException e) {
        throw new UnreadableException(path + " can't be read: " + e);
      }
    }
    throw new UnreadableException(path + " isn't on the import path: " + importPath);
  }

  /**
   * Returns a path without detours; {@code mayClimb} lets it begin with {@code ../}, out of the
   * directory that names start from.
   */
  private static String normalize(String path, boolean mayClimb) throws UnreadableException {
    Deque<String> parts = new ArrayDeque<>();
    for (String part : path.split("/", -1)) {
      if (part.equals("..")) {
        if (!parts.isEmpty() && !parts.getLast().equals("..")) {
          parts.removeLast();
        } else if (mayClimb) {
          parts.add(part);
        } else {
          throw new UnreadableException(path + " leads out of the import path");
        }
      } else if (!part.isEmpty() && !part.equals(".")) {
        parts.add(part);
      }
    }
    if (parts.isEmpty()) {
      throw new UnreadableException("not the name of a file: '" + path + "'");
    }
    return String.join("/", parts);
  }
}
