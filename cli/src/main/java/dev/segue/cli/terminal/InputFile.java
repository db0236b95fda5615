package dev.segue.cli.terminal;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Files that a user names to be read: they may be pipes, or the standard input by a name of it. */
public final class InputFile {
  private InputFile() {}

  /**
   * Opens one. A pipe is open when somebody writes to it; nothing wakes who waits for that, so a
   * thread of its own does.
   *
   * @throws InterruptedIOException if the thread is interrupted meanwhile; it stays so
   */
  public static FileChannel open(Path file) throws IOException {
    StandardInput.check(file);
    if (Files.isRegularFile(file)) {
      return FileChannel.open(file, StandardOpenOption.READ);
    }
    CompletableFuture<FileChannel> opened = new CompletableFuture<>();
    Thread.ofPlatform().daemon().name("segue-open").start(() -> open(file, opened));
    try {
      return opened.get();
    } catch (InterruptedException e) {
      opened.cancel(false);
      Thread.currentThread().interrupt();
      InterruptedIOException interrupted = new InterruptedIOException(file + ": interrupted");
      interrupted.initCause(e);
      throw interrupted;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException fault) {
        throw fault;
      }
      throw new IOException(file + ": " + e.getCause(), e);
    }
  }

  /** Opens one by its name, or the standard input for {@code -}. */
  public static InputStream stream(String name) throws IOException {
    return name.equals("-") ? StandardInput.open() : stream(Path.of(name));
  }

  private static InputStream stream(Path file) throws IOException {
    return Channels.newInputStream(open(file));
  }

  /** Reads one to its end. */
  public static byte[] readAllBytes(Path file) throws IOException {
    try (InputStream in = stream(file)) {
      return in.readAllBytes();
    }
  }

  private static void open(Path file, CompletableFuture<FileChannel> opened) {
    try {
      FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
      if (!opened.complete(channel)) {
        channel.close();
      }
    } catch (IOException | RuntimeException | Error e) {
      opened.completeExceptionally(e);
    }
  }
}
