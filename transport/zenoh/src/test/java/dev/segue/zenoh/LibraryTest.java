package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.segue.bytes.spi.NativeLibrary;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * One clear error where the native library is missing, of another platform, or of another build.
 */
class LibraryTest {
  private static final String ARTIFACT = "segue-zenoh";
  private static final String LIBRARY = NativeLibrary.resource(ARTIFACT);

  @TempDir Path folder;

  /** The library that this build made. */
  private static URL built() {
    return Objects.requireNonNull(LibraryTest.class.getClassLoader().getResource(LIBRARY));
  }

  /** The folder on the class path that has the library, or the jar after it was packaged. */
  private static Path nativeArtifact() throws IOException, URISyntaxException {
    URL library = built();
    return library.openConnection() instanceof JarURLConnection jar
        ? Path.of(jar.getJarFileURL().toURI())
        : Path.of(library.toURI())
            .resolve("../".repeat(Path.of(LIBRARY).getNameCount()))
            .normalize();
  }

  private static Path classes() throws URISyntaxException {
    return Path.of(Native.class.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  private static String classPathWith(Path replacement, Path replaced) {
    return classPathWith(ChildJvm.classPath(), replacement, replaced);
  }

  private static String classPathWith(String classPath, Path replacement, Path replaced) {
    return Arrays.stream(classPath.split(File.pathSeparator))
        .map(entry -> Path.of(entry).equals(replaced) ? replacement.toString() : entry)
        .collect(Collectors.joining(File.pathSeparator));
  }

  /** The class path with a folder in place of the artifact that has the library. */
  private String classPathWithout() throws IOException, URISyntaxException {
    return classPathWith(folder.resolve("other"), nativeArtifact());
  }

  private void putLibrary(byte[] content) throws IOException {
    Path file = folder.resolve("other").resolve(LIBRARY);
    Files.createDirectories(file.getParent());
    Files.write(file, content);
  }

  private static ChildJvm load(String classPath, String... options) throws IOException {
    return ChildJvm.start(List.of(options), classPath, Map.of(), "load");
  }

  @Test
  void aMissingLibrarySaysWhichDependencyToAdd() throws Exception {
    try (ChildJvm child = load(classPathWithout())) {
      String error = child.line("error");
      assertTrue(error.startsWith("java.lang.UnsatisfiedLinkError"), error);
      assertTrue(
          error.contains("is not on the class path or module path: add the dependency dev.segue:")
              && error.contains("segue-zenoh-native-" + NativeLibrary.platform() + ",")
              && error.contains("-Dsegue.zenoh.library=PATH"),
          error);
      assertTrue(child.line("error").startsWith("java.lang.NoClassDefFoundError"));
      assertTrue(child.line("cause").contains("not on the class path"));
      assertEquals(0, child.exitCode());
    }
  }

  @Test
  void anotherPlatformIsNamed() throws Exception {
    try (ChildJvm child = load(ChildJvm.classPath(), "-Dos.arch=pdp11")) {
      String error = child.line("error");
      assertTrue(error.startsWith("java.lang.UnsatisfiedLinkError"), error);
      assertTrue(error.contains("-pdp11 is not on the class path"), error);
      assertTrue(error.contains("there are artifacts for linux-x86_64 and linux-aarch64"), error);
    }
  }

  @Test
  void aFileThatIsNoLibraryCannotBeOpened() throws Exception {
    String classPath = classPathWithout();
    putLibrary("no library".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    try (ChildJvm child = load(classPath)) {
      String error = child.line("error");
      assertTrue(error.startsWith("java.lang.UnsatisfiedLinkError"), error);
      // What the system's loader said.
      assertTrue(error.contains("can't be opened") && error.contains("file too short"), error);
    }
  }

  @Test
  void aLibraryOfAnotherBuildIsRefusedWithBothVersions() throws Exception {
    Path source =
        Files.writeString(folder.resolve("other.c"), "int segue_abi_version() { return 9999; }");
    Path library = folder.resolve("other.so");
    int exit;
    try {
      exit =
          new ProcessBuilder("cc", "-shared", "-fPIC", "-o", library.toString(), source.toString())
              .start()
              .waitFor();
    } catch (IOException e) {
      exit = -1;
    }
    assumeTrue(exit == 0, "no C compiler");
    String classPath = classPathWithout();
    putLibrary(Files.readAllBytes(library));
    try (ChildJvm child = load(classPath)) {
      String error = child.line("error");
      assertTrue(error.startsWith("java.lang.UnsatisfiedLinkError"), error);
      assertTrue(error.contains("abiVersion=9999") && error.contains("of one build"), error);
    }
  }

  private Path jar(String name, Path classes, String version) throws IOException {
    if (Files.isDirectory(classes)) {
      return jarOf(name, classes, version);
    }
    try (FileSystem packaged = FileSystems.newFileSystem(classes)) {
      return jarOf(name, packaged.getPath("/"), version);
    }
  }

  private Path jarOf(String name, Path root, String version) throws IOException {
    Path jar = folder.resolve(name);
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.IMPLEMENTATION_VERSION, version);
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest);
        Stream<Path> files = Files.walk(root)) {
      out.setLevel(0);
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String entry = root.relativize(file).toString().replace(File.separatorChar, '/');
        if (!entry.equals(JarFile.MANIFEST_NAME)) {
          out.putNextEntry(new ZipEntry(entry));
          Files.copy(file, out);
        }
      }
    }
    return jar;
  }

  /** The class path with the artifact that has the library as a jar. */
  private String classPathWithJar() throws IOException, URISyntaxException {
    return classPathWith(jar("native.jar", nativeArtifact(), "1"), nativeArtifact());
  }

  @Test
  void aLibraryOfAnotherVersionIsRefused() throws Exception {
    String classPath = classPathWith(jar("zenoh.jar", classes(), "2"), classes());
    Path same = jar("same.jar", nativeArtifact(), "2");
    try (ChildJvm child = load(classPathWith(classPath, same, nativeArtifact()))) {
      child.line("opened");
    }
    Path other = jar("other.jar", nativeArtifact(), "1");
    try (ChildJvm child = load(classPathWith(classPath, other, nativeArtifact()))) {
      String error = child.line("error");
      assertTrue(error.startsWith("java.lang.UnsatisfiedLinkError"), error);
      assertTrue(
          error.contains("has version=1, and segue-zenoh has version=2: use one version of both"),
          error);
    }
  }

  private void loadAndHalt(String classPath, Path cache) throws Exception {
    Path temporary = Files.createDirectories(folder.resolve("tmp"));
    try (ChildJvm child =
        ChildJvm.start(
            List.of("-Djava.io.tmpdir=" + temporary),
            classPath,
            Map.of("XDG_CACHE_HOME", cache.toString()),
            "load",
            "halt")) {
      child.line("opened");
      assertEquals(9, child.exitCode());
    }
    assertEquals(List.of(), namesIn(temporary));
  }

  private static List<String> namesIn(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> !name.startsWith("hsperfdata"))
          .toList();
    }
  }

  @Test
  void theLibraryOfAJarIsUnpackedOnceAndAProcessThatHaltsLeavesNothingBehind() throws Exception {
    String classPath = classPathWithJar();
    Path cache = Files.createDirectories(folder.resolve("cache"));
    loadAndHalt(classPath, cache);
    Path library = cache.resolve("segue/library");
    List<String> unpacked = namesIn(library);
    assertEquals(1, unpacked.size(), unpacked::toString);
    assertEquals(
        "rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(library)));
    Object firstFile = Files.getAttribute(library.resolve(unpacked.getFirst()), "unix:ino");
    loadAndHalt(classPath, cache);
    assertEquals(unpacked, namesIn(library));
    assertEquals(firstFile, Files.getAttribute(library.resolve(unpacked.getFirst()), "unix:ino"));
  }

  @Test
  void whatNoProcessOpenedForAMonthIsRemovedByTheNextThatUnpacks() throws Exception {
    Path cache = folder.resolve("cache");
    Path library = Files.createDirectories(cache.resolve("segue/library"));
    Files.setPosixFilePermissions(library, PosixFilePermissions.fromString("rwx------"));
    Path old = Files.writeString(library.resolve("old"), "");
    Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofDays(31))));
    Path recent = Files.writeString(library.resolve("recent"), "");
    loadAndHalt(classPathWithJar(), cache);
    assertFalse(Files.exists(old));
    assertTrue(Files.exists(recent));
  }

  @ParameterizedTest
  @ValueSource(strings = {"folder", "file", "noFolder"})
  void aCacheThatOthersCouldHaveWrittenIsNotUsed(String kind) throws Exception {
    String classPath = classPathWithJar();
    Path cache = Files.createDirectories(folder.resolve("cache"));
    loadAndHalt(classPath, cache);
    Path library = cache.resolve("segue/library");
    Path file = library.resolve(namesIn(library).getFirst());
    Files.writeString(file, "planted");
    switch (kind) {
      case "folder" ->
          Files.setPosixFilePermissions(library, PosixFilePermissions.fromString("rwxrwxrwx"));
      case "file" ->
          Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
      default -> cache = Files.writeString(folder.resolve("no"), "no folder");
    }
    loadAndHalt(classPath, cache);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 9_000_000})
  void aLibraryThatWasCutOffIsUnpackedAgain(long byteSize) throws Exception {
    String classPath = classPathWithJar();
    Path cache = Files.createDirectories(folder.resolve("cache"));
    loadAndHalt(classPath, cache);
    Path library = cache.resolve("segue/library");
    Path file = library.resolve(namesIn(library).getFirst());
    long whole = Files.size(file);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(byteSize);
    }
    loadAndHalt(classPath, cache);
    assertEquals(whole, Files.size(file));
    assertEquals(List.of(file.getFileName().toString()), namesIn(library));
  }

  @Test
  void aSecondClassLoaderOfAProcessIsRefused() throws Exception {
    try (ChildJvm child = ChildJvm.start("loaders")) {
      assertEquals("a/b", child.line("loaded"));
      String error = child.line("refused");
      assertTrue(error.startsWith("java.lang.UnsatisfiedLinkError"), error);
      assertTrue(error.contains("another class loader"), error);
      assertEquals(0, child.exitCode());
    }
  }

  @Test
  void aLibraryOfOnesOwnIsNamedByAProperty() throws Exception {
    Path own = folder.resolve("own.so");
    try (InputStream library = built().openStream()) {
      Files.copy(library, own);
    }
    String property = "-D" + NativeLibrary.property(ARTIFACT) + "=";
    try (ChildJvm child = load(classPathWithout(), property + own)) {
      child.line("opened");
    }
    try (ChildJvm child = load(ChildJvm.classPath(), property + folder.resolve("none.so"))) {
      String error = child.line("error");
      assertTrue(error.contains("none.so can't be opened"), error);
    }
  }
}
