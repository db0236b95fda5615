package dev.segue.cli.store;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.SegueCommand;
import dev.segue.cli.terminal.Printable;
import dev.segue.cli.terminal.Watch;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStoreException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Copies many objects, several at a time. One that fails is told in a line of its own, and the
 * others go on.
 *
 * <p>Owner: the command's thread. Lifetime: until {@link #close()}, which ends what is under way.
 * Threads: that one.
 */
final class TreeCopy implements AutoCloseable {
  private static final long GRACE_SECONDS = 15;

  private final CopyTask task;
  private final Meter meter;
  private final int jobCount;
  private final PrintWriter err;
  private final String command;
  private final ExecutorService jobs;
  private final Semaphore room;
  private String spared = "";
  private long seenCount;
  private long submittedCount;
  private final AtomicLong copied = new AtomicLong();
  private final AtomicLong skipped = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();

  TreeCopy(CopyTask task, Meter meter, int jobCount, PrintWriter err, String command) {
    this.task = task;
    this.meter = meter;
    this.jobCount = jobCount;
    this.err = err;
    this.command = command;
    this.jobs = Executors.newFixedThreadPool(jobCount, Thread.ofPlatform().daemon().factory());
    this.room = new Semaphore(jobCount);
  }

  /**
   * Copies nothing to names that begin so: there are objects that are to be copied themselves, and
   * one that came first would be what is copied then.
   */
  void spare(String prefix) {
    spared = prefix;
  }

  /** Copies objects from below one folder to below another; waits while enough are under way. */
  void add(List<ObjectInfo> objects, ObjectUri from, ObjectUri to) throws IOException {
    seenCount += objects.size();
    for (ObjectInfo info : objects) {
      if (!isFolder(info)) {
        meter.expect(info.byteSize());
      }
    }
    for (ObjectInfo info : objects) {
      if (!isFolder(info)) {
        String name = info.key().substring(from.key().length());
        ObjectUri target = to.resolve(name);
        if (!spared.isEmpty() && name.startsWith(spared)) {
          meter.expect(-info.byteSize());
          submittedCount++;
          failed(
              new CommandFailedException(
                  from.withKey(info.key())
                      + ": "
                      + target
                      + " lies below "
                      + from
                      + ", which is copied itself"));
          continue;
        }
        try {
          room.acquire();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new InterruptedIOException("copy of " + from + ": interrupted");
        }
        submittedCount++;
        submit(() -> copy(from.withKey(info.key()), info, target));
      }
    }
  }

  /** Returns whether an object stands for a folder, as some tools have it; it has no bytes. */
  static boolean isFolder(ObjectInfo info) {
    return info.key().endsWith("/") && info.byteSize() == 0;
  }

  /** Counts an object that needs no copy. */
  void skip() {
    seenCount++;
    submittedCount++;
    skipped.incrementAndGet();
  }

  private void submit(Runnable job) {
    try {
      jobs.execute(job);
    } catch (RuntimeException | OutOfMemoryError e) {
      room.release();
      failed(new CommandFailedException("no thread for a copy: " + e.getMessage(), e));
    }
  }

  /** Counts a folder that can't be read as something that was not copied. */
  void unreadable(ObjectStoreException failure) {
    submittedCount++;
    failed(SegueCommand.failed(failure));
  }

  /** Whatever ends a job is counted: what was added is copied, skipped or failed. */
  private void copy(ObjectUri from, ObjectInfo listed, ObjectUri to) {
    try {
      // A file may have changed since its folder was read, and is copied as it is now; and some
      // servers' listings don't say which version there is.
      ObjectInfo info = from.isLocal() || listed.etag().isEmpty() ? task.head(from) : listed;
      meter.expect(info.byteSize() - listed.byteSize());
      if (task.run(from, info, to).isEmpty()) {
        meter.expect(-info.byteSize());
        skipped.incrementAndGet();
      } else {
        copied.incrementAndGet();
      }
    } catch (CommandFailedException | IOException e) {
      failed(SegueCommand.failed(e));
    } catch (Throwable e) {
      failed(new CommandFailedException(from + ": " + e, e));
    } finally {
      room.release();
    }
  }

  private void failed(CommandFailedException e) {
    failed.incrementAndGet();
    if (!Thread.currentThread().isInterrupted()) {
      meter.say(err, Printable.of(command + ": " + e.getMessage()));
    }
  }

  /** Waits for all that were added. */
  void await() throws InterruptedException, CommandFailedException {
    room.acquire(jobCount);
    room.release(jobCount);
    long ended = copied.get() + skipped.get() + failed.get();
    if (ended != submittedCount) {
      throw new CommandFailedException(
          "objectCount=" + submittedCount + " were to be copied, objectCount=" + ended + " ended");
    }
  }

  /** Returns whether nothing at all was found. */
  boolean isEmpty() {
    return seenCount == 0 && submittedCount == 0;
  }

  long failedCount() {
    return failed.get();
  }

  /** Returns what was copied of all that was added. */
  Outcome outcome(StoreCommand of, String from, String to, Watch watch) {
    return new Outcome(
        of.name(),
        from,
        to,
        copied.get(),
        skipped.get(),
        failed.get(),
        meter.doneByteSize(),
        meter.resumedByteSize(),
        watch.seconds(),
        "",
        false,
        watch.copies().byteCounts());
  }

  @Override
  public void close() {
    jobs.shutdownNow();
    boolean interrupted = Thread.interrupted();
    try {
      jobs.awaitTermination(GRACE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
