package dev.segue.bench.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bench.harness.Command;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class CheckoutTest {
  @TempDir Path root;

  private void git(String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of("git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-C", "" + root));
    command.addAll(List.of(arguments));
    Command said = Command.run(Duration.ofSeconds(20), command.toArray(String[]::new));
    assertEquals(0, said.exitCode(), said.text());
  }

  @Test
  void aCommitIsWhatWasBuiltOnlyWithoutEditedAndWithoutNewSources() throws Exception {
    assertFalse(Checkout.isCommitted(Checkout.commit(root)), "no repository");
    git("init", "-q");
    Files.createDirectory(root.resolve("src"));
    Files.createDirectory(root.resolve("docs"));
    Path old = Files.writeString(root.resolve("src/Old.java"), "class Old {}");
    git("add", ".");
    git("commit", "-q", "-m", "old");
    String commit = Checkout.commit(root);
    assertTrue(Checkout.isCommitted(commit), commit);
    assertEquals(12, commit.length(), commit);

    Files.writeString(root.resolve("README.md"), "A document is not built.");
    Files.writeString(root.resolve("docs/report.json"), "{}");
    assertEquals(commit, Checkout.commit(root));

    Path added = Files.writeString(root.resolve("src/New.java"), "class New {}");
    assertEquals(commit + " with changes", Checkout.commit(root), "a new source is built, too");
    Files.delete(added);
    Files.writeString(old, "class Old { int edited; }");
    assertFalse(Checkout.isCommitted(Checkout.commit(root)));
  }
}
