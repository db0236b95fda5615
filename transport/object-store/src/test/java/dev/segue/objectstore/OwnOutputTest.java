package dev.segue.objectstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.testkit.ChildProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A process's own outputs as objects: they are its own whatever becomes of a writer. */
@Timeout(120)
class OwnOutputTest {
  private static final int MIB = 1 << 20;
  private static final byte[] BYTES = "x".repeat(7 * MIB).getBytes(StandardCharsets.US_ASCII);

  @TempDir private Path directory;

  /** Writes to an output that nobody reads, and is interrupted; then prints to it. */
  static final class Interrupted {
    private Interrupted() {}

    /** Takes the output's name, the way of writing, and a file. */
    public static void main(String[] arguments) throws Exception {
      boolean isError = arguments[0].equals("stderr");
      PrintStream own = isError ? System.err : System.out;
      PrintStream other = isError ? System.out : System.err;
      FutureTask<String> writing =
          new FutureTask<>(
              () -> {
                String reason = write(arguments[0], arguments[1], Path.of(arguments[2]));
                return reason + " " + Thread.currentThread().isInterrupted();
              });
      Thread writer = Thread.ofPlatform().start(writing);
      boolean isToBeInterrupted = System.in.read() >= 0;
      if (isToBeInterrupted) {
        writer.interrupt();
      }
      other.println(writing.get());
      own.println("still open");
      if (own.checkError()) {
        System.exit(1);
      }
    }

    private static String write(String name, String way, Path file) throws IOException {
      StoreSettings settings = StoreSettings.of(ObjectStoreContract.SETTINGS);
      try (ObjectStore root = ObjectStore.open("file:///", settings)) {
        String key = "dev/" + name;
        switch (way) {
          case "put" -> root.put(key, SegmentedBytes.copyOf(BYTES));
          case "write" -> {
            try (ObjectWriter writer = root.write(key)) {
              writer.writeOwned(SegmentedBytes.copyOf(BYTES));
              writer.finish();
            }
          }
          default -> root.copy(file.toString().substring(1), key);
        }
        return "written";
      } catch (ObjectStoreException e) {
        return e.reason().name();
      }
    }
  }

  private static ProcessBuilder child(String output, String way, Path file) {
    List<String> command =
        ChildProcess.java(Interrupted.class, output, way, file.toAbsolutePath().toString());
    ProcessBuilder builder = new ProcessBuilder(command);
    // The JVM tells of them on its error stream.
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    return builder;
  }

  @ParameterizedTest
  @CsvSource({
    "stdout,put",
    "stdout,write",
    "stdout,copy",
    "stderr,put",
    "stderr,write",
    "stderr,copy"
  })
  void anInterruptedWriterLeavesItOpen(String output, String way) throws Exception {
    assumeTrue(Files.exists(Path.of("/proc/self/fd/1")), "there is no /proc here");
    Path file = Files.write(directory.resolve("from"), BYTES);
    Process child = child(output, way, file).start();
    try {
      boolean isError = output.equals("stderr");
      InputStream own = isError ? child.getErrorStream() : child.getInputStream();
      // Of a write that then waits for its reader.
      assertEquals('x', own.read());
      child.getOutputStream().write('\n');
      child.getOutputStream().flush();
      BufferedReader other = isError ? child.inputReader() : child.errorReader();
      assertEquals("CANCELLED true", other.readLine());
      String rest = new String(own.readAllBytes(), StandardCharsets.US_ASCII);
      assertTrue(rest.contains("still open"), () -> "byteSize=" + rest.length());
      assertEquals(0, child.waitFor());
    } finally {
      child.destroyForcibly();
    }
  }

  /** Behind the object comes what the process writes next. */
  @ParameterizedTest
  @CsvSource({"put", "write", "copy"})
  void whatIsWrittenIsAllThereInItsOrder(String way) throws Exception {
    assumeTrue(Files.exists(Path.of("/proc/self/fd/1")), "there is no /proc here");
    Path file = Files.write(directory.resolve("from"), BYTES);
    Path output = directory.resolve("output");
    Process child = child("stdout", way, file).redirectOutput(output.toFile()).start();
    try {
      child.getOutputStream().close();
      assertEquals("written false", child.errorReader().readLine());
      assertEquals(0, child.waitFor());
    } finally {
      child.destroyForcibly();
    }
    String all = new String(BYTES, StandardCharsets.US_ASCII) + "still open\n";
    assertEquals(all, Files.readString(output));
  }

  /** Who was interrupted before he began has written nothing. */
  @Test
  void anInterruptedThreadWritesNothing() throws Exception {
    assumeTrue(Files.exists(Path.of("/proc/self/fd/1")), "there is no /proc here");
    List<String> command = ChildProcess.java(Before.class);
    try (ChildProcess child = new ChildProcess(new ProcessBuilder(command))) {
      assertEquals("CANCELLED", child.line("reason"));
      assertEquals(0, child.exitCode());
      assertEquals(List.of(), child.furtherLines());
    }
  }

  /** Is interrupted, and then writes. */
  static final class Before {
    private Before() {}

    /** Takes nothing. */
    public static void main(String[] arguments) throws Exception {
      try (ObjectStore devices = ObjectStore.open("file:///dev")) {
        Thread.currentThread().interrupt();
        devices.put("stdout", SegmentedBytes.copyOfUtf8("text"));
      } catch (ObjectStoreException e) {
        System.out.println("reason " + e.reason());
      }
    }
  }
}
