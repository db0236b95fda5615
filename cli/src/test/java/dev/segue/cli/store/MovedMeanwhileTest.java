package dev.segue.cli.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.cli.CommandRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What others write while it is moved or synchronized is not lost. */
@Timeout(60)
class MovedMeanwhileTest {
  @TempDir Path folder;
  private final RacingS3 server = new RacingS3();

  MovedMeanwhileTest() throws IOException {}

  @AfterEach
  void end() {
    server.close();
  }

  private static CommandRun done(String... arguments) {
    CommandRun run = CommandRun.of(arguments);
    assertEquals(0, run.status(), run::toString);
    return run;
  }

  private CommandRun moved(String target) {
    return CommandRun.of("mv", server.at("a/k"), target);
  }

  private void assertTheFoundVersionIsMovedTo(String target) {
    server.put("a/k", "on");
    AtomicInteger heads = new AtomicInteger();
    server.before =
        request -> {
          if (request.equals("HEAD a/k")) {
            // It changes behind the first look, and back before the last one.
            server.put("a/k", heads.incrementAndGet() == 2 ? "off" : "on");
          }
        };
    CommandRun run = moved(server.at(target));
    assertTrue(
        !server.text("a/k").isEmpty() || server.text(target).equals("on"),
        () -> run + " " + server.asked + " k=" + server.text("a/k") + " l=" + server.text(target));
  }

  @Test
  void whatIsMovedByTheStoreIsTheVersionThatWasFound() {
    assertTheFoundVersionIsMovedTo("a/l");
  }

  @Test
  void whatIsMovedBetweenBucketsByTheStoreIsTheVersionThatWasFound() {
    assertTheFoundVersionIsMovedTo("b/k");
  }

  @Test
  void whatIsWrittenBetweenTheLastLookAndTheDeletionStays() {
    server.put("a/k", "old");
    server.before =
        request -> {
          if (request.equals("DELETE a/k") || request.equals("POST a/")) {
            server.put("a/k", "new");
          }
        };
    CommandRun run = moved(folder.resolve("k").toString());
    assertEquals("new", server.text("a/k"), () -> run + " " + server.asked);
    assertEquals(1, run.status(), run::toString);
  }

  @Test
  void aDeletionWhoseAnswerWasLostDeletesNothingNew() {
    server.put("a/k", "old");
    AtomicInteger deletions = new AtomicInteger();
    server.after =
        request -> {
          if ((request.equals("DELETE a/k") || request.startsWith("POST a"))
              && deletions.incrementAndGet() == 1) {
            server.put("a/k", "new");
            throw new IOException("the answer is lost");
          }
        };
    CommandRun run = moved(folder.resolve("k").toString());
    assertEquals("new", server.text("a/k"), () -> run + " " + server.asked);
  }

  /** The other name is as S3's access points are. */
  private void assertStaysWhenMovedOntoItself() {
    server.aliases.put("b", "a");
    CommandRun run = moved(server.at("b/k"));
    assertEquals("bytes", server.text("a/k"), () -> run + " " + server.asked);
    assertEquals(1, run.status(), run::toString);
  }

  @Test
  void whatIsMovedOntoItselfByAnotherNameOfItsBucketStays() {
    server.put("a/k", "bytes", Instant.now().minusSeconds(100));
    assertStaysWhenMovedOntoItself();
  }

  @Test
  void whatIsMovedOntoItselfByAnotherNameOfItsBucketAtOnceStays() {
    server.put("a/k", "bytes");
    assertStaysWhenMovedOntoItself();
  }

  /** What it is to be synchronized with has something that it has not. */
  private Path treeOfX() throws IOException {
    Path tree = Files.createDirectory(folder.resolve("tree"));
    Files.writeString(tree.resolve("x"), "x");
    server.put("a/t/gone", "old");
    return tree;
  }

  @Test
  void whatIsWrittenToAFolderWhileItIsSynchronizedStays() throws Exception {
    Path tree = treeOfX();
    server.put("a/t/rewritten", "old");
    server.before =
        request -> {
          if (request.equals("PUT a/t/x")) {
            server.put("a/t/rewritten", "new");
          }
        };
    CommandRun run = CommandRun.of("sync", "--delete", tree.toString(), server.at("a/t/"));
    assertEquals("new", server.text("a/t/rewritten"), () -> run + " " + server.asked);
    assertEquals("", server.text("a/t/gone"), run::toString);
  }

  @Test
  void whatHasComeToTheSourceMeanwhileIsNotDeletedFromItsCopy() throws Exception {
    Path tree = treeOfX();
    server.put("a/t/back", "old");
    server.before =
        request -> {
          if (request.equals("PUT a/t/x")) {
            Files.writeString(tree.resolve("back"), "old");
          }
        };
    CommandRun run = done("sync", "--delete", tree.toString(), server.at("a/t/"));
    assertEquals("old", server.text("a/t/back"), () -> run + " " + server.asked);
    assertEquals("", server.text("a/t/gone"), run::toString);
  }

  @Test
  void whatCanNotBeDeletedIsCountedAndKeepsNothingElse() {
    server.put("a/k", "new");
    server.put("b/gone1", "old");
    server.put("b/gone2", "old");
    server.put("b/held", "old");
    server.locked.add("b/held");
    CommandRun run = CommandRun.of("sync", "--json", "--delete", server.at("a/"), server.at("b/"));
    assertEquals(1, run.status(), run::toString);
    assertTrue(run.out().contains("\"objects\":1,"), run::toString);
    assertTrue(run.out().contains("\"deleted\":2"), run::toString);
    assertTrue(run.out().contains("\"undeleted\":1"), run::toString);
    assertTrue(run.err().contains("AccessDenied"), run::toString);
    assertEquals("old", server.text("b/held"));
    assertEquals("new", server.text("b/k"));
  }

  @Test
  void rmCountsWhatCanNotBeDeletedAndDeletesTheRest() {
    server.put("b/held", "old");
    server.put("b/k", "old");
    server.locked.add("b/held");
    CommandRun run = CommandRun.of("rm", "--json", "-r", server.at("b/"));
    assertEquals(1, run.status(), run::toString);
    assertTrue(run.out().contains("\"objects\":1,"), run::toString);
    assertTrue(run.out().contains("\"failed\":1"), run::toString);
    assertTrue(run.err().contains("AccessDenied"), run::toString);
    assertEquals("", server.text("b/k"));
  }

  /** An access point's name hides that what is to be deleted is the source. */
  @Test
  void aFolderIsNotSynchronizedWithOneAboveItByAnotherName() {
    Instant before = Instant.now().minusSeconds(100);
    server.aliases.put("point", "a");
    server.put("a/backup/k", "only", before);
    server.put("a/backup/l", "only", before);
    CommandRun run = CommandRun.of("sync", "--delete", server.at("point/backup/"), server.at("a/"));
    assertEquals("only", server.text("a/backup/k"), run::toString);
    assertEquals(1, run.status(), run::toString);
  }

  @Test
  void aFolderIsNotSynchronizedWithOneBelowItByAnotherName() {
    Instant before = Instant.now().minusSeconds(100);
    server.aliases.put("point", "a");
    server.put("a/backup/k", "only", before);
    CommandRun run = CommandRun.of("sync", "--delete", server.at("a/"), server.at("point/backup/"));
    assertEquals("only", server.text("a/backup/k"), run::toString);
    assertEquals("", server.text("a/backup/backup/k"), run::toString);
    assertEquals(1, run.status(), run::toString);
  }

  private long askedCount(String start) {
    return server.asked.stream().filter(request -> request.startsWith(start)).count();
  }

  @Test
  void whatCanNotBeDeletedIsNotLookedAtOneByOne() {
    for (int i = 0; i < 20; i++) {
      server.put("b/held" + i, "old");
      server.locked.add("b/held" + i);
    }
    server.put("b/k", "old");
    CommandRun run = CommandRun.of("rm", "--json", "-r", server.at("b/"));
    assertEquals(1, run.status(), run::toString);
    assertTrue(run.out().contains("\"objects\":1,"), run::toString);
    assertTrue(run.out().contains("\"failed\":20"), run::toString);
    assertEquals(0, askedCount("HEAD"), server.asked::toString);
  }

  @ParameterizedTest
  @ValueSource(strings = {"mv", "cp"})
  void whatAListingShowsWithoutItsVersionIsCopied(String verb) throws Exception {
    server.listsEtags = false;
    for (String target :
        List.of(server.at("a/to/"), server.at("b/to/"), folder.resolve("to") + "/")) {
      server.put("a/from/k", "bytes");
      CommandRun run = done(verb, "-r", server.at("a/from/"), target);
      assertEquals(verb.equals("mv") ? "" : "bytes", server.text("a/from/k"), run::toString);
    }
    assertEquals("bytes", server.text("a/to/k"));
    assertEquals("bytes", server.text("b/to/k"));
    assertEquals("bytes", Files.readString(folder.resolve("to/k")));
  }

  /** Of the object, when the last look at it is over. */
  private CommandRun synchronizedWhile(String now) throws IOException {
    Path tree = treeOfX();
    server.put("a/t/rewritten", "old");
    server.before =
        request -> {
          if (request.startsWith("POST a") || request.startsWith("DELETE a/t/rewritten")) {
            server.put("a/t/rewritten", now);
          }
        };
    return done("sync", "--json", "--delete", tree.toString(), server.at("a/t/"));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatIsWrittenBehindTheLastLookOfASynchronizationStays(boolean listsEtags) throws Exception {
    server.listsEtags = listsEtags;
    CommandRun run = synchronizedWhile("new");
    assertEquals("new", server.text("a/t/rewritten"), () -> run + " " + server.asked);
    assertEquals("", server.text("a/t/gone"), run::toString);
    assertTrue(run.out().contains("\"deleted\":1"), run::toString);
    assertTrue(run.out().contains("\"undeleted\":0"), run::toString);
  }

  /** As documented: nothing keeps such a server from it. */
  @Test
  void aServerThatKnowsNoConditionsDeletesAll() throws Exception {
    server.deletesOnConditions = false;
    CommandRun run = synchronizedWhile("new");
    assertEquals("", server.text("a/t/rewritten"), () -> run + " " + server.asked);
    assertTrue(run.out().contains("\"deleted\":2"), run::toString);
  }
}
