package dev.segue.objectstore.internal;

import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Opens a device or a pipe for writing. Who opens a pipe waits for its reader, and no interrupt
 * wakes that thread: so it is one of its own, and the caller can be interrupted.
 */
final class DeviceOpening {
  private static final long NEXT_WRITER_NANOS = TimeUnit.SECONDS.toNanos(1);

  /**
   * Openings that nobody waits for any more, by the key of their file, as another one may get its
   * name: the next writer takes them over.
   */
  private static final ConcurrentHashMap<Object, CompletableFuture<FileChannel>> GIVEN_UP =
      new ConcurrentHashMap<>();

  private static final System.Logger LOG = System.getLogger("dev.segue.objectstore");

  private DeviceOpening() {}

  /**
   * Waits for a pipe's reader.
   *
   * @throws ObjectStoreException if the thread is interrupted
   */
  static FileChannel open(Path device) throws IOException {
    Object file = keyOf(device);
    CompletableFuture<FileChannel> earlier = GIVEN_UP.remove(file);
    CompletableFuture<FileChannel> opening = earlier == null ? begin(device, file) : earlier;
    try {
      return opening.get();
    } catch (InterruptedException e) {
      giveUp(file, opening);
      Thread.currentThread().interrupt();
      throw new ObjectStoreException(Reason.CANCELLED, "the thread was interrupted", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException fault) {
        throw fault;
      }
      throw new IOException("opening of " + device + ": " + e.getCause(), e);
    }
  }

  private static Object keyOf(Path device) throws IOException {
    return Objects.requireNonNullElse(
        Files.readAttributes(device, BasicFileAttributes.class).fileKey(), device);
  }

  private static CompletableFuture<FileChannel> begin(Path device, Object file) {
    CompletableFuture<FileChannel> opening = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .name("segue-device-opening")
        .start(() -> open(device, file, opening));
    return opening;
  }

  private static void open(Path device, Object file, CompletableFuture<FileChannel> opening) {
    FileChannel channel;
    try {
      channel = FileChannel.open(device, StandardOpenOption.WRITE);
    } catch (IOException | RuntimeException | Error e) {
      opening.completeExceptionally(e);
      GIVEN_UP.remove(file, opening);
      return;
    }
    boolean isWanted = opening.complete(channel);
    if (!isWanted || GIVEN_UP.containsKey(file)) {
      // The next writer may be about to come, and its reader must not find an end before.
      LockSupport.parkNanos(NEXT_WRITER_NANOS);
      if (!isWanted || GIVEN_UP.remove(file, opening)) {
        close(channel);
      }
    }
  }

  /**
   * Leaves it to the next writer, or lets its thread wait until a reader comes: nothing wakes it
   * that would not wake all others, also of other programs, that wait for one.
   */
  private static void giveUp(Object file, CompletableFuture<FileChannel> opening) {
    boolean isFirst = GIVEN_UP.putIfAbsent(file, opening) == null;
    boolean isDone = isFirst ? opening.isDone() : !opening.cancel(false);
    if (isDone && (!isFirst || GIVEN_UP.remove(file, opening))) {
      if (!opening.isCompletedExceptionally()) {
        close(opening.join());
      }
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
