package dev.segue.objectstore.internal;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.OpenFiles;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStoreException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
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
 * writer that fails. Opening a pipe waits for its reader. Files get the bytes at their end, and
 * where one is this process's output, behind what that has written.
 */
final class DevicePartSink implements PartSink {
  private final Path device;
  private final String key;
  private final Attempt what;
  private @Nullable FileChannel channel;

  /** Whether it is the process's own, which stays open. */
  private boolean isOwn;

  private long byteSize;

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
    try {
      channel = open();
      return "";
    } catch (IOException e) {
      throw Failures.of(what, e);
    }
  }

  private FileChannel open() throws IOException {
    FileDescriptor own = own();
    isOwn = own != null;
    if (own != null) {
      return new FileOutputStream(own).getChannel();
    }
    return Files.isRegularFile(device)
        ? FileChannel.open(device, StandardOpenOption.WRITE, StandardOpenOption.APPEND)
        : FileChannel.open(device, StandardOpenOption.WRITE);
  }

  /** The process's output that the device is a name of; null if it is another one's. */
  private @Nullable FileDescriptor own() throws IOException {
    if (OpenFiles.isOwn(device, 1)) {
      return FileDescriptor.out;
    }
    return OpenFiles.isOwn(device, 2) ? FileDescriptor.err : null;
  }

  @Override
  public CompletableFuture<Part> part(
      int number, SegmentedBytes bytes, long crc, Transfer transfer) {
    try {
      FilePartSink.write(Objects.requireNonNull(channel), bytes);
      transfer.moved(bytes.byteSize());
      byteSize += bytes.byteSize();
      return CompletableFuture.completedFuture(new Part(number, bytes.byteSize(), "", crc));
    } catch (IOException | RuntimeException e) {
      return CompletableFuture.failedFuture(e);
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
   * Copies a file, by the kernel.
   *
   * @param before the version that is copied
   */
  ObjectInfo copyOf(Attempt copying, Path source, ObjectInfo before, LongConsumer copied)
      throws ObjectStoreException {
    begin();
    try (FileChannel from = FileChannel.open(source, StandardOpenOption.READ)) {
      FileChannel to = Objects.requireNonNull(channel);
      for (long count = 1; byteSize < before.byteSize() && count > 0; byteSize += count) {
        count = from.transferTo(byteSize, before.byteSize() - byteSize, to);
        copied.accept(count);
      }
      FilePartSink.checkSame(source, from, before, byteSize, "what was read has gone to " + device);
    } catch (IOException e) {
      abort();
      throw Failures.of(copying, e);
    }
    return complete(List.of());
  }

  @Override
  public void abort() throws ObjectStoreException {
    try {
      if (channel != null && !isOwn) {
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
