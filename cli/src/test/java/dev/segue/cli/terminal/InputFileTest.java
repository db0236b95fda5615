package dev.segue.cli.terminal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.InterruptedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Pipes whose other end nobody has opened yet. */
@Timeout(60)
class InputFileTest {
  @TempDir private Path folder;

  private Path pipe() throws Exception {
    Path pipe = folder.resolve("pipe");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    return pipe;
  }

  @Test
  void whoWaitsForTheWriterOfAPipeIsInterrupted() throws Exception {
    Path pipe = pipe();
    CompletableFuture<Object> ended = new CompletableFuture<>();
    Thread opening =
        Thread.ofPlatform()
            .daemon()
            .start(
                () -> {
                  try (FileChannel channel = InputFile.open(pipe)) {
                    ended.complete(channel);
                  } catch (Throwable e) {
                    ended.complete(e);
                  }
                });
    opening.interrupt();
    assertInstanceOf(InterruptedIOException.class, ended.get());
  }

  @Test
  void aPipeIsReadOnceSomebodyWrites() throws Exception {
    Path pipe = pipe();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                Files.write(pipe, new byte[] {1, 2});
              } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            });
    assertArrayEquals(new byte[] {1, 2}, InputFile.readAllBytes(pipe));
  }

  @Test
  void whatIsNotThereIsAFault() {
    assertThrows(NoSuchFileException.class, () -> InputFile.open(folder.resolve("missing")));
  }
}
