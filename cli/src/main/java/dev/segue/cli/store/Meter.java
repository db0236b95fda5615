package dev.segue.cli.store;

import dev.segue.cli.terminal.ProgressLine;
import dev.segue.cli.terminal.Quantities;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Counts bytes that are on their way and shows them on a line, ten times a second.
 *
 * <p>Owner: the command. Lifetime: until {@link #close()}. Threads: any.
 */
final class Meter implements AutoCloseable {
  private static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final int NARROW_COLUMN_COUNT = 72;

  /** Of the newest period in the rate that is shown. */
  private static final double WEIGHT = 0.1;

  private final AtomicLong done = new AtomicLong();
  private final AtomicLong resumed = new AtomicLong();
  private final AtomicLong expected = new AtomicLong();
  private final ProgressLine line;
  private final String label;
  private final Thread drawing;
  private volatile boolean counting;
  private volatile boolean closed;

  Meter(ProgressLine line, String label) {
    this.line = line;
    this.label = label;
    this.drawing = Thread.ofPlatform().daemon().name("segue-progress").unstarted(this::draw);
    if (line.isTerminal()) {
      drawing.start();
    }
  }

  /** So many bytes more will come. */
  void expect(long byteSize) {
    expected.addAndGet(byteSize);
  }

  /** More objects will be found: until then a share of what is known would mislead. */
  void expectMore() {
    counting = true;
  }

  /** All that will come is known. */
  void expectNoMore() {
    counting = false;
  }

  /** So many bytes have gone. */
  void advance(long byteSize) {
    done.addAndGet(byteSize);
  }

  /** So many bytes have gone before. */
  void resume(long byteSize) {
    resumed.addAndGet(byteSize);
    advance(byteSize);
  }

  long resumedByteSize() {
    return resumed.get();
  }

  long doneByteSize() {
    return done.get();
  }

  private void draw() {
    long at = System.nanoTime();
    long before = done.get();
    double rate = -1;
    while (!closed) {
      LockSupport.parkNanos(PERIOD_NANOS);
      long now = System.nanoTime();
      long bytes = done.get();
      double newest = (bytes - before) * 1e9 / Math.max(1, now - at);
      rate = rate < 0 ? newest : rate + WEIGHT * (newest - rate);
      at = now;
      before = bytes;
      show(text(label, bytes, counting ? 0 : expected.get(), rate, line.columnCount()));
    }
  }

  private synchronized void show(String text) {
    if (!closed) {
      line.show(text);
    }
  }

  /** Writes a line of its own above the one that shows the bytes. */
  synchronized void say(PrintWriter err, String text) {
    line.close();
    err.println(text);
    err.flush();
  }

  /** Returns what the line says; {@code expected} is zero when nobody knows. */
  static String text(String label, long done, long expected, double rate, int columnCount) {
    if (expected <= 0) {
      return label + "  " + Quantities.byteSize(done) + "  " + Quantities.rate(rate);
    }
    double fraction = Math.min(1, (double) done / expected);
    String bar = columnCount < NARROW_COLUMN_COUNT ? "" : ProgressLine.bar(fraction) + " ";
    String left = rate < 1 ? "" : "  ETA " + eta(expected - done, rate);
    return String.format(
        Locale.ROOT,
        "%s  %s%3.0f %%  %s of %s  %s%s",
        label,
        bar,
        Math.floor(fraction * 100),
        Quantities.byteSize(done),
        Quantities.byteSize(expected),
        Quantities.rate(rate),
        done < expected ? left : "  finishing");
  }

  private static String eta(long byteSize, double rate) {
    return Quantities.wholeSeconds((long) Math.ceil(byteSize / rate));
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(drawing);
    boolean interrupted = Thread.interrupted();
    try {
      drawing.join();
    } catch (InterruptedException e) {
      interrupted = true;
    }
    line.close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
