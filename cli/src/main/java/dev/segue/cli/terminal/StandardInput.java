package dev.segue.cli.terminal;

import dev.segue.bytes.spi.OpenFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * The standard input, read on a thread of its own: nothing wakes a read of it, and Ctrl-C must end
 * who waits for it.
 *
 * <p>Owner: the command. Lifetime: the process's; closing it does nothing. Threads: one.
 */
public final class StandardInput extends InputStream {
  private static final int CHUNK_BYTE_SIZE = 1 << 16;
  private static final int AHEAD = 4;
  private static final Path INPUT = Path.of("/proc/self/fd/0");

  private final BlockingQueue<Chunk> queue = new ArrayBlockingQueue<>(AHEAD);
  private Chunk chunk = new Chunk(new byte[0], null);
  private int at;

  /** Bytes, or a fault, or the end, which is not bytes. */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record Chunk(byte @Nullable [] bytes, @Nullable IOException fault) {}

  private StandardInput(InputStream in) {
    Thread.ofPlatform().daemon().name("segue-standard-input").start(() -> read(in));
  }

  /** Begins to read it. */
  public static StandardInput open() throws IOException {
    check();
    return new StandardInput(System.in);
  }

  /**
   * Checks that the process was given an input. Where it was not, the first file that the JVM opens
   * has the input's number: its classes would be read as the input, and closing it ends the JVM.
   *
   * @throws IOException if there is none
   */
  public static void check() throws IOException {
    Path classes = Path.of(System.getProperty("java.home"), "lib", "modules");
    if (!isSame(INPUT, classes)) {
      return;
    }
    try (DirectoryStream<Path> open = Files.newDirectoryStream(INPUT.resolveSibling(""))) {
      for (Path each : open) {
        if (!each.equals(INPUT) && isSame(each, classes)) {
          // The JVM has opened them as well: they are what the user gives.
          return;
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    throw new IOException("standard input: it is closed");
  }

  /**
   * The same for a file that is about to be read, if it is the input by a name such as {@code
   * /dev/stdin}.
   */
  public static void check(Path file) throws IOException {
    if (OpenFiles.isOwn(file, 0)) {
      check();
    }
  }

  private static boolean isSame(Path file, Path other) {
    try {
      return Files.isSameFile(file, other);
    } catch (IOException e) {
      return false; // Closed, or a system without such names.
    }
  }

  static StandardInput of(InputStream in) {
    return new StandardInput(in);
  }

  private void read(InputStream in) {
    try {
      queue.put(pass(in));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Hands all on, and returns what its end is. */
  private Chunk pass(InputStream in) throws InterruptedException {
    try {
      byte[] buffer = new byte[CHUNK_BYTE_SIZE];
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        queue.put(new Chunk(Arrays.copyOf(buffer, count), null));
      }
      return new Chunk(null, null);
    } catch (IOException e) {
      return new Chunk(null, e);
    }
  }

  /** Takes the next chunk where this one is used up; returns its bytes, none at the end. */
  private byte @Nullable [] bytes() throws IOException {
    byte[] bytes = chunk.bytes();
    while (bytes != null && at == bytes.length) {
      try {
        chunk = queue.take();
      } catch (InterruptedException e) {
        // What clears away behind this must not be interrupted as well.
        InterruptedIOException interrupted = new InterruptedIOException("standard input");
        interrupted.initCause(e);
        throw interrupted;
      }
      at = 0;
      bytes = chunk.bytes();
    }
    IOException fault = chunk.fault();
    if (fault != null) {
      throw new IOException("standard input: " + fault.getMessage(), fault);
    }
    return bytes;
  }

  @Override
  public int read() throws IOException {
    byte[] bytes = bytes();
    return bytes == null ? -1 : bytes[at++] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    byte[] bytes = bytes();
    if (bytes == null) {
      return -1;
    }
    int count = Math.min(length, bytes.length - at);
    System.arraycopy(bytes, at, target, offset, count);
    at += count;
    return count;
  }
}
