package dev.segue.bytes.spi;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.SymbolLookup;
import java.net.URL;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Unpacks a library once per content, into the user's cache ({@code $XDG_CACHE_HOME}, else {@code
 * ~/.cache}), and lets every later process open it there.
 *
 * <p>It appears by a rename when it is on the disk, so whole or not at all; one that was cut off is
 * unpacked again. A folder or file that somebody else could have written is not used: the library
 * is then unpacked into a temporary folder, opened, and unlinked before anything else happens. What
 * no process opened for a month is removed by the next one that unpacks.
 */
final class LibraryCache {
  private static final Duration UNUSED = Duration.ofDays(30);
  private static final Duration ABANDONED = Duration.ofHours(1);
  private static final String PARTIAL = ".partial";

  private LibraryCache() {}

  /** Opens the library at {@code url} from the cache, or unpacked for this process alone. */
  static SymbolLookup open(URL url, String name, Function<Path, SymbolLookup> opener)
      throws IOException {
    Path cached;
    try {
      cached = cached(url, name);
    } catch (IOException | UnsupportedOperationException | SecurityException _) {
      return openUnlinked(
          url, name, opener); // no home, a full disk, a folder that is somebody else's
    }
    return opener.apply(cached);
  }

  private static Path cached(URL url, String name) throws IOException {
    Path folder = folder();
    Files.createDirectories(folder.getParent());
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      createPrivate(folder);
    }
    Path own = Files.createTempFile(folder, "own", PARTIAL);
    try {
      checkOurs(folder, own);
      Content content = Content.of(url);
      Path file = folder.resolve(content.sha256() + "-" + name);
      if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
        checkOurs(file, own);
        if (Files.size(file) == content.byteSize()) {
          Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
          return file;
        }
        // Something cut it off; a process that opens it so ends with a signal.
      }
      try (InputStream in = url.openStream();
          FileChannel out = FileChannel.open(own, StandardOpenOption.WRITE)) {
        in.transferTo(Channels.newOutputStream(out));
        // Before the rename, which may reach the disk first.
        out.force(true);
      }
      Files.move(own, file, StandardCopyOption.ATOMIC_MOVE);
      removeUnused(folder, file);
      return file;
    } finally {
      Files.deleteIfExists(own);
    }
  }

  private static Path folder() throws IOException {
    String cache = System.getenv("XDG_CACHE_HOME");
    Path base =
        cache == null || cache.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(cache);
    if (!base.isAbsolute()) {
      throw new IOException("the cache folder " + base + " is not absolute");
    }
    return base.resolve("segue").resolve("library");
  }

  private static void createPrivate(Path folder) throws IOException {
    try {
      Files.createDirectory(
          folder,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    } catch (FileAlreadyExistsException _) {
      // Another process was faster; whose it is, is checked.
    }
  }

  /** Whoever can write it can run code in this process. */
  private static void checkOurs(Path path, Path own) throws IOException {
    Set<PosixFilePermission> permissions =
        Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS);
    boolean isOurs =
        Files.getOwner(path, LinkOption.NOFOLLOW_LINKS).equals(Files.getOwner(own))
            && !Files.isSymbolicLink(path)
            && !permissions.contains(PosixFilePermission.GROUP_WRITE)
            && !permissions.contains(PosixFilePermission.OTHERS_WRITE);
    if (!isOurs) {
      throw new IOException(path + " may have been written by another user");
    }
  }

  /** The expected content of the file. */
  private record Content(String sha256, long byteSize) {
    static Content of(URL url) throws IOException {
      MessageDigest digest;
      try {
        digest = MessageDigest.getInstance("SHA-256");
      } catch (NoSuchAlgorithmException e) {
        throw new IOException(e);
      }
      try (InputStream in = new DigestInputStream(url.openStream(), digest)) {
        long byteSize = in.transferTo(OutputStream.nullOutputStream());
        return new Content(HexFormat.of().formatHex(digest.digest()), byteSize);
      }
    }
  }

  private static void removeUnused(Path folder, Path used) {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Duration limit = file.toString().endsWith(PARTIAL) ? ABANDONED : UNUSED;
        Instant modified = Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS).toInstant();
        if (!file.equals(used) && modified.isBefore(Instant.now().minus(limit))) {
          Files.deleteIfExists(file);
        }
      }
    } catch (IOException | UncheckedIOException _) {
      // Another process removes as well; what stays is removed the next time.
    }
  }

  private static SymbolLookup openUnlinked(
      URL url, String name, Function<Path, SymbolLookup> opener) throws IOException {
    Path folder = Files.createTempDirectory("segue-library");
    Path file = folder.resolve(name);
    try {
      try (InputStream in = url.openStream()) {
        Files.copy(in, file);
      }
      return opener.apply(file);
    } finally {
      Files.deleteIfExists(file);
      Files.deleteIfExists(folder);
    }
  }
}
