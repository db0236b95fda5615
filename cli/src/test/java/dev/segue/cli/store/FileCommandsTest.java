package dev.segue.cli.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.segue.cli.CommandRun;
import dev.segue.cli.SegueProcess;
import dev.segue.testkit.Peers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FileCommandsTest extends StoreCommandsContract {
  @TempDir Path store = Path.of("");

  @Override
  String at(String key) {
    return "file://" + store + "/" + key;
  }

  @Test
  void aPathIsTakenLiterally() throws Exception {
    Path odd = Data.file(folder.resolve("100%25 what?"), 10);
    done("cp", odd.toString(), folder.resolve("x?y").toString());
    assertArrayEquals(Files.readAllBytes(odd), Files.readAllBytes(folder.resolve("x?y")));
  }

  @Test
  void aFileThatTellsNoSizeIsNotStoredAsAnEmptyOne() {
    assumeTrue(Files.exists(Path.of("/proc/version")), "there is no /proc here");
    refused(1, "more bytes than its size says", "put", "/proc/version", at("version"));
    refused(
        1, "more bytes than its size says", "put", "--no-clobber", "/proc/version", at("version"));
    refused(1, "no such file", "stat", at("version"));
  }

  @Test
  void whatIsOnlyAskedForIsNotMade() {
    refused(1, "no such file", "stat", at("no/such/thing"));
    assertTrue(Files.notExists(store.resolve("no")));
  }

  @Test
  void allFilesOfTheMachineAreNotDeleted() {
    refused(2, "/: rm does not delete", "rm", "-r", "/");
    refused(2, "/: rm does not delete", "rm", "-r", "file:///");
  }

  /** Its name in Latin-1 is listed with a replacement character, which is no file's name. */
  @Test
  void aFileWhoseNameIsNoTextIsNotSaidToBeDeleted() throws Exception {
    Path text = Data.file(store.resolve("d/text"), 10);
    makeFileWhoseNameIsNoText();
    CommandRun removed = CommandRun.of("rm", "-r", at("d/"));
    assertEquals(1, removed.status(), removed::toString);
    assertTrue(removed.err().contains("bytes are not text"), removed::toString);
    assertTrue(Files.notExists(text));
  }

  private void makeFileWhoseNameIsNoText() throws Exception {
    run("cd \"$0\" && : > \"$(printf 'caf\\351')\"", store.resolve("d"));
  }

  @Test
  void aFileWhoseNameIsNoTextIsNotSaidToBeDeletedBySync() throws Exception {
    Path text = Data.file(store.resolve("d/text"), 10);
    makeFileWhoseNameIsNoText();
    Data.file(folder.resolve("from/x"), 10);
    CommandRun run =
        CommandRun.of("sync", "--json", "--delete", folder.resolve("from").toString(), at("d/"));
    assertEquals(1, run.status(), run::toString);
    assertTrue(run.err().contains("bytes are not text"), run::toString);
    assertTrue(run.out().contains("\"deleted\":1,\"undeleted\":1"), run::toString);
    assertTrue(Files.notExists(text));
  }

  @Test
  void filesHaveNoUrls() {
    refused(1, "files have no URLs", "presign", at("k"));
  }

  @Test
  void aTreeIsNotCopiedIntoItselfThroughALink() throws Exception {
    Data.file(folder.resolve("d/f"), 10);
    Files.createSymbolicLink(folder.resolve("link"), Path.of("d"));
    String from = folder.resolve("d").toString();
    refused(2, "copied into itself", "cp", "-r", from, folder.resolve("link/sub").toString());
    refused(2, "copied into itself", "cp", "-r", folder.resolve("link").toString(), from + "/x");
    assertTrue(Files.notExists(folder.resolve("d/sub")));
  }

  @Test
  void aDeviceIsWrittenTo() throws Exception {
    Path file = Data.file(folder.resolve("from"), 10);
    String got = done("get", "--json", file.toString(), "/dev/null").out();
    assertEquals("10", field(got, "bytes"));
    assertTrue(
        Files.readAttributes(
                Path.of("/dev/null"), java.nio.file.attribute.BasicFileAttributes.class)
            .isOther());
  }

  /** As /dev/fd/3 and a shell's {@code >(command)}: a link whose name nothing has. */
  @Test
  void thePipeThatIsTheStandardOutputIsWrittenTo() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "bytes");
    Process process = SegueProcess.builder(folder, "get", "-q", file + "", "/dev/stdout").start();
    assertEquals("bytes", new String(process.getInputStream().readAllBytes(), UTF_8));
    assertEquals(0, process.waitFor());
  }

  @Test
  void nothingIsPrintedBehindWhatAPipeBroughtToTheStandardOutput() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "bytes");
    for (String option : List.of("-q", "--json", "--no-clobber")) {
      Process process =
          SegueProcess.builder(folder, "put-streaming", option, "/dev/stdout")
              .redirectInput(file.toFile())
              .start();
      assertEquals("bytes", new String(process.getInputStream().readAllBytes(), UTF_8));
      assertEquals(0, process.waitFor());
    }
  }

  /** Whoever reads the output takes all of it for bytes. */
  @Test
  void aFaultIsNotPrintedBehindTheBytesOnTheStandardOutput() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "bytes");
    String missing = folder.resolve("missing").toString();
    for (List<String> command :
        List.of(
            List.of("cat", "--json", file.toString(), missing),
            List.of("cat", "--json", missing),
            List.of("get", "--json", missing, "-"),
            List.of("get", "--json", missing, "/dev/stdout"),
            List.of("cp", "--json", missing, "/dev/stdout"))) {
      Process process = SegueProcess.builder(folder, command.toArray(String[]::new)).start();
      String bytes = new String(process.getInputStream().readAllBytes(), UTF_8);
      String said = new String(process.getErrorStream().readAllBytes(), UTF_8);
      assertEquals(1, process.waitFor(), said);
      assertEquals(command.contains(file.toString()) ? "bytes" : "", bytes);
      assertTrue(said.contains("\"reason\":\"NOT_FOUND\""), said);
    }
  }

  @Test
  void whatFailsKeepsNothingElseFromBeingRemoved() throws Exception {
    Path first = Files.writeString(folder.resolve("first"), "1");
    Path last = Files.writeString(folder.resolve("last"), "2");
    CommandRun run =
        CommandRun.of("rm", "--json", first.toString(), folder + "/none*", last.toString());
    assertEquals(1, run.status(), run::toString);
    assertTrue(run.err().contains("none*: nothing matches"), run::toString);
    assertTrue(run.err().contains("1 of 3 failed: not all was deleted"), run::toString);
    assertTrue(run.out().contains("\"objects\":2,\"missing\":0,\"failed\":1"), run::toString);
    assertEquals(Set.of(), names(folder));
  }

  /** Nothing is replaced there. */
  @Test
  void aDeviceIsWrittenToWhateverMustNotBeReplaced() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "bytes");
    for (String command : List.of("get", "put", "cp")) {
      CommandRun run = CommandRun.of(command, "--no-clobber", file.toString(), "/dev/null");
      assertEquals(0, run.status(), run::toString);
      assertTrue(run.out().contains("5 B"), run::toString);
    }
  }

  /** Nothing is replaced there either. */
  @ParameterizedTest
  @CsvSource({"get", "put", "cp"})
  void theFileThatIsTheStandardOutputIsWrittenToWhateverMustNotBeReplaced(String command)
      throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "bytes");
    Path out = Files.writeString(folder.resolve("out"), "first ");
    ProcessBuilder.Redirect end = ProcessBuilder.Redirect.appendTo(out.toFile());
    Process copy =
        SegueProcess.builder(folder, command, "--no-clobber", file.toString(), "/dev/stdout")
            .redirectOutput(end)
            .start();
    assertEquals(0, copy.waitFor());
    assertEquals("first bytes", Files.readString(out));
  }

  @Test
  void theFileThatIsTheStandardOutputGetsAPipeWhateverMustNotBeReplaced() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "bytes");
    Path out = folder.resolve("out");
    Process streaming =
        SegueProcess.builder(folder, "put-streaming", "--no-clobber", "/dev/stdout")
            .redirectInput(file.toFile())
            .redirectOutput(out.toFile())
            .start();
    assertEquals(0, streaming.waitFor());
    assertEquals("bytes", Files.readString(out));
  }

  /** What else goes there is kept, before and behind it. */
  @ParameterizedTest
  @CsvSource({">,/dev/stdout", ">>,/dev/stdout", ">,/dev/fd/1", ">>,/proc/self/fd/1"})
  void theFileThatIsTheStandardOutputIsWrittenTo(String redirection, String name) throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "bytes\n");
    Path out = folder.resolve("out");
    ProcessBuilder builder = SegueProcess.builder(folder, "get", file.toString(), name);
    List<String> line =
        new ArrayList<>(
            List.of(
                "sh",
                "-c",
                "out=$1; shift; { echo first; \"$@\" && \"$@\" && echo last; } "
                    + redirection
                    + " \"$out\"",
                "sh",
                out.toString()));
    line.addAll(builder.command());
    assertEquals(0, builder.command(line).inheritIO().start().waitFor());
    assertEquals("first\nbytes\nbytes\nlast\n", Files.readString(out));
    assertEquals(Set.of("file", "out"), names(folder));
  }

  /** Each is behind the one before it. */
  @Test
  void aFileThatTheShellHasOpenIsWrittenTo() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "bytes\n");
    Path out = folder.resolve("out");
    ProcessBuilder builder = SegueProcess.builder(folder, "get", "-q", file + "", "/dev/fd/3");
    List<String> line =
        new ArrayList<>(
            List.of("sh", "-c", "out=$1; shift; { \"$@\" && \"$@\"; } 3>\"$out\"", "sh", out + ""));
    line.addAll(builder.command());
    assertEquals(0, builder.command(line).inheritIO().start().waitFor());
    assertEquals("bytes\nbytes\n", Files.readString(out));
    assertEquals(Set.of("file", "out"), names(folder));
  }

  private static Set<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(each -> each.getFileName().toString()).collect(Collectors.toSet());
    }
  }

  @Test
  void aFolderThatCanNotBeReadIsToldAndTheOthersAreCopied() throws Exception {
    Data.file(folder.resolve("d/a"), 10);
    Data.file(folder.resolve("d/z"), 10);
    // Deeper than a path can say: not even the superuser reads it.
    run(
        "cd \"$0\" && n=$(printf 'm%.0s' {1..250}) && for i in {1..20}; do mkdir $n && cd $n; done",
        folder.resolve("d"));
    try {
      CommandRun copied =
          CommandRun.of("cp", "-r", "--json", folder.resolve("d").toString(), at("copy"));
      assertEquals(1, copied.status(), copied::toString);
      assertEquals("2", field(copied.out(), "objects"));
      assertEquals("1", field(copied.out(), "failed"));
      CommandRun listed = CommandRun.of("ls", "-r", folder.resolve("d").toString());
      assertEquals(1, listed.status(), listed::toString);
      assertTrue(listed.out().contains("  z"), listed::toString);
      assertTrue(listed.err().contains("the list is incomplete"), listed::toString);
    } finally {
      run("rm -rf \"$0\"/m*", folder.resolve("d"));
    }
  }

  private static void run(String script, Path at) throws Exception {
    Peers.run("bash", "-c", script, at.toString());
  }

  /** A pattern that is deeper than the stack ends its command with an Error. */
  @Test
  void aCommandOfAListThatEndsWithAnErrorHasFailed() throws Exception {
    Files.writeString(store.resolve("file"), "x");
    Path list =
        Files.writeString(
            store.resolve("list"),
            "ls -r '"
                + at("")
                + "' --include '"
                + "**/".repeat(200_000)
                + "x'\nls '"
                + at("")
                + "'\n");
    CommandRun run = CommandRun.of("run", "--json", "-j", "1", list.toString());
    assertEquals(1, run.status(), () -> run.err().lines().toList().getLast());
    String result = run.out().lines().toList().getLast();
    assertTrue(result.contains("\"done\":1,\"failed\":1"), result);
  }
}
