package dev.segue.objectstore.internal;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.bytes.spi.ProcessOutput;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes into a device or a pipe that is there, or into a file that a process has open: it can't be
 * replaced by another file, so its reader gets the bytes one after the other, and keeps those of a
 * writer that fails. Opening a pipe waits for its reader, or an interrupt. Files get the bytes at
 * their end, and where one is this process's output, behind what that has written. That stays open,
 * also where a writer is interrupted.
 */
final class DevicePartSink implements PartSink {
  private static final int COPY_WINDOW = 512 << 10;

  private final Path device;
  private final String key;
  private final Attempt what;
  private @Nullable FileChannel channel;

  /** Where the device is a name of it; then there is no channel. */
  private @Nullable ProcessOutput own;

  private long byteSize;

  /** Whether the reader may have some of the bytes. */
  private boolean isWritten;

  DevicePartSink(FileStore store, String key, Path device) {
    this.device = device;
    this.key = key;
    this.what = store.attempt("put", key);
  }

  @Override
  public int partCountLimit() {
    return Integer.MAX_VALUE;
  }

  @Override
  public String begin() throws ObjectStoreException {
    if (isWritten) {
      throw what.failure(
          Reason.OTHER,
          "what failed before may have been written in part: write it again from its beginning");
    }
    try {
      own = ProcessOutput.of(device);
      channel = own == null ? open() : null;
      return "";
    } catch (IOException e) {
      throw Failures.of(what, e);
    }
  }

  private FileChannel open() throws IOException {
    return Files.isRegularFile(device)
        ? FileChannel.open(device, StandardOpenOption.WRITE, StandardOpenOption.APPEND)
        : DeviceOpening.open(device);
  }

  @Override
  public CompletableFuture<Part> part(
      int number, SegmentedBytes bytes, long crc, Transfer transfer) {
    try {
      write(bytes);
      transfer.moved(bytes.byteSize());
      byteSize += bytes.byteSize();
      return CompletableFuture.completedFuture(new Part(number, bytes.byteSize(), "", crc));
    } catch (IOException | RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private void write(SegmentedBytes bytes) throws IOException {
    isWritten = true;
    ProcessOutput to = own;
    if (to == null) {
      FilePartSink.write(Objects.requireNonNull(channel), bytes);
      return;
    }
    for (ByteBuffer region : Lend.byteBuffers(bytes)) {
      write(to, region);
    }
  }

  private static void write(ProcessOutput to, ByteBuffer region) throws IOException {
    try {
      to.writeCopy(region);
    } catch (InterruptedException e) {
      // As who writes to a channel is left.
      Thread.currentThread().interrupt();
      throw new ObjectStoreException(Reason.CANCELLED, "the thread was interrupted", e);
    }
  }

  @Override
  public ObjectInfo complete(List<Part> parts) throws ObjectStoreException {
    abort();
    return new ObjectInfo(key, byteSize, "", Instant.now());
  }

  @Override
  public ObjectInfo whole(SegmentedBytes bytes, long crc, Transfer transfer)
      throws ObjectStoreException {
    begin();
    try {
      transfer.await(part(1, bytes, crc, transfer), what);
    } catch (ObjectStoreException | RuntimeException e) {
      abort();
      throw e;
    }
    return complete(List.of());
  }

  /**
   * Copies a file, by the kernel where this process's output is none of it.
   *
   * @param before the version that is copied
   */
  ObjectInfo copyOf(Attempt copying, Path source, ObjectInfo before, LongConsumer copied)
      throws ObjectStoreException {
    begin();
    try (FileChannel from = FileChannel.open(source, StandardOpenOption.READ)) {
      for (long count = 1; byteSize < before.byteSize() && count > 0; byteSize += count) {
        count = copied(from, before.byteSize() - byteSize);
        copied.accept(count);
      }
      FilePartSink.checkSame(source, from, before, byteSize, "what was read has gone to " + device);
    } catch (IOException e) {
      abort();
      throw Failures.of(copying, e);
    }
    return complete(List.of());
  }

  /** Copies some bytes from where the last ones ended; returns how many. */
  private long copied(FileChannel from, long limit) throws IOException {
    ProcessOutput to = own;
    if (to == null) {
      return from.transferTo(byteSize, limit, Objects.requireNonNull(channel));
    }
    ByteBuffer window = ByteBuffer.allocate((int) Math.min(COPY_WINDOW, limit));
    int count = from.read(window, byteSize);
    write(to, window.flip());
    return Math.max(0, count);
  }

  @Override
  public void abort() throws ObjectStoreException {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      throw Failures.of(what, e);
    }
  }

  @Override
  public @Nullable List<Part> resume(String uploadId) {
    return null;
  }
}
