package dev.segue.iceoryx2;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;

/**
 * Finds the library for this platform and opens it, once: the one that the system property {@value
 * #PROPERTY} names, or the one on the class path. From a jar it is unpacked into a temporary file
 * that only this user can read, opened, and unlinked before anything else happens.
 */
final class NativeLibrary {
  static final String PROPERTY = "segue.iceoryx2.library";

  private NativeLibrary() {}

  /**
   * The library's symbols.
   *
   * @throws UnsatisfiedLinkError if there is none for this platform, or it can't be opened
   */
  static SymbolLookup open() {
    String own = System.getProperty(PROPERTY);
    if (own != null) {
      return openAt(Path.of(own).toAbsolutePath(), own);
    }
    String resource = "native/" + platform() + "/" + System.mapLibraryName("segue_iceoryx2");
    URL url = NativeLibrary.class.getResource(resource);
    if (url == null) {
      throw new UnsatisfiedLinkError(
          "the native library of segue-iceoryx2 for platform="
              + platform()
              + " is not on the class path (looked for dev/segue/iceoryx2/"
              + resource
              + "); build transport/iceoryx2 on this platform, use a jar that was, or name a"
              + " library with -D"
              + PROPERTY);
    }
    try {
      return "file".equals(url.getProtocol())
          ? openAt(Path.of(url.toURI()), url)
          : openUnpacked(url);
    } catch (IOException | URISyntaxException e) {
      throw unopened(url, e);
    }
  }

  private static SymbolLookup openUnpacked(URL url) throws IOException {
    Path file = Files.createTempFile("segue-iceoryx2-", ".so");
    try {
      try (InputStream packed = url.openStream()) {
        Files.copy(packed, file, StandardCopyOption.REPLACE_EXISTING);
      }
      return openAt(file, url);
    } finally {
      Files.delete(file);
    }
  }

  @SuppressWarnings("restricted") // the one place that loads the library
  private static SymbolLookup openAt(Path file, Object named) {
    try {
      return SymbolLookup.libraryLookup(file, Arena.global());
    } catch (IllegalArgumentException e) {
      throw unopened(named, e);
    }
  }

  private static UnsatisfiedLinkError unopened(Object named, Throwable cause) {
    UnsatisfiedLinkError error =
        new UnsatisfiedLinkError(
            "the native library of segue-iceoryx2 at "
                + named
                + " can't be opened: "
                + cause.getMessage());
    error.initCause(cause);
    return error;
  }

  /** {@code linux-x86_64} and the like: what the build names the library's folder. */
  static String platform() {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String name = os.startsWith("mac") ? "macos" : os.startsWith("windows") ? "windows" : "linux";
    String arch = System.getProperty("os.arch");
    return name + "-" + (arch.equals("amd64") ? "x86_64" : arch);
  }
}
