package dev.segue.cli.zenoh;

import dev.segue.cli.terminal.StandardInput;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Lines of the standard input, read on a thread of their own: nothing wakes a read of it, and
 * Ctrl-C must end who waits for the next line.
 */
final class StandardLines {
  private static final int AHEAD = 16;
  private static final int LONGEST_BYTE_SIZE = 32 << 20;

  private final BlockingQueue<Next> queue = new ArrayBlockingQueue<>(AHEAD);

  /** A line, or a fault, or the end. */
  private record Next(@Nullable String line, @Nullable IOException fault) {}

  private StandardLines() {}

  static StandardLines start() {
    StandardLines lines = new StandardLines();
    Thread.ofPlatform().daemon().name("segue-standard-input").start(lines::read);
    return lines;
  }

  @SuppressWarnings("resource") // the standard input is the process's
  private void read() {
    Utf8Lines lines =
        new Utf8Lines(new FileInputStream(FileDescriptor.in), "standard input", LONGEST_BYTE_SIZE);
    try {
      queue.put(pass(lines));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Hands the lines on; returns what their end is, for which the other thread waits. */
  private Next pass(Utf8Lines lines) throws InterruptedException {
    try {
      StandardInput.check();
      for (Optional<String> line = lines.next(); line.isPresent(); line = lines.next()) {
        queue.put(new Next(line.get(), null));
      }
      return new Next(null, null);
    } catch (IOException e) {
      return new Next(null, e);
    } catch (OutOfMemoryError e) {
      return new Next(null, new IOException("standard input: no memory for its lines", e));
    }
  }

  /** The next line, waiting for it; empty at the end. */
  Optional<String> next() throws IOException, InterruptedException {
    Next next = queue.take();
    IOException fault = next.fault();
    if (fault != null) {
      throw fault;
    }
    return Optional.ofNullable(next.line());
  }
}
