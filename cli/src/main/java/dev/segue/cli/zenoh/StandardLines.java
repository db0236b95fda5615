package dev.segue.cli.zenoh;

import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
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
    try {
      BufferedReader reader =
          new BufferedReader(
              new InputStreamReader(
                  new FileInputStream(FileDescriptor.in), StandardCharsets.UTF_8));
      try {
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
          queue.put(new Next(line, null));
        }
        queue.put(new Next(null, null));
      } catch (IOException e) {
        queue.put(new Next(null, e));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
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
