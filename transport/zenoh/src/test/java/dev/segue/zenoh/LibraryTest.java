package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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

  @Test
  void theLibraryIsOpenedFromAJarAndItsCopyIsDeleted() throws Exception {
    Path jar = folder.resolve("segue.jar");
    Path classes =
        Path.of(Native.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    try (java.util.jar.JarOutputStream out =
            new java.util.jar.JarOutputStream(Files.newOutputStream(jar));
        Stream<Path> files = Files.walk(classes)) {
      out.setLevel(0);
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        out.putNextEntry(
            new java.util.zip.ZipEntry(
                classes.relativize(file).toString().replace(File.separatorChar, '/')));
        Files.copy(file, out);
      }
    }
    String classPath =
        Arrays.stream(ChildJvm.classPath().split(File.pathSeparator))
            .map(entry -> Path.of(entry).equals(classes) ? jar.toString() : entry)
            .collect(Collectors.joining(File.pathSeparator));
    Path temporary = Files.createDirectories(folder.resolve("tmp"));
    try (ChildJvm child = load(classPath, "-Djava.io.tmpdir=" + temporary)) {
      child.line("opened");
      assertEquals(0, child.exitCode());
    }
    try (Stream<Path> left = Files.list(temporary)) {
      assertEquals(List.of(), left.filter(file -> file.toString().contains("segue")).toList());
    }
  }
}
