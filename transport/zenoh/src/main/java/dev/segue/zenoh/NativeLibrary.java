package dev.segue.zenoh;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;

/** Finds the library for this platform on the class path and opens it, once. */
final class NativeLibrary {
  private NativeLibrary() {}

  /**
   * The library's symbols.
   *
   * @throws UnsatisfiedLinkError if there is none for this platform, or it can't be opened
   */
  @SuppressWarnings("restricted") // the one place that loads the library
  static SymbolLookup open() {
    String resource = "native/" + platform() + "/" + System.mapLibraryName("segue_zenoh");
    URL url = NativeLibrary.class.getResource(resource);
    if (url == null) {
      throw new UnsatisfiedLinkError(
          "the native library of segue-zenoh for platform="
              + platform()
              + " is not on the class path (looked for dev/segue/zenoh/"
              + resource
              + "); build transport/zenoh on this platform, or use a jar that was");
    }
    Path file = null;
    try {
      file = "file".equals(url.getProtocol()) ? Path.of(url.toURI()) : extract(url);
      return SymbolLookup.libraryLookup(file, Arena.global());
    } catch (IllegalArgumentException | IOException | URISyntaxException e) {
      UnsatisfiedLinkError error =
          new UnsatisfiedLinkError(
              "the native library of segue-zenoh at "
                  + (file == null ? url : file)
                  + " can't be opened: "
                  + e.getMessage());
      error.initCause(e);
      throw error;
    }
  }

  /** {@code linux-x86_64} and the like: what the build names the library's folder. */
  static String platform() {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String name = os.startsWith("mac") ? "macos" : os.startsWith("windows") ? "windows" : "linux";
    String arch = System.getProperty("os.arch");
    return name + "-" + (arch.equals("amd64") ? "x86_64" : arch);
  }

  private static Path extract(URL url) throws IOException {
    Path folder = Files.createTempDirectory("segue-zenoh");
    Path file = folder.resolve(System.mapLibraryName("segue_zenoh"));
    try (InputStream in = url.openStream()) {
      Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
    }
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  try {
                    Files.deleteIfExists(file);
                    Files.deleteIfExists(folder);
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                }));
    return file;
  }
}
