package dev.segue.bytes.spi;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import org.jspecify.annotations.Nullable;

/**
 * Finds and opens the native library of an artifact: the one that a system property names, or the
 * one of this platform on the class path or module path.
 *
 * <p>The libraries are in artifacts of their own, one per platform: {@code
 * segue-zenoh-native-linux-x86_64} has {@code META-INF/native/linux-x86_64/libsegue_zenoh.so}. From
 * a jar it is unpacked into {@link LibraryCache}.
 */
public final class NativeLibrary {
  /** The platforms that have artifacts. */
  private static final List<String> PLATFORMS = List.of("linux-x86_64", "linux-aarch64");

  private final String artifact;
  private final Class<?> user;

  private NativeLibrary(String artifact, Class<?> user) {
    this.artifact = artifact;
    this.user = user;
  }

  /**
   * Opens the library for this platform.
   *
   * @param artifact the artifact whose library it is: {@code "segue-zenoh"}
   * @param user the class that calls it, whose class loader finds the artifact with the library
   * @throws UnsatisfiedLinkError if there is none for this platform, it is of another version than
   *     its user, or it can't be opened
   */
  public static SymbolLookup open(String artifact, Class<?> user) {
    return new NativeLibrary(artifact, user).open();
  }

  /** The system property that names a library to take instead. */
  public static String property(String artifact) {
    return artifact.replace('-', '.') + ".library";
  }

  /** Returns where the library is on the class path or module path. */
  public static String resource(String artifact) {
    return "META-INF/native/" + platform() + "/" + fileName(artifact);
  }

  /** {@code linux-x86_64} and the like: the end of the artifact's name. */
  public static String platform() {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String name = os.startsWith("mac") ? "macos" : os.startsWith("windows") ? "windows" : "linux";
    String arch = System.getProperty("os.arch");
    return name + "-" + (arch.equals("amd64") ? "x86_64" : arch);
  }

  private static String fileName(String artifact) {
    return System.mapLibraryName(artifact.replace('-', '_'));
  }

  private SymbolLookup open() {
    String own = System.getProperty(property(artifact));
    if (own != null) {
      return openAt(Path.of(own).toAbsolutePath(), own);
    }
    // Not by a class, which finds what is in its own module alone.
    ClassLoader loader = user.getClassLoader();
    URL url =
        loader == null
            ? ClassLoader.getSystemResource(resource(artifact))
            : loader.getResource(resource(artifact));
    if (url == null) {
      throw missing();
    }
    try {
      checkVersion(url);
      return "file".equals(url.getProtocol())
          ? openAt(Path.of(url.toURI()), url)
          : LibraryCache.open(url, fileName(artifact), file -> openAt(file, file));
    } catch (IOException | URISyntaxException e) {
      throw unopened(url, e.getMessage(), e);
    }
  }

  private UnsatisfiedLinkError missing() {
    String platform = platform();
    String remedy =
        PLATFORMS.contains(platform)
            ? "add the dependency dev.segue:"
                + artifact
                + "-native-"
                + platform
                + ", of the version of "
                + artifact
                + ", or name a library with -D"
            : "there are artifacts for "
                + String.join(" and ", PLATFORMS)
                + "; elsewhere, build the library and name it with -D";
    return new UnsatisfiedLinkError(
        "the native library of "
            + artifact
            + " for platform="
            + platform
            + " is not on the class path or module path: "
            + remedy
            + property(artifact)
            + "=PATH");
  }

  /** Refuses a library of another version: its functions may take other arguments. */
  private void checkVersion(URL url) throws IOException {
    String found = version(url);
    String wanted = version(user.getResource(user.getSimpleName() + ".class"));
    if (found != null && wanted != null && !found.equals(wanted)) {
      throw new UnsatisfiedLinkError(
          "the native library of "
              + artifact
              + " at "
              + url
              + " has version="
              + found
              + ", and "
              + artifact
              + " has version="
              + wanted
              + ": use one version of both (segue-bom has it)");
    }
  }

  /** Returns the version of the jar that has a resource; null for a folder of a build. */
  private static @Nullable String version(@Nullable URL url) throws IOException {
    if (url == null || !(url.openConnection() instanceof JarURLConnection jar)) {
      return null;
    }
    jar.setUseCaches(false);
    try (JarFile file = jar.getJarFile()) {
      Manifest manifest = file.getManifest();
      return manifest == null
          ? null
          : manifest.getMainAttributes().getValue(Attributes.Name.IMPLEMENTATION_VERSION);
    }
  }

  @SuppressWarnings("restricted") // the one place that loads libraries
  private SymbolLookup openAt(Path file, Object named) {
    try {
      return SymbolLookup.libraryLookup(file, Arena.global());
    } catch (IllegalArgumentException e) {
      throw unopened(named, reason(file, e), e);
    }
  }

  /**
   * Returns the message of the system's loader, such as the version of the C library that is
   * missing.
   */
  @SuppressWarnings("restricted") // likewise
  private static @Nullable String reason(Path file, IllegalArgumentException e) {
    try {
      System.load(file.toString());
    } catch (UnsatisfiedLinkError said) {
      return said.getMessage();
    }
    return e.getMessage();
  }

  private UnsatisfiedLinkError unopened(Object named, @Nullable String reason, Throwable cause) {
    UnsatisfiedLinkError error =
        new UnsatisfiedLinkError(
            "the native library of " + artifact + " at " + named + " can't be opened: " + reason);
    error.initCause(cause);
    return error;
  }
}
