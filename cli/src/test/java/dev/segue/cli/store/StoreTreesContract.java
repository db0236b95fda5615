package dev.segue.cli.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.cli.CommandRun;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What commands do with many objects, with every kind of store, in this process. */
@Timeout(120)
abstract class StoreTreesContract {
  @TempDir Path folder = Path.of("");

  /** A location of the store; the key is written as in a URI. */
  abstract String at(String key);

  @BeforeEach
  void empty() {
    done("rm", "--recursive", "-q", at(""));
  }

  /** Whether the server can list names with control characters. */
  boolean listsControlCharacters() {
    return true;
  }

  static CommandRun done(String... arguments) {
    CommandRun run = CommandRun.of(arguments);
    assertEquals(0, run.status(), () -> String.join(" ", arguments) + ": " + run);
    assertEquals("", run.err());
    return run;
  }

  static CommandRun refused(int status, String message, String... arguments) {
    CommandRun run = CommandRun.of(arguments);
    assertEquals(status, run.status(), run::toString);
    assertEquals(1, run.err().lines().count(), run::toString);
    assertTrue(run.err().contains(message), run::toString);
    assertEquals("", run.out());
    return run;
  }

  static String field(String json, String name) {
    Matcher matcher =
        Pattern.compile("\"" + name + "\":(\"(?:[^\"\\\\]|\\\\.)*\"|[^,}]+)").matcher(json);
    assertTrue(matcher.find(), () -> name + " in " + json);
    return matcher.group(1);
  }

  final List<String> files() throws IOException {
    try (var files = Files.walk(folder)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> folder.relativize(file).toString())
          .sorted()
          .toList();
    }
  }

  /** Puts small objects; their content is their key. */
  private void putAll(String... keys) throws IOException {
    for (String key : keys) {
      Path file = Files.writeString(folder.resolve("content"), key);
      done("put", "-q", file.toString(), at(key));
    }
    Files.deleteIfExists(folder.resolve("content"));
  }

  /** The keys of all objects, in order. */
  private List<String> keys() {
    return done("ls", "-r", at(""))
        .out()
        .lines()
        .map(line -> line.replaceFirst(" *\\d+ [KMG]?i?B  .{19}  ", ""))
        .filter(line -> !line.matches(" *\\d.* objects?, \\d+ folders?"))
        .sorted()
        .toList();
  }

  private static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    // Stores note times to the second, and a file of this second is no older than its copy.
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(5)));
  }

  private String at(String key, String pattern) {
    // As the key is followed by the store's options.
    return at(key + "PATTERN").replace("PATTERN", pattern);
  }

  @Test
  void wildcardsMeanTheObjectsThatMatch() throws Exception {
    putAll("a/1.raw", "a/2.raw", "a/3.txt", "a/deep/4.raw", "b/5.raw", "top.raw");
    assertEquals(List.of("1.raw", "2.raw"), names(done("ls", at("a/", "*.raw")).out()));
    assertEquals(
        List.of("1.raw", "2.raw", "deep/4.raw"), names(done("ls", at("a/", "**.raw")).out()));
    assertEquals(
        List.of("a/1.raw", "a/2.raw", "a/deep/4.raw", "b/5.raw", "top.raw"),
        names(done("ls", at("", "**/*.raw")).out()));
    refused(1, "nothing matches", "ls", at("a/", "*.png"));
    refused(1, "nothing matches", "cp", at("a/", "*.png"), folder.resolve("x").toString());
    refused(1, "nothing matches", "rm", at("a/", "*.png"));
    refused(2, "cp all that match", "get", at("a/", "*.raw"));

    Path to = folder.resolve("to");
    String copied = done("cp", "--json", at("a/", "*.raw"), to.toString()).out();
    assertEquals("2", field(copied, "objects"));
    assertEquals(List.of("to/1.raw", "to/2.raw"), files());
    // Below folders that match, with --recursive.
    copied = done("cp", "-r", "--json", at("", "a*"), to.resolve("all").toString()).out();
    assertEquals("4", field(copied, "objects"));
    assertEquals("a/deep/4.raw", Files.readString(to.resolve("all/a/deep/4.raw")));

    assertEquals("2 objects deleted\n", done("rm", at("a/", "*.raw")).out());
    assertEquals(List.of("a/3.txt", "a/deep/4.raw", "b/5.raw", "top.raw"), keys());
  }

  private static List<String> names(String listed) {
    List<String> names =
        new ArrayList<>(listed.lines().map(line -> line.replaceAll(".* ", "")).toList());
    names.removeLast();
    return names;
  }

  @Test
  void aStarInANameIsWrittenAsAnEscape() throws Exception {
    putAll("x%2Ay", "xzy");
    assertEquals(List.of("x*y"), names(done("ls", at("x%2Ay")).out()));
    String uri = field(done("ls", "--json", at("x%2A")).out(), "uri").replace("\"", "");
    assertEquals("1 object deleted\n", done("rm", uri).out());
    assertEquals(List.of("xzy"), keys());
  }

  @Test
  void someOfATreeAreIncludedAndExcluded() throws Exception {
    for (String name :
        List.of("a/1.raw", "a/2.txt", "b/3.raw", "b/tmp/4.raw", "5.raw", "b.raw/6")) {
      write(folder.resolve("tree").resolve(name), name);
    }
    String tree = folder.resolve("tree").toString();
    String copied =
        done("cp", "-r", "--json", "--include", "*.raw", "--exclude", "tmp/", tree, at("one"))
            .out();
    assertEquals("3", field(copied, "objects"));
    assertEquals(List.of("one/5.raw", "one/a/1.raw", "one/b/3.raw"), keys());
    done("rm", "-r", "-q", at("one"));
    done("cp", "-r", "-q", "--include", "a/*", "--include", "/?.raw", tree, at("one"));
    assertEquals(List.of("one/5.raw", "one/a/1.raw", "one/a/2.txt"), keys());
    done("rm", "-r", "-q", "--exclude", "a/**", at("one"));
    assertEquals(List.of("one/a/1.raw", "one/a/2.txt"), keys());
    assertEquals(
        "1", field(done("du", "--json", "--include", "*.txt", at("one/")).out(), "objects"));
    refused(2, "--include and --exclude are for", "cp", "--include", "x", at("a"), at("b"));
  }

  @Test
  void aTreeIsSynchronized() throws Exception {
    Path tree = folder.resolve("tree");
    for (String name : List.of("a", "b", "d/c")) {
      write(tree.resolve(name), name);
    }
    String first = done("sync", "--json", tree.toString(), at("t")).out();
    assertEquals("3", field(first, "objects"));
    String again = done("sync", "--json", tree.toString(), at("t")).out();
    assertEquals("0", field(again, "objects"));
    assertEquals("3", field(again, "skipped"));

    // A later time and another size are a change; what is gone stays without --delete.
    write(tree.resolve("b"), "longer");
    Files.delete(tree.resolve("d/c"));
    write(tree.resolve("new"), "new");
    String dry = done("sync", "--delete", "--dry-run", tree.toString(), at("t")).out();
    assertEquals(3, dry.lines().count(), dry);
    assertEquals(1, dry.lines().filter(line -> line.startsWith("would delete ")).count(), dry);
    assertEquals(List.of("t/a", "t/b", "t/d/c"), keys());
    String changed = done("sync", "--json", tree.toString(), at("t")).out();
    assertEquals("2", field(changed, "objects"));
    assertEquals("0", field(changed, "deleted"));
    assertEquals(List.of("t/a", "t/b", "t/d/c", "t/new"), keys());

    String deleted = done("sync", "--delete", "--json", tree.toString(), at("t")).out();
    assertEquals("0", field(deleted, "objects"));
    assertEquals("1", field(deleted, "deleted"));
    assertEquals(List.of("t/a", "t/b", "t/new"), keys());

    // What is left out is neither copied nor deleted.
    Files.delete(tree.resolve("b"));
    done("sync", "--delete", "-q", "--exclude", "b", tree.toString(), at("t"));
    assertEquals(List.of("t/a", "t/b", "t/new"), keys());

    Path back = folder.resolve("back");
    write(back.resolve("gone"), "x");
    done("sync", "--delete", "-q", at("t"), back.toString());
    assertEquals(List.of("back/a", "back/b", "back/new", "tree/a", "tree/new"), files());
    assertEquals("longer", Files.readString(back.resolve("b")));
    String same = done("sync", "--json", at("t"), back.toString()).out();
    assertEquals("0", field(same, "objects"));
  }

  @Test
  void nothingIsDeletedWhereNothingIsLeftOrSomethingFailed() throws Exception {
    putAll("t/a", "t/b");
    Path empty = Files.createDirectory(folder.resolve("empty"));
    refused(1, "nothing was deleted", "sync", "--delete", empty.toString(), at("t"));
    refused(1, "no such directory", "sync", "--delete", folder + "/none", at("t"));
    refused(2, "one lies below the other", "sync", at("t"), at("t/u"));
    assertEquals(List.of("t/a", "t/b"), keys());
    // A name that is a folder there can't be written.
    Path there = folder.resolve("there");
    write(there.resolve("a/x"), "x");
    write(there.resolve("gone"), "x");
    CommandRun run = CommandRun.of("sync", "--delete", "--json", at("t"), there.toString());
    assertEquals(1, run.status(), run::toString);
    assertEquals("1", field(run.out(), "failed"));
    assertEquals("0", field(run.out(), "deleted"));
    assertTrue(Files.exists(there.resolve("gone")));
  }

  @Test
  void objectsAreMoved() throws Exception {
    putAll("a/1", "a/2", "b");
    String moved = done("mv", "--json", at("b"), at("c")).out();
    assertEquals("1", field(moved, "objects"));
    assertEquals(List.of("a/1", "a/2", "c"), keys());
    String dry = done("mv", "-r", "--dry-run", at("a"), at("z")).out();
    assertEquals(2, dry.lines().filter(line -> line.startsWith("would move ")).count(), dry);
    assertEquals(List.of("a/1", "a/2", "c"), keys());
    Path to = folder.resolve("to");
    done("mv", "-r", "-q", at("a"), to.toString());
    assertEquals(List.of("c"), keys());
    assertEquals("a/2", Files.readString(to.resolve("2")));
    done("mv", "-q", to.resolve("1").toString(), at("d/"));
    assertEquals(List.of("c", "d/1"), keys());
    assertEquals(List.of("to/2"), files());
    // What is there is neither replaced nor lost.
    write(to.resolve("1"), "other");
    done("mv", "-q", "--no-clobber", to.resolve("1").toString(), at("d/"));
    assertEquals("other", Files.readString(to.resolve("1")));
    refused(2, "the same", "mv", at("c"), at("c"));
    CommandRun self = CommandRun.of("mv", at("d/", "*"), at("d/"));
    assertEquals(1, self.status(), self::toString);
    assertTrue(self.err().contains("are the same: nothing was moved"), self::toString);
    assertEquals(List.of("c", "d/1"), keys());
  }

  @Test
  void sizesAreSummed() throws Exception {
    putAll("a/1", "a/22", "b/333", "top");
    List<String> lines = done("du", "--json", at("a/"), at("", "**3*")).out().lines().toList();
    assertEquals(3, lines.size(), lines::toString);
    assertEquals("7", field(lines.get(0), "bytes"));
    assertEquals("5", field(lines.get(1), "bytes"));
    assertEquals("12", field(lines.get(2), "bytes"));
    List<String> folders = done("du", "--folders", at("")).out().lines().toList();
    assertEquals(3, folders.size(), folders::toString);
    assertTrue(folders.getLast().matches(" +15 B +4 objects  .*"), folders::toString);
    assertEquals("3", field(done("du", "--json", at("top")).out(), "bytes"));
    refused(1, "none", "du", at("none"));
  }

  @Test
  void whatIsThereIsNotReplacedWhereThatIsAskedFor() throws Exception {
    putAll("k");
    Path file = Files.writeString(folder.resolve("other"), "other");
    String put = done("put", "--no-clobber", "--json", file.toString(), at("k")).out();
    assertEquals("1", field(put, "skipped"));
    assertEquals("0", field(put, "objects"));
    Path there = Files.writeString(folder.resolve("there"), "there");
    String got = done("get", "--no-clobber", "--json", at("k"), there.toString()).out();
    assertEquals("1", field(got, "skipped"));
    assertEquals("there", Files.readString(there));
    // And what is replaced is said.
    got = done("get", "--json", at("k"), there.toString()).out();
    assertEquals("true", field(got, "replaced"));
    assertEquals("k", Files.readString(there));
    assertTrue(done("get", at("k"), there.toString()).out().contains("there (replaced): "));
    Files.delete(there);
    assertEquals(
        "false", field(done("get", "--json", at("k"), there.toString()).out(), "replaced"));
  }

  @Test
  void filesKeepTheTimesOfTheirObjectsOrOfTheFilesThatTheseWere() throws Exception {
    Path file = Files.writeString(folder.resolve("old"), "old");
    Instant time = Instant.parse("2001-02-03T04:05:06.789Z");
    Files.setLastModifiedTime(file, FileTime.from(time));
    done("put", "-q", file.toString(), at("k"));
    Path back = folder.resolve("back");
    done("get", "-q", at("k"), back.toString());
    String stored = field(done("stat", "--json", at("k")).out(), "modified").replace("\"", "");
    assertEquals(Instant.parse(stored), Files.getLastModifiedTime(back).toInstant());
    done("get", "-q", "--times", at("k"), back.toString());
    assertEquals(time, Files.getLastModifiedTime(back).toInstant());
    done("cp", "-q", "--times", at("k"), folder.resolve("copy").toString());
    assertEquals(time, Files.getLastModifiedTime(folder.resolve("copy")).toInstant());
  }

  @Test
  void aListOfCommandsIsRun() throws Exception {
    Path tree = folder.resolve("tree");
    write(tree.resolve("a b"), "1");
    write(tree.resolve("c"), "22");
    Path list =
        Files.writeString(
            folder.resolve("list"),
            "# comment\n\nput -q '"
                + tree.resolve("a b")
                + "' \""
                + at("x/a b")
                + "\"\n"
                + "cp -q "
                + tree.resolve("c")
                + " '"
                + at("x/c")
                + "'\n",
            StandardCharsets.UTF_8);
    String run = done("run", "--json", list.toString()).out();
    assertEquals("2", field(run, "done"));
    assertEquals(List.of("x/a b", "x/c"), keys());
    Path bad =
        Files.writeString(
            folder.resolve("bad"),
            "rm -q '" + at("x/c") + "'\nstat '" + at("x/none") + "'\nserve\nls 'x\n");
    CommandRun failed = CommandRun.of("run", "--json", "-j", "1", bad.toString());
    assertEquals(1, failed.status(), failed::toString);
    assertEquals("1", field(failed.out().lines().toList().getLast(), "done"));
    assertEquals("3", field(failed.out().lines().toList().getLast(), "failed"));
    assertTrue(
        failed.err().contains("line 3: serve is not a command that run takes"), failed::toString);
    assertTrue(failed.err().contains("line 4: a ' has no other one"), failed::toString);
    assertEquals(List.of("x/a b"), keys());
    CommandRun stopped = CommandRun.of("run", "--json", "--stop", "-j", "1", bad.toString());
    assertEquals("1", field(stopped.out().lines().toList().getLast(), "failed"), stopped::toString);
    refused(1, "no such file", "run", folder.resolve("nolist").toString());
  }
}
