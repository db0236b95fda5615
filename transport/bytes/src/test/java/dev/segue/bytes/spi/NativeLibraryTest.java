package dev.segue.bytes.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where a library is looked for, and what is said where there is none. A library of the JDK. */
class NativeLibraryTest {
  private static final String ARTIFACT = "segue-probe";
  private static final String USER = "dev/segue/bytes/spi/NativeLibraryTest";

  @TempDir Path folder;
  private final Properties before = new Properties();
  private int jarCount;

  @BeforeEach
  void begin() {
    before.putAll(System.getProperties());
    System.setProperty("user.home", folder.toString());
  }

  @AfterEach
  void end() {
    System.setProperties(before);
  }

  private static Path libraryOfTheJdk() {
    return Path.of(System.getProperty("java.home"), "lib", System.mapLibraryName("jimage"));
  }

  /** A jar with one entry, of a version. */
  private Path jar(String name, String entry, byte[] content, @Nullable String version)
      throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    if (version != null) {
      manifest.getMainAttributes().put(Attributes.Name.IMPLEMENTATION_VERSION, version);
    }
    // A name of its own each: the JDK keeps what it read of a jar.
    Path jar = folder.resolve(++jarCount + name);
    try (OutputStream out = Files.newOutputStream(jar);
        JarOutputStream zip = new JarOutputStream(out, manifest)) {
      zip.putNextEntry(new ZipEntry(entry));
      zip.write(content);
      zip.closeEntry();
    }
    return jar;
  }

  private Path user(@Nullable String version) throws IOException {
    try (var in = NativeLibraryTest.class.getResourceAsStream("/" + USER + ".class")) {
      assert in != null;
      return jar("user.jar", USER + ".class", in.readAllBytes(), version);
    }
  }

  private Path library(@Nullable String version) throws IOException {
    return jar(
        "library.jar",
        NativeLibrary.resource(ARTIFACT),
        Files.readAllBytes(libraryOfTheJdk()),
        version);
  }

  private static void open(Path... classPath) throws IOException, ReflectiveOperationException {
    URL[] urls =
        Stream.of(classPath)
            .map(
                path -> {
                  try {
                    return path.toUri().toURL();
                  } catch (MalformedURLException e) {
                    throw new AssertionError(e);
                  }
                })
            .toArray(URL[]::new);
    try (URLClassLoader loader = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader())) {
      Class<?> user = Class.forName(USER.replace('/', '.'), false, loader);
      assertTrue(NativeLibrary.open(ARTIFACT, user).find("JIMAGE_Open").isPresent());
    }
  }

  private static String refusal(Path... classPath) {
    UnsatisfiedLinkError refused = assertThrows(UnsatisfiedLinkError.class, () -> open(classPath));
    return String.valueOf(refused.getMessage());
  }

  @Test
  void itIsUnpackedFromAJarIntoTheCache() throws Exception {
    assumeTrue(System.getenv("XDG_CACHE_HOME") == null, "the cache is where the user wants it");
    open(user(null), library(null));
    try (Stream<Path> files = Files.list(folder.resolve(".cache/segue/library"))) {
      assertTrue(
          files.allMatch(file -> file.toString().endsWith(System.mapLibraryName("segue_probe"))));
    }
  }

  @Test
  void itIsOpenedWhereItIsInAFolder() throws Exception {
    Path file = folder.resolve("classes").resolve(NativeLibrary.resource(ARTIFACT));
    Files.createDirectories(file.getParent());
    Files.copy(libraryOfTheJdk(), file);
    open(user("1"), folder.resolve("classes"));
    assertTrue(Files.notExists(folder.resolve(".cache")));
  }

  @Test
  void onlyALibraryOfTheSameVersionIsOpened() throws Exception {
    open(user("1.2"), library("1.2"));
    open(user("1.2"), library(null));
    open(user(null), library("1.3"));
    String said = refusal(user("1.2"), library("1.3"));
    assertTrue(said.contains("has version=1.3"), said);
    assertTrue(said.contains("segue-probe has version=1.2"), said);
  }

  @Test
  void onePropertyNamesAnother() throws Exception {
    System.setProperty("segue.probe.library", libraryOfTheJdk().toString());
    open(user(null));
    System.setProperty("segue.probe.library", folder.resolve("none.so").toString());
    String none = refusal(user(null), library(null));
    assertTrue(none.contains("none.so can't be opened: "), none);
    Files.write(folder.resolve("none.so"), new byte[10]);
    String damaged = refusal(user(null), library(null));
    assertTrue(damaged.contains("can't be opened") && damaged.contains("file too short"), damaged);
  }

  @Test
  void aMissingLibrarySaysWhichDependencyToAdd() throws Exception {
    System.setProperty("os.arch", "amd64");
    String missing = refusal(user(null));
    assertTrue(
        missing.contains("add the dependency dev.segue:segue-probe-native-linux-x86_64"), missing);
    assertTrue(missing.endsWith("-Dsegue.probe.library=PATH"), missing);
    System.setProperty("os.arch", "riscv64");
    String other = refusal(user(null));
    assertTrue(other.contains("artifacts for linux-x86_64 and linux-aarch64"), other);
    UnsatisfiedLinkError ofJdk =
        assertThrows(UnsatisfiedLinkError.class, () -> NativeLibrary.open(ARTIFACT, String.class));
    assertTrue(String.valueOf(ofJdk.getMessage()).contains("is not on the class path"));
  }

  @Test
  void platformsHaveTheNamesOfArtifacts() {
    System.setProperty("os.arch", "amd64");
    assertEquals("linux-x86_64", NativeLibrary.platform());
    System.setProperty("os.arch", "aarch64");
    assertEquals("linux-aarch64", NativeLibrary.platform());
    System.setProperty("os.name", "Mac OS X");
    assertEquals("macos-aarch64", NativeLibrary.platform());
    System.setProperty("os.name", "Windows 11");
    assertEquals("windows-aarch64", NativeLibrary.platform());
    assertEquals(
        "META-INF/native/windows-aarch64/" + System.mapLibraryName("segue_probe"),
        NativeLibrary.resource(ARTIFACT));
  }
}
