package dev.segue.bytes.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.testkit.ChildProcess;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Files that a process was started with, and those that it opened itself. */
@EnabledOnOs(OS.LINUX)
class OpenFilesTest {
  @TempDir private Path directory;

  /** What the other process does: tells of the names that it is given, and of its own files. */
  static final class Program {
    private Program() {}

    private static Path numberOf(Path file) throws IOException {
      try (DirectoryStream<Path> links =
          Files.newDirectoryStream(Path.of("/proc/self/fd"), link -> leadsTo(link, file))) {
        return links.iterator().next();
      }
    }

    private static boolean leadsTo(Path link, Path file) throws IOException {
      return Files.exists(link) && Files.isSameFile(link, file);
    }

    public static void main(String[] arguments) throws Exception {
      OpenFiles.noteInherited();
      for (String name : arguments) {
        System.out.println(name + " " + OpenFiles.isOfJvm(Path.of(name)));
      }
      Path own = Files.createTempFile("own", "");
      try (FileOutputStream writing = new FileOutputStream(own.toFile())) {
        writing.write(1);
        System.out.println("writing " + OpenFiles.isOfJvm(numberOf(own)));
      }
      try (FileInputStream reading = new FileInputStream(own.toFile())) {
        assertEquals(1, reading.read());
        System.out.println("reading " + OpenFiles.isOfJvm(numberOf(own)));
      }
      Files.delete(own);
      Path modules = Path.of(System.getProperty("java.home"), "lib", "modules");
      System.out.println("modules " + OpenFiles.isOfJvm(numberOf(modules)));
    }
  }

  @Test
  void onlyWhatAProcessWasStartedWithForWritingIsNotItsOwn() throws Exception {
    Path read = Files.writeString(directory.resolve("read"), "x");
    Path written = directory.resolve("written");
    String redirecting = "out=$1; in=$2; shift 2; exec \"$@\" 7>\"$out\" 8<\"$in\"";
    List<String> command =
        new ArrayList<>(
            List.of("bash", "-c", redirecting, "bash", written.toString(), read.toString()));
    command.addAll(
        ChildProcess.java(
            Program.class,
            "/dev/fd/7",
            "/proc/self/fd/8",
            "/dev/stdout",
            "/dev/fd/99",
            "/dev/null"));
    try (ChildProcess process = new ChildProcess(new ProcessBuilder(command))) {
      assertEquals("false", process.line("/dev/fd/7"));
      assertEquals("true", process.line("/proc/self/fd/8"));
      assertEquals("false", process.line("/dev/stdout"));
      assertEquals("false", process.line("/dev/fd/99"));
      assertEquals("false", process.line("/dev/null"));
      assertEquals("true", process.line("writing"));
      assertEquals("true", process.line("reading"));
      assertEquals("true", process.line("modules"));
      assertEquals(0, process.exitCode());
    }
    assertFalse(OpenFiles.isOfJvm(read));
    assertTrue(OpenFiles.isName(Path.of("/dev/stdout")));
  }
}
