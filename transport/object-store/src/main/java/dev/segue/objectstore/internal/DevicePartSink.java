package dev.segue.objectstore.internal;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.bytes.spi.ProcessOutput;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.WriteOptions;
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
  private final Path device;
  private final String key;
  private final Attempt what;
  private @Nullable FileChannel channel;

  /** Where the device is a name of it; then there is no channel. */
  private @Nullable ProcessOutput own;

  private long byteSize;

  /** Whether its end was asked for: closing it tells once how what was written has ended. */
  private boolean isEnded;

  /** Whether the reader may have some of the bytes. */
  private boolean isWritten;

  /**
   * Writes into a device or a pipe.
   *
   * @throws ObjectStoreException if the write is on a condition, which it can't hold
   */
  DevicePartSink(FileStore store, String key, Path device, WriteOptions options)
      throws ObjectStoreException {
    this.device = device;
    this.key = key;
    this.what = store.attempt("put", key);
    if (options.isIfAbsent()) {
      throw what.failure(Reason.EXISTS, "there is a device or a pipe");
    }
    if (WriteConditions.isOn(options)) {
      throw what.failure(
          Reason.CHANGED,
          "a device or a pipe has no version: it is not ETag=" + options.ifMatchEtag());
    }
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
    try {
      for (ByteBuffer region : Lend.byteBuffers(bytes)) {
        to.writeCopy(region);
      }
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  /** As who writes to a channel is left. */
  private static ObjectStoreException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new ObjectStoreException(Reason.CANCELLED, "the thread was interrupted", e);
  }

  @Override
  public ObjectInfo complete(List<Part> parts) throws ObjectStoreException {
    if (isEnded) {
      throw what.failure(Reason.OTHER, "its end failed before: write it again from its beginning");
    }
    isEnded = true;
    abort();
    return new ObjectInfo(key, byteSize, "", Instant.now());
  }

  @Override
  public ObjectInfo whole(SegmentedBytes bytes, long crc, Transfer transfer)
      throws ObjectStoreException {
    begin();
    try {
      transfer.await(part(1, bytes, crc, transfer), what);
    } catch (ObjectStoreException | RuntimeException | Error e) {
      abortFor(e); // Its reader would wait for its end.
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
        count = Math.max(0, copied(from, before.byteSize() - byteSize));
        copied.accept(count);
      }
      FilePartSink.checkSame(source, from, before, byteSize, "what was read has gone to " + device);
    } catch (IOException e) {
      abortFor(e);
      throw Failures.of(copying, e);
    } catch (RuntimeException | Error e) {
      // Of the caller, who is told of its progress.
      abortFor(e);
      throw e;
    }
    return complete(List.of());
  }

  /** Copies some bytes from where the last ones ended; returns how many. */
  private long copied(FileChannel from, long limit) throws IOException {
    ProcessOutput to = own;
    if (to == null) {
      return from.transferTo(byteSize, limit, Objects.requireNonNull(channel));
    }
    try {
      return to.writeFrom(from, byteSize, limit);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
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
