package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.channels.FileChannel;
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
import java.util.jar.JarOutputStream;
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
  private static final String LIBRARY =
      "dev/segue/zenoh/native/"
          + NativeLibrary.platform()
          + "/"
          + System.mapLibraryName("segue_zenoh");

  @TempDir Path folder;

  /** The class path with the classes of this module copied, the library left out. */
  private String classPathWithout() throws IOException, URISyntaxException {
    Path classes =
        Path.of(Native.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    Path copy = Files.createDirectories(folder.resolve("classes"));
    try (Stream<Path> files = Files.walk(classes.resolve("dev/segue"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".class")).toList()) {
        Path target = copy.resolve(classes.relativize(file).toString());
        Files.createDirectories(target.getParent());
        Files.copy(file, target);
      }
    }
    return Arrays.stream(ChildJvm.classPath().split(File.pathSeparator))
        .map(entry -> Path.of(entry).equals(classes) ? copy.toString() : entry)
        .collect(Collectors.joining(File.pathSeparator));
  }

  private void putLibrary(byte[] content) throws IOException {
    Path file = folder.resolve("classes").resolve(LIBRARY);
    Files.createDirectories(file.getParent());
    Files.write(file, content);
  }

  private static ChildJvm load(String classPath, String... options) throws IOException {
    return ChildJvm.start(List.of(options), classPath, Map.of(), "load");
  }

  @Test
  void aMissingLibrarySaysWhereItWasLookedFor() throws Exception {
    try (ChildJvm child = load(classPathWithout())) {
      String error = child.line("error");
      assertTrue(error.startsWith("java.lang.UnsatisfiedLinkError"), error);
      assertTrue(error.contains("not on the class path") && error.contains(LIBRARY), error);
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
    }
  }

  @Test
  void aFileThatIsNoLibraryCannotBeOpened() throws Exception {
    String classPath = classPathWithout();
    putLibrary("no library".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    try (ChildJvm child = load(classPath)) {
      String error = child.line("error");
      assertTrue(error.startsWith("java.lang.UnsatisfiedLinkError"), error);
      assertTrue(error.contains("can't be opened"), error);
    }
  }

  @Test
  void aLibraryOfAnotherBuildIsRefusedWithBothVersions() throws Exception {
    Path source =
        Files.writeString(folder.resolve("other.c"), "int segue_abi_version() { return 9999; }");
    Path library = folder.resolve("other");
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

  /** The class path with this module as a jar. */
  private String classPathWithJar() throws IOException, URISyntaxException {
    Path jar = folder.resolve("segue.jar");
    Path classes =
        Path.of(Native.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar));
        Stream<Path> files = Files.walk(classes)) {
      out.setLevel(0);
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        out.putNextEntry(
            new ZipEntry(classes.relativize(file).toString().replace(File.separatorChar, '/')));
        Files.copy(file, out);
      }
    }
    return Arrays.stream(ChildJvm.classPath().split(File.pathSeparator))
        .map(entry -> Path.of(entry).equals(classes) ? jar.toString() : entry)
        .collect(Collectors.joining(File.pathSeparator));
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
    Path classes =
        Path.of(Native.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    Files.copy(classes.resolve(LIBRARY), own);
    String property = "-D" + NativeLibrary.PROPERTY + "=";
    try (ChildJvm child = load(classPathWithout(), property + own)) {
      child.line("opened");
    }
    try (ChildJvm child = load(ChildJvm.classPath(), property + folder.resolve("none.so"))) {
      String error = child.line("error");
      assertTrue(error.contains("none.so can't be opened"), error);
    }
  }
}
