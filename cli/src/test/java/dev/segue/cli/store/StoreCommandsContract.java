package dev.segue.cli.store;

import static dev.segue.cli.store.Data.MIB;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.segue.cli.CommandRun;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What each command does with every kind of store, in this process. */
@Timeout(120)
abstract class StoreCommandsContract extends StoreTreesContract {
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 5 * MIB, 17 * MIB + 3})
  void whatIsPutIsWhatIsGot(int byteSize) throws Exception {
    Path file = Data.file(folder.resolve("from"), byteSize);
    String put = done("put", "--json", file.toString(), at("a/b")).out();
    assertEquals(Integer.toString(byteSize), field(put, "bytes"));
    assertEquals(1, put.lines().count());

    Path back = folder.resolve("new/back");
    String got = done("get", "--json", at("a/b"), back.toString()).out();
    assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(back));
    assertEquals(Integer.toString(byteSize), field(got, "bytes"));
    // The heads of requests and responses come with some bytes of the body.
    assertTrue(Long.parseLong(field(put, "copiedBytes")) <= 32 * 1024, put);
    assertTrue(Long.parseLong(field(got, "copiedBytes")) <= 32 * 1024, got);
    assertEquals(field(got, "etag"), field(done("stat", "--json", at("a/b")).out(), "etag"));
  }

  @Test
  void theResultIsOneLineThatTellsWhatWasCopied() throws Exception {
    Path file = Data.file(folder.resolve("from"), MIB);
    String line = done("put", file.toString(), at("k")).out();
    assertTrue(
        line.matches("(?s).*/from → .*k.*: 1\\.0 MiB in .* s, .*/s; .* copied in user space\\R"),
        line);
    assertEquals("", done("put", "--quiet", file.toString(), at("k")).out());
  }

  @Test
  void aFolderTakesTheObjectUnderItsName() throws Exception {
    Path file = Data.file(folder.resolve("name.bin"), 10);
    done("put", file.toString(), at("into/"));
    assertEquals("10", field(done("stat", "--json", at("into/name.bin")).out(), "bytes"));
    Path directory = Files.createDirectory(folder.resolve("directory"));
    done("get", at("into/name.bin"), directory.toString());
    assertEquals(10, Files.size(directory.resolve("name.bin")));
    done("cp", at("into/name.bin"), at("other/"));
    done("stat", at("other/name.bin"));
  }

  @Test
  void keysMayHaveEveryCharacter() throws Exception {
    Path file = Data.file(folder.resolve("from"), 10);
    done("put", file.toString(), at("what%3F 100%25 #ü"));
    String listed = done("ls", at("")).out();
    assertTrue(listed.contains("what? 100% #ü"), listed);
    String uri = done("ls", "--json", at("")).out();
    String location = field(uri, "uri").replace("\"", "");
    assertEquals("10", field(done("stat", "--json", location).out(), "bytes"));
    done("rm", location);
    refused(1, "what? 100% #ü", "stat", location);
  }

  @Test
  void listsOneLevelOrAll() throws Exception {
    for (String key : List.of("top", "a/1", "a/2", "a/b/3")) {
      Path file = Data.file(folder.resolve("from"), 1000 + key.length());
      done("put", "-q", file.toString(), at(key));
    }
    List<String> level = done("ls", at("")).out().lines().toList();
    assertEquals(3, level.size(), level::toString);
    assertTrue(level.get(0).endsWith("  a/"), level::toString);
    assertTrue(
        level.get(1).matches(" +1003 B  \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d  top"),
        level::toString);
    assertTrue(level.get(2).matches(" +1003 B  1 object, 1 folder"), level::toString);

    String all = done("ls", "--recursive", at("a/")).out();
    assertEquals(
        List.of("1", "2", "b/3", "folders"),
        all.lines().map(line -> line.replaceAll(".* ", "")).toList());
    List<String> json = done("ls", "-r", "--json", at("")).out().lines().toList();
    assertEquals(4, json.size());
    assertEquals("1003", field(json.getFirst(), "bytes"));
    assertTrue(done("ls", "--json", at("a/")).out().contains("{\"folder\":"));
    assertTrue(done("ls", at("to")).out().contains("top"));
    refused(1, "nothing there", "ls", at("nope"));
  }

  @Test
  void aTreeIsCopiedThereAndBackAndWhatIsThereIsSkipped() throws Exception {
    Path tree = folder.resolve("tree");
    for (int i = 0; i < 20; i++) {
      Data.file(tree.resolve("d" + i % 3 + "/f" + i), 1000 + i);
    }
    Data.file(tree.resolve("large"), 12 * MIB);
    String there = done("cp", "-r", "--json", "--jobs", "3", tree.toString(), at("copy")).out();
    assertEquals("21", field(there, "objects"));

    String again = done("cp", "-r", "--json", "--no-clobber", tree.toString(), at("copy")).out();
    assertEquals("0", field(again, "objects"));
    assertEquals("21", field(again, "skipped"));
    assertEquals("0", field(again, "bytes"));

    String inside = done("cp", "-r", "--json", at("copy/"), at("second")).out();
    assertEquals("21", field(inside, "objects"));
    assertTrue(Long.parseLong(field(inside, "copiedBytes")) <= 32 * 1024, inside);

    Path back = folder.resolve("back");
    done("cp", "-r", at("second/"), back.toString());
    for (String file : files()) {
      if (file.startsWith("tree/")) {
        assertArrayEquals(
            Files.readAllBytes(folder.resolve(file)),
            Files.readAllBytes(back.resolve(file.substring(5))));
      }
    }
    assertEquals(42, files().size(), () -> "no temporary file");
  }

  @Test
  void objectsAreDeletedByNameAndBelowAFolder() throws Exception {
    Path file = Data.file(folder.resolve("from"), 10);
    for (String key : List.of("a/1", "a/2", "a/b/3", "ab", "c")) {
      done("put", "-q", file.toString(), at(key));
    }
    refused(2, "--recursive", "rm", at("a/"));
    assertEquals("2 objects deleted\n", done("rm", at("c"), at("a/1")).out());
    assertEquals(
        "{\"command\":\"rm\",\"objects\":2,\"missing\":0,\"failed\":0}\n",
        done("rm", "-r", "--json", at("a")).out());
    List<String> left = done("ls", "-r", at("")).out().lines().toList();
    assertEquals(2, left.size(), left::toString);
    assertTrue(left.getFirst().endsWith("  ab"), left::toString);
  }

  @Test
  void faultsAreOneLine() throws Exception {
    Path file = Data.file(folder.resolve("from"), 10);
    refused(1, "nope", "stat", at("nope"));
    refused(1, "nope", "get", at("nope"), folder.resolve("x").toString());
    refused(1, "nope", "cp", at("nope"), at("x"));
    refused(1, "no such file", "put", folder.resolve("missing").toString(), at("x"));
    refused(2, "directory", "put", folder.toString(), at("x"));
    refused(2, "folder", "cp", at("a/"), at("x"));
    refused(2, "FROM and TO are the same", "cp", at("a"), at("a"));
    refused(2, "copied into itself", "cp", "-r", at("a"), at("a/b"));
    refused(2, "--jobs 0", "cp", "-r", "--jobs", "0", at("a"), at("b"));
    refused(2, "--part-size 3", "put", "--part-size", "3", file.toString(), at("x"));
    refused(2, "put-streaming", "put", "-", at("x"));
    refused(2, "names no object", "get", at("a/"), "x");
    assertFalse(Files.exists(folder.resolve("x")));
  }

  @Test
  void anObjectIsDeletedAlsoWhereAFolderMayBeMeant() throws Exception {
    Path file = Data.file(folder.resolve("from"), 10);
    done("put", "-q", file.toString(), at("one"));
    assertTrue(done("rm", "-r", "--dry-run", at("one")).out().startsWith("would delete "));
    assertEquals("1 object deleted\n", done("rm", "-r", at("one")).out());
    assertEquals("0 objects deleted, 1 not there\n", done("rm", "-r", at("one")).out());
    refused(1, "one", "stat", at("one"));
  }

  @Test
  void whatIsNotThereIsNotCountedAsDeleted() throws Exception {
    Path file = Data.file(folder.resolve("from"), 10);
    done("put", "-q", file.toString(), at("there"));
    assertEquals("0 objects deleted, 2 not there\n", done("rm", at("no"), at("nope")).out());
    assertEquals("1 object deleted, 1 not there\n", done("rm", at("there"), at("no")).out());
  }

  @Test
  void aTreeThatIsNotThereIsAnErrorAndAFileIsCopied() throws Exception {
    refused(1, "no such file or directory", "cp", "-r", folder.resolve("no").toString(), at("x"));
    refused(1, "no/such", "cp", "-r", at("no/such"), folder.resolve("x").toString());
    assertFalse(Files.exists(folder.resolve("x")));
    Path file = Data.file(folder.resolve("one"), 1234);
    assertEquals("1", field(done("cp", "-r", "--json", file.toString(), at("k")).out(), "objects"));
    Path back = folder.resolve("back");
    assertEquals("1", field(done("cp", "-r", "--json", at("k"), back.toString()).out(), "objects"));
    assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(back));
  }

  /** What comes first would be what is copied when its turn comes. */
  @ParameterizedTest
  @ValueSource(strings = {"cp", "mv"})
  void aTreeThatIsCopiedUpReplacesNoneOfItsOwnObjects(String command) throws Exception {
    List<String> keys = List.of("a/a/x", "a/x", "a/y");
    for (int i = 0; i < keys.size(); i++) {
      Path file = Data.file(folder.resolve("from"), 10 * (i + 1));
      done("put", "-q", file.toString(), at("up/" + keys.get(i)));
    }
    CommandRun run = CommandRun.of(command, "-r", "-j", "1", "--json", at("up/a"), at("up/"));
    assertEquals(1, run.status(), run::toString);
    assertTrue(run.err().contains("which is copied itself"), run::toString);
    assertEquals("2", field(run.out(), "objects"));
    assertEquals("1", field(run.out(), "failed"));
    assertEquals("10", field(done("stat", "--json", at("up/a/a/x")).out(), "bytes"));
    assertEquals("20", field(done("stat", "--json", at("up/x")).out(), "bytes"));
    assertEquals("30", field(done("stat", "--json", at("up/y")).out(), "bytes"));
    if (command.equals("cp")) {
      assertEquals("20", field(done("stat", "--json", at("up/a/x")).out(), "bytes"));
    }
  }

  @Test
  void aLinkedDirectoryIsCopied() throws Exception {
    Data.file(folder.resolve("d/e/f"), 10);
    Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("d"));
    String copied = done("cp", "-r", "--json", link.toString(), at("linked")).out();
    assertEquals("1", field(copied, "objects"));
    assertEquals("10", field(done("stat", "--json", at("linked/e/f")).out(), "bytes"));
  }

  @Test
  void ofATreeThatFailsInPartEveryObjectIsAccountedFor() throws Exception {
    for (int i = 0; i < 5; i++) {
      Data.file(folder.resolve("tree/f" + i), 10);
    }
    // A name that is a file here can't be a folder.
    Data.file(folder.resolve("tree/d/f5"), 10);
    done("cp", "-r", folder.resolve("tree").toString(), at("tree"));
    Path back = folder.resolve("back");
    Data.file(back.resolve("d"), 1);
    CommandRun run = CommandRun.of("cp", "-r", "--json", at("tree"), back.toString());
    assertEquals(1, run.status(), run::toString);
    assertEquals(1, run.out().lines().count(), run::toString);
    assertEquals("5", field(run.out(), "objects"));
    assertEquals("0", field(run.out(), "skipped"));
    assertEquals("1", field(run.out(), "failed"));
    assertTrue(run.err().contains("is a file and no directory"), run::toString);
    assertTrue(run.err().contains("1 object failed, 5 objects copied"), run::toString);
  }

  @Test
  void aFaultIsDataWithJson() {
    CommandRun run = CommandRun.of("stat", "--json", at("nope"));
    assertEquals(1, run.status());
    assertEquals("\"NOT_FOUND\"", field(run.out(), "reason"));
    assertEquals("\"stat\"", field(run.out(), "command"));
  }

  @Test
  void aNameDoesNotWriteToTheTerminal() throws Exception {
    assumeTrue(listsControlCharacters(), "the server can't list such a name");
    Path file = Data.file(folder.resolve("from"), 10);
    done("put", "-q", file.toString(), at("a%1B[2Jb%0Ac"));
    String listed = done("ls", at("")).out();
    assertTrue(listed.contains("a\\x1b[2Jb\\x0ac"), listed);
    assertTrue(done("stat", at("a%1B[2Jb%0Ac")).out().contains("a\\x1b[2Jb\\x0ac"));
    assertEquals("", done("ls", "-q", at("")).out());
    assertEquals(1, done("rm", at("a%1B[2Jb%0Ac")).out().lines().count());
  }
}
