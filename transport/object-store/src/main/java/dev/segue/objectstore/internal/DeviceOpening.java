package dev.segue.objectstore.internal;

import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Opens a device or a pipe for writing. Who opens a pipe waits for its reader, and no interrupt
 * wakes that thread: so it is one of its own, and the caller can be interrupted.
 */
final class DeviceOpening {
  /** Of a file's mode. */
  private static final int TYPE = 0170000;

  private static final int PIPE = 0010000;
  private static final long GIVING_UP_SECONDS = 1;
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
      giveUp(device, opening);
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
      opening.complete(FileChannel.open(device, StandardOpenOption.WRITE));
    } catch (IOException | RuntimeException | Error e) {
      opening.completeExceptionally(e);
    }
  }

  /**
   * Lets the thread end. Who opens a pipe to read and to write waits for nobody, and is the reader
   * that it waits for; one that comes later does not find an end there that is none.
   */
  private static void giveUp(Path device, CompletableFuture<FileChannel> opening) {
    CompletableFuture<Void> closed = opening.thenAccept(DeviceOpening::close);
    if (!isPipe(device)) {
      return;
    }
    try (FileChannel _ =
        FileChannel.open(device, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      closed.get(GIVING_UP_SECONDS, TimeUnit.SECONDS);
    } catch (IOException | ExecutionException | TimeoutException e) {
      // Who may not read it leaves the thread waiting.
      LOG.log(System.Logger.Level.DEBUG, "opening of " + device + " that was given up: " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static boolean isPipe(Path device) {
    try {
      return ((int) Files.getAttribute(device, "unix:mode") & TYPE) == PIPE;
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
      return false;
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
