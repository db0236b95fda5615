package dev.segue.cli.demo;

import dev.segue.bytes.CopyLedger;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A child process's side of the lines to and from its parent.
 *
 * <p>When the parent goes, however it does, the standard input ends, and so does this process: its
 * work is interrupted and has some time to close what it opened.
 *
 * <p>Owner: the process's main thread. Lifetime: until {@link #close()}. Threads: that one.
 */
final class ParentLink implements AutoCloseable {
  private static final Duration GRACE = Duration.ofSeconds(2);
  private static final Duration SHORT_GRACE = Duration.ofMillis(200);
  private static final Message END = Message.of("end-of-input");

  private final BlockingQueue<Message> commands = new LinkedBlockingQueue<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final PrintStream events = System.out;

  /** The work of a process, ended by an interrupt when its parent is gone. */
  interface Work {
    void run(ParentLink parent) throws Exception;
  }

  private ParentLink(Thread worker) {
    Runtime.getRuntime().addShutdownHook(new Thread(() -> interruptAndAwait(worker)));
    Thread.ofPlatform().daemon().name("segue-demo-parent").start(() -> readCommands(worker));
  }

  /** Runs a child process's work; what it throws goes to the parent as an event. */
  static int run(Work work) {
    try (ParentLink parent = new ParentLink(Thread.currentThread())) {
      try {
        work.run(parent);
        return 0;
      } catch (InterruptedException e) {
        return 130;
      } catch (Exception e) {
        String text = e.getMessage() == null ? e.toString() : e.getMessage();
        parent.tell(Message.of("failed").with("message", text));
        return 1;
      }
    }
  }

  private void interruptAndAwait(Thread worker) {
    if (closed.getCount() == 0) {
      return;
    }
    worker.interrupt();
    try {
      closed.await(GRACE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void readCommands(Thread worker) {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      String line;
      while ((line = lines.readLine()) != null) {
        commands.add(Message.parse(line));
      }
    } catch (IOException e) {
      // A broken pipe means what its end does.
    }
    commands.add(END);
    try {
      // The work ends by itself if it waits for a command; if it is busy, it doesn't.
      if (!closed.await(SHORT_GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
        worker.interrupt();
        if (!closed.await(GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
          Runtime.getRuntime().halt(1);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The next command, or null when there will be none any more. */
  @Nullable Message await() throws InterruptedException {
    Message next = commands.take();
    return next.equals(END) ? null : next;
  }

  /** The next command, which must be this one. */
  Message await(String name) throws InterruptedException {
    return expect(name, commands.take());
  }

  /** The next command, which must be this one, if it is there already. */
  @Nullable Message poll(String name) throws InterruptedException {
    Message next = commands.poll();
    return next == null ? null : expect(name, next);
  }

  private static Message expect(String name, Message next) throws InterruptedException {
    if (next.equals(END)) {
      throw new InterruptedException("the parent process is gone");
    }
    if (!next.name().equals(name)) {
      throw new IllegalArgumentException("expected " + name + ", got the line: " + next.line());
    }
    return next;
  }

  void tell(Message event) {
    events.println(event.line());
    events.flush();
  }

  /** Adds what was copied, place by place, to an event. */
  static Message withCopies(Message event, CopyLedger.Snapshot copies) {
    Message all = event;
    for (var copied : copies.byteCounts().entrySet()) {
      if (copied.getValue() != 0) {
        all = all.with("copied." + copied.getKey(), copied.getValue());
      }
    }
    return all;
  }

  @Override
  public void close() {
    closed.countDown();
  }
}
