package dev.segue.recording;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.segue.objectstore.ObjectStore;
import dev.segue.testkit.ChildProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A process that a signal stops for longer than it waits for a store. */
@Timeout(120)
@EnabledOnOs({OS.LINUX, OS.MAC})
class StoppedSpoolTest {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  @TempDir Path directory;

  @Test
  void aStoreThatIsThereAgainWhenTheProcessGoesOnIsWaitedFor() throws Exception {
    Path folder = directory.resolve("spool");
    Path there = directory.resolve("store");
    try (Pair pair = Pair.open();
        Spool spool = spool(folder, there)) {
      SpoolTest.recordOne(pair, spool);
    }
    Files.delete(there);
    try (ChildProcess child =
        new ChildProcess(
            new ProcessBuilder(
                ChildProcess.java(StoppedSpoolTest.class, folder.toString(), there.toString())))) {
      child.line("waiting");
      child.stop();
      Thread.sleep(PATIENCE.plusSeconds(1));
      Files.delete(there);
      Files.createDirectory(there);
      child.goOn();
      assertEquals("true", child.line("stored: "));
    }
  }

  /** Its store opens, and is away then: a file is where the folder should be. */
  private static Spool spool(Path folder, Path there) throws Exception {
    Files.createDirectory(there);
    String uri = there.toUri().toString();
    ObjectStore store = ObjectStore.open(uri);
    Files.delete(there);
    Files.createFile(there);
    return Spool.open(
        folder, new SpoolTarget.InStore(store, uri, "drive.mcap"), SpoolOptions.defaults());
  }

  /** The process: it stores what is in the spool {@code FOLDER} in the folder {@code THERE}. */
  public static void main(String[] arguments) throws Exception {
    try (Spool spool = spool(Path.of(arguments[0]), Path.of(arguments[1]))) {
      System.out.println("waiting");
      System.out.println("stored: " + spool.awaitStored(PATIENCE));
    }
  }
}
