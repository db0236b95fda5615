package dev.segue.cli.store;

import static dev.segue.cli.store.Data.MIB;
import static dev.segue.cli.store.StoreCommandsContract.field;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.cli.SegueProcess;
import dev.segue.objectstore.FaultProxy;
import dev.segue.objectstore.s3.S3Server;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What only a process of its own can show: pipes, signals, what is printed where. */
@Timeout(180)
final class StoreProcessTest {
  private static S3Server server;

  @TempDir private Path folder = Path.of("");

  @BeforeAll
  static void start() throws Exception {
    server = new S3Server();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static String at(String key) {
    return at(key, server.endpoint().toString());
  }

  private static String at(String key, String endpoint) {
    return "s3://" + S3Server.BUCKET + "/" + key + "?endpoint=" + endpoint;
  }

  private static void done(SegueProcess process) throws Exception {
    try (process) {
      assertEquals(0, process.await());
      assertEquals("", process.err());
    }
  }

  private void assertStored(byte[] data, String uri) throws Exception {
    Path back = folder.resolve("back");
    done(SegueProcess.start(folder, "get", "--quiet", uri, back.toString()));
    assertArrayEquals(data, Files.readAllBytes(back));
  }

  @Test
  void theStandardInputOfUnknownLengthBecomesAnObject() throws Exception {
    byte[] data = Data.random(13 * MIB + 7);
    try (SegueProcess process =
        SegueProcess.start(folder, "put-streaming", "--json", "--part-size", "5MiB", at("s"))) {
      try (OutputStream input = process.input()) {
        input.write(data, 0, 3);
        input.flush();
        input.write(data, 3, data.length - 3);
      }
      assertEquals(0, process.await());
      // Nothing of the SDK's log, no progress where no terminal is.
      assertEquals("", process.err());
      assertEquals(Integer.toString(data.length), field(process.out(), "bytes"));
      assertTrue(Long.parseLong(field(process.out(), "copiedBytes")) < 16_384, process.out());
    }
    assertStored(data, at("s"));
  }

  @Test
  void anInterruptInTheMiddleAbortsTheUpload() throws Exception {
    try (SegueProcess process =
        SegueProcess.start(folder, "put-streaming", "--part-size", "5MiB", at("never"))) {
      OutputStream input = process.input();
      input.write(Data.random(12 * MIB));
      input.flush();
      while (!server.unfinishedUploads().contains("never")) {
        Thread.sleep(20);
      }
      process.interrupt();
      assertEquals(130, process.await());
      assertEquals("", process.err());
      assertEquals("", process.out());
    }
    assertEquals(List.of(), server.unfinishedUploads());
    try (SegueProcess process = SegueProcess.start(folder, "stat", at("never"))) {
      assertEquals(1, process.await());
    }
  }

  @Test
  void anInterruptInTheMiddleLeavesNoFile() throws Exception {
    Path target = folder.resolve("target");
    try (SegueProcess process =
        SegueProcess.start(
            folder, "put-streaming", "--part-size", "5MiB", target.resolve("file").toString())) {
      OutputStream input = process.input();
      input.write(Data.random(12 * MIB));
      input.flush();
      while (count(target) == 0) {
        Thread.sleep(20);
      }
      process.interrupt();
      assertEquals(130, process.await());
    }
    assertEquals(0, count(target));
  }

  @Test
  void aFileThatIsCutShortOrGrowsWhileItIsReadIsAnErrorAndNoObject() throws Exception {
    for (boolean shrinks : new boolean[] {true, false}) {
      Path file = Data.file(folder.resolve("changing"), 16 * MIB);
      try (FaultProxy proxy = new FaultProxy(server.endpoint());
          FileChannel meanwhile = FileChannel.open(file, StandardOpenOption.WRITE)) {
        // Slow enough that most of the file is still to be read when it changes.
        for (int i = 0; i < 20; i++) {
          proxy.add(FaultProxy.Kind.TRICKLE, 0);
        }
        try (SegueProcess process =
            SegueProcess.start(
                folder,
                "put",
                "--part-size=5MiB",
                "--inflight=1",
                file.toString(),
                at("changing", proxy.endpoint()))) {
          while (server.unfinishedUploads().isEmpty()) {
            Thread.sleep(5);
          }
          if (shrinks) {
            meanwhile.truncate(MIB);
          } else {
            meanwhile.write(ByteBuffer.allocate(1), 16L * MIB);
          }
          assertEquals(1, process.await());
          String line = process.err();
          assertEquals(1, line.lines().count(), line);
          assertTrue(
              line.contains(shrinks ? "was cut short while it was read" : "changed while"), line);
          assertTrue(line.contains("byteSize=" + 16 * MIB), line);
          assertTrue(line.contains("now byteSize=" + (shrinks ? MIB : 16 * MIB + 1)), line);
          assertEquals("", process.out());
        }
      }
      assertEquals(List.of(), server.unfinishedUploads());
      try (SegueProcess process = SegueProcess.start(folder, "stat", at("changing"))) {
        assertEquals(1, process.await());
      }
    }
  }

  private static long count(Path directory) throws Exception {
    if (!Files.isDirectory(directory)) {
      return 0;
    }
    try (var files = Files.list(directory)) {
      return files.count();
    }
  }

  @Test
  void anInterruptInTheMiddleOfATreeAbortsAllUploads() throws Exception {
    for (int i = 0; i < 2; i++) {
      Data.file(folder.resolve("tree/f" + i), 30 * MIB + i);
    }
    try (FaultProxy proxy = new FaultProxy(server.endpoint())) {
      for (int i = 0; i < 8; i++) {
        proxy.add(FaultProxy.Kind.STALL, 1500);
      }
      try (SegueProcess process =
          SegueProcess.start(
              folder,
              "cp",
              "--recursive",
              "--part-size=5MiB",
              "--inflight=2",
              folder.resolve("tree").toString(),
              at("tree", proxy.endpoint()))) {
        while (server.unfinishedUploads().size() < 2) {
          Thread.sleep(20);
        }
        process.interrupt();
        assertEquals(130, process.await());
        assertEquals("", process.err());
      }
    }
    assertEquals(List.of(), server.unfinishedUploads());
  }

  @Test
  void aKilledCopyIsResumed() throws Exception {
    Path file = Data.file(folder.resolve("from"), 40 * MIB + 1);
    try (FaultProxy proxy = new FaultProxy(server.endpoint())) {
      String to = at("resumed", proxy.endpoint());
      String[] line = {
        "cp",
        "--resume",
        "--json",
        "--part-size=5MiB",
        "--inflight=1",
        "--connections=1",
        file.toString(),
        to
      };
      // One connection, which stops answering after some parts.
      proxy.add(FaultProxy.Kind.STALL, 2000);
      try (SegueProcess process = SegueProcess.start(folder, line)) {
        while (partCount() < 2) {
          Thread.sleep(20);
        }
        process.kill();
      }
      assertTrue(server.unfinishedUploads().contains("resumed"));
      try (SegueProcess process = SegueProcess.start(folder, line)) {
        assertEquals(0, process.await());
        assertEquals("", process.err());
        long resumed = Long.parseLong(field(process.out(), "resumedBytes"));
        assertTrue(resumed >= 10 * MIB && resumed < 40 * MIB, process.out());
      }
      assertEquals(0, count(folder.resolve("state/segue/copies")));
      try (SegueProcess process = SegueProcess.start(folder, line)) {
        assertEquals(0, process.await());
        assertEquals("1", field(process.out(), "skipped"), "it is there, and not older");
      }
    }
    assertStored(Files.readAllBytes(file), at("resumed"));
  }

  @Test
  void aKilledCopyWhoseSourceChangedSinceLeavesNothing() throws Exception {
    Path file = Data.file(folder.resolve("from"), 40 * MIB + 1);
    String to = at("changed");
    try (FaultProxy proxy = new FaultProxy(server.endpoint())) {
      String through = at("changed", proxy.endpoint());
      String[] line = {
        "cp",
        "--resume",
        "--part-size=5MiB",
        "--inflight=1",
        "--connections=1",
        file.toString(),
        through
      };
      // One connection, which stops answering after some parts.
      proxy.add(FaultProxy.Kind.STALL, 2000);
      try (SegueProcess process = SegueProcess.start(folder, line)) {
        while (partCount() < 2) {
          Thread.sleep(20);
        }
        process.kill();
      }
      assertTrue(server.unfinishedUploads().contains("changed"));
      Data.file(file, 30 * MIB);
      try (SegueProcess process = SegueProcess.start(folder, line)) {
        assertEquals(0, process.await(), process.err());
      }
    }
    assertEquals(List.of(), server.unfinishedUploads());
    assertEquals(0, count(folder.resolve("state/segue/copies")));
    assertStored(Files.readAllBytes(file), to);
  }

  @Test
  void whatIsPrintedAndDoesNotArriveIsAFault() throws Exception {
    Path full = Path.of("/dev/full");
    Assumptions.assumeTrue(Files.exists(full), "there is no /dev/full here");
    Path file = Data.file(folder.resolve("from"), 10);
    for (String[] line :
        List.of(
            new String[] {"ls", folder + "/"},
            new String[] {"stat", file.toString()},
            new String[] {"stat", "--json", file.toString()},
            new String[] {"cp", "--json", file.toString(), folder.resolve("to").toString()})) {
      Path errors = folder.resolve("errors");
      Process process =
          SegueProcess.builder(folder, line)
              .redirectOutput(full.toFile())
              .redirectError(errors.toFile())
              .start();
      assertTrue(process.waitFor(100, TimeUnit.SECONDS));
      String said = Files.readString(errors);
      assertEquals(1, process.exitValue(), () -> String.join(" ", line) + ": " + said);
      assertTrue(said.contains("standard output: No space left"), said);
    }
  }

  private long partCount() throws Exception {
    Path journals = folder.resolve("state/segue/copies");
    if (count(journals) == 0) {
      return 0;
    }
    try (var files = Files.list(journals)) {
      return Files.readAllLines(files.findFirst().orElseThrow()).stream()
          .filter(line -> line.startsWith("part "))
          .count();
    }
  }

  @Test
  void bytesGoToTheStandardOutputAloneAndABrokenPipeIsQuiet() throws Exception {
    byte[] data = Data.random(30 * MIB);
    Path file = Files.write(folder.resolve("from"), data);
    done(SegueProcess.start(folder, "put", "-q", file.toString(), at("c")));

    try (SegueProcess process = SegueProcess.start(folder, "cat", "--range", "7-", at("c"))) {
      assertEquals(0, process.await());
      assertArrayEquals(Arrays.copyOfRange(data, 7, data.length), process.outBytes());
    }
    try (SegueProcess process = SegueProcess.start(folder, "get", at("c"), "-")) {
      assertEquals(0, process.await());
      assertEquals("", process.err());
    }
    Path errors = folder.resolve("errors");
    Process broken =
        SegueProcess.builder(folder, "cat", at("c"), at("c"))
            .redirectError(errors.toFile())
            .start();
    try (InputStream output = broken.getInputStream()) {
      assertArrayEquals(Arrays.copyOf(data, 10), output.readNBytes(10));
    }
    assertTrue(broken.waitFor(100, TimeUnit.SECONDS));
    assertEquals(141, broken.exitValue());
    assertEquals("", Files.readString(errors));
  }

  @Test
  void whatIsCattedIsWhatIsThere() throws Exception {
    byte[] data = Data.random(9 * MIB);
    Path file = Files.write(folder.resolve("from"), data);
    try (SegueProcess process =
        SegueProcess.start(folder, "cat", "--range=0-4", file.toString(), file.toString())) {
      assertEquals(0, process.await());
      byte[] both = new byte[10];
      System.arraycopy(data, 0, both, 0, 5);
      System.arraycopy(data, 0, both, 5, 5);
      assertArrayEquals(both, process.outBytes());
    }
    try (SegueProcess process = SegueProcess.start(folder, "get", file.toString(), "-")) {
      assertEquals(0, process.await());
      assertArrayEquals(data, process.outBytes());
    }
  }
}
