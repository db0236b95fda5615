package dev.segue.objectstore.internal;

import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Opens a device or a pipe for writing. Who opens a pipe waits for its reader, and no interrupt
 * wakes that thread: so it is one of its own, and the caller can be interrupted.
 */
final class DeviceOpening {
  private static final long NEXT_WRITER_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final System.Logger LOG = System.getLogger("dev.segue.objectstore");

  private DeviceOpening() {}

  /**
   * Waits for a pipe's reader.
   *
   * @throws ObjectStoreException if the thread is interrupted
   */
  static FileChannel open(Path device) throws IOException {
    CompletableFuture<FileChannel> opening = new CompletableFuture<>();
    Thread.ofPlatform().daemon().name("segue-device-opening").start(() -> open(device, opening));
    try {
      return opening.get();
    } catch (InterruptedException e) {
      giveUp(opening);
      Thread.currentThread().interrupt();
      throw new ObjectStoreException(Reason.CANCELLED, "the thread was interrupted", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException fault) {
        throw fault;
      }
      throw new IOException("opening of " + device + ": " + e.getCause(), e);
    }
  }

  private static void open(Path device, CompletableFuture<FileChannel> opening) {
    try {
      FileChannel channel = FileChannel.open(device, StandardOpenOption.WRITE);
      if (!opening.complete(channel)) {
        // The next writer may be about to come, and its reader must not find an end before.
        LockSupport.parkNanos(NEXT_WRITER_NANOS);
        close(channel);
      }
    } catch (IOException | RuntimeException | Error e) {
      opening.completeExceptionally(e);
    }
  }

  /**
   * Lets the thread wait until a reader comes: nothing wakes it that would not wake all others,
   * also of other programs, that wait for one.
   */
  private static void giveUp(CompletableFuture<FileChannel> opening) {
    if (!opening.cancel(false) && !opening.isCompletedExceptionally()) {
      close(opening.join());
    }
  }

  private static void close(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "end of a device that was given up: " + e);
    }
  }
}
