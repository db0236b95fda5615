package dev.segue.bench.harness;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * A process of a bench and the lines that it prints.
 *
 * <p>Owner: the bench. Lifetime: until {@link #close()}, or the end of this JVM, which takes it
 * along. Threads: any.
 */
public final class Child implements AutoCloseable {
  private static final int TAIL = 15;

  private final String what;
  private final Process process;
  private final List<Line> lines = new ArrayList<>();
  private boolean ended;

  /**
   * A line of output.
   *
   * @param text without its end
   * @param cpuSeconds what the process had used when it came, or NaN
   * @param nanoTime when it came
   */
  public record Line(String text, double cpuSeconds, long nanoTime) {}

  private Child(String what, Process process) {
    this.what = what;
    this.process = process;
  }

  /** Starts a command; {@code what} names it in errors. */
  public static Child start(String what, List<String> command) throws IOException {
    Process process = Leftovers.start(new ProcessBuilder(command).redirectErrorStream(true));
    Child child = new Child(what, process);
    Thread.ofPlatform().daemon().name("lines of " + what).start(child::readLines);
    return child;
  }

  private void readLines() {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String text = reader.readLine(); text != null; text = reader.readLine()) {
        add(new Line(text, cpuSeconds(), System.nanoTime()));
      }
    } catch (IOException | UncheckedIOException e) {
      add(new Line("(output lost: " + e.getMessage() + ")", Double.NaN, System.nanoTime()));
    }
    synchronized (this) {
      ended = true;
      notifyAll();
    }
  }

  private synchronized void add(Line line) {
    lines.add(line);
    notifyAll();
  }

  /** Sends it a line. */
  public void send(String line) throws IOException {
    OutputStream to = process.getOutputStream();
    to.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    to.flush();
  }

  /** The processor time that the process has used, or NaN if it is gone. */
  public double cpuSeconds() {
    return CpuClock.secondsOf(process.pid());
  }

  /** Its number. */
  public long pid() {
    return process.pid();
  }

  /** Returns what it printed so far. */
  public synchronized List<Line> lines() {
    return List.copyOf(lines);
  }

  /** The lines that have a text in them. */
  public List<Line> lines(String text) {
    return lines().stream().filter(line -> line.text().contains(text)).toList();
  }

  /**
   * Waits for as many lines as {@code count} that match.
   *
   * @throws IOException if the process ends before, or they don't come in time
   */
  public synchronized void awaitLines(Predicate<String> matches, int count, Duration timeout)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (lines.stream().filter(line -> matches.test(line.text())).count() < count) {
      long left = deadline - System.nanoTime();
      if (ended || left <= 0) {
        throw failure(ended ? "ended before its line came" : "said nothing for " + timeout);
      }
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
  }

  /** Waits for {@code ready}. */
  public void awaitReady() throws IOException, InterruptedException {
    awaitLines("ready"::equals, 1, Duration.ofSeconds(30));
  }

  /**
   * Waits for the end of the process and of its output.
   *
   * @throws IOException if it fails or does not end in time
   */
  public void awaitSuccess(Duration timeout) throws IOException, InterruptedException {
    if (!process.waitFor(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
      throw failure("did not end within " + timeout);
    }
    synchronized (this) {
      // A process that it started may hold the output open for longer.
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
      while (!ended && System.nanoTime() < deadline) {
        wait(100);
      }
    }
    if (process.exitValue() != 0) {
      throw failure("ended with exitCode=" + process.exitValue());
    }
  }

  /** Returns whether it runs. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** An error about this process, with the last lines that it printed. */
  public IOException failure(String why) {
    List<Line> all = lines();
    StringBuilder message = new StringBuilder(what).append(' ').append(why);
    all.subList(Math.max(0, all.size() - TAIL), all.size())
        .forEach(line -> message.append("\n    ").append(line.text()));
    return new IOException(message.toString());
  }

  /** Ends the process and those that it started, by force if it must be, and waits for its end. */
  @Override
  public void close() {
    Leftovers.end(process);
  }
}
