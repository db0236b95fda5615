package dev.segue.cli.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.cli.CommandRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Objects whose names end with a slash: most stand for folders and have no bytes; not all. */
@Timeout(60)
class FolderKeysTest {
  @TempDir Path folder;
  private final RacingS3 server = new RacingS3();

  FolderKeysTest() throws IOException {}

  @BeforeEach
  void put() {
    server.put("a/t/x", "x");
    server.put("a/t/marker/", "");
    server.put("a/t/bytes/", "bytes");
  }

  @AfterEach
  void end() {
    server.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"cp -r", "mv -r", "sync"})
  void bytesAreCopiedFromStoreToStore(String command) {
    String line = command + " " + server.at("a/t/") + " " + server.at("b/t/");
    CommandRun run = CommandRun.of(line.split(" "));
    assertEquals(0, run.status(), run::toString);
    assertEquals("x", server.text("b/t/x"));
    assertEquals("bytes", server.text("b/t/bytes/"), run::toString);
    assertEquals(command.startsWith("mv") ? "" : "bytes", server.text("a/t/bytes/"));
  }

  /** No file has such a name. */
  @ParameterizedTest
  @ValueSource(strings = {"cp -r", "mv -r", "sync --delete"})
  void bytesThatAreNotCopiedToAFileAreAFault(String command) throws Exception {
    Path extra = Files.writeString(folder.resolve("extra"), "extra");
    String line = command + " " + server.at("a/t/") + " " + folder;
    CommandRun run = CommandRun.of(line.split(" "));
    assertEquals(1, run.status(), run::toString);
    assertTrue(run.err().contains("bytes/"), run::toString);
    assertEquals("x", Files.readString(folder.resolve("x")));
    assertEquals("bytes", server.text("a/t/bytes/"));
    assertTrue(Files.exists(extra));
  }

  /** Its name is in the source as well, though it is not copied. */
  @ParameterizedTest
  @ValueSource(strings = {"--dry-run", "--jobs=1"})
  void bytesInThePlaceOfAMarkerAreNotDeleted(String option) {
    server.put("b/t/marker/", "bytes");
    server.put("b/t/only/", "bytes");
    CommandRun run =
        CommandRun.of("sync", "--delete", option, server.at("a/t/"), server.at("b/t/"));
    assertEquals(0, run.status(), run::toString);
    assertFalse(run.out().contains("t/marker/"), run::toString);
    assertEquals("bytes", server.text("b/t/marker/"));
    boolean isDryRun = option.equals("--dry-run");
    assertEquals(isDryRun, run.out().contains("would delete " + server.at("b/t/only/")));
    assertEquals(isDryRun ? "bytes" : "", server.text("b/t/only/"));
  }

  @Test
  void aMarkerAloneIsNoFault() {
    server.put("a/u/marker/", "");
    server.put("a/u/x", "x");
    CommandRun run = CommandRun.of("cp", "-r", server.at("a/u/"), folder.toString());
    assertEquals(0, run.status(), run::toString);
  }
}
