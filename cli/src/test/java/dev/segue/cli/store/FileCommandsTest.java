package dev.segue.cli.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.cli.CommandRun;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileCommandsTest extends StoreCommandsContract {
  @TempDir Path store = Path.of("");

  @Override
  String at(String key) {
    return "file://" + store + "/" + key;
  }

  @Test
  void aPathIsTakenLiterally() throws Exception {
    Path odd = Data.file(folder.resolve("100%25 what?"), 10);
    CommandRun _ = done("cp", odd.toString(), folder.resolve("x?y").toString());
    assertArrayEquals(Files.readAllBytes(odd), Files.readAllBytes(folder.resolve("x?y")));
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

  @Test
  void filesHaveNoUrls() {
    refused(1, "files have no URLs", "presign", at("k"));
  }
}
