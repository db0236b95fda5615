package dev.segue.objectstore;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectStoreException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Writes one file: under a hidden name, forced to the disk, then renamed. */
final class FilePartSink implements PartSink {
  private final FileStore store;
  private final StoreSettings settings;
  private final String key;
  private final Path target;
  private @Nullable Path temporary;
  private @Nullable FileChannel channel;

  FilePartSink(FileStore store, String key, StoreSettings settings) {
    this.store = store;
    this.settings = settings;
    this.key = key;
    this.target = store.path(key);
  }

  @Override
  public int partCountLimit() {
    return Integer.MAX_VALUE;
  }

  @Override
  public String begin() throws ObjectStoreException {
    String id = UUID.randomUUID().toString();
    try {
      Path _ = Files.createDirectories(directory());
      open(id, StandardOpenOption.CREATE_NEW);
      return id;
    } catch (IOException e) {
      throw Failures.of("put " + store.uriOf(key), e);
    }
  }

  private void open(String id, StandardOpenOption how) throws IOException {
    Path path = directory().resolve(FileStore.TEMPORARY + id);
    channel = FileChannel.open(path, how, StandardOpenOption.WRITE);
    temporary = path;
  }

  private Path directory() {
    return Objects.requireNonNull(target.getParent());
  }

  @Override
  public CompletableFuture<Part> part(
      int number, SegmentedBytes bytes, long crc, Transfer transfer) {
    try {
      write(bytes, Math.multiplyExact(number - 1L, settings.putPartByteSize));
      return CompletableFuture.completedFuture(
          new Part(number, bytes.byteSize(), "part-" + number, crc));
    } catch (IOException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private void write(SegmentedBytes bytes, long byteOffset) throws IOException {
    FileChannel to = Objects.requireNonNull(channel);
    FileChannel _ = to.position(byteOffset);
    ByteBuffer[] regions = bytes.asByteBuffers().toArray(ByteBuffer[]::new);
    for (int at = 0; at < regions.length; ) {
      long _ = to.write(regions, at, regions.length - at);
      while (at < regions.length && !regions[at].hasRemaining()) {
        at++;
      }
    }
  }

  @Override
  public ObjectInfo complete(List<Part> parts) throws ObjectStoreException {
    return publish();
  }

  @Override
  public ObjectInfo whole(SegmentedBytes bytes, long crc, Transfer transfer)
      throws ObjectStoreException {
    String _ = begin();
    try {
      write(bytes, 0);
    } catch (IOException e) {
      throw failed(e);
    }
    return publish();
  }

  /** Copies a file of the same store, by the kernel. */
  ObjectInfo copyOf(Path source) throws ObjectStoreException {
    String _ = begin();
    try (FileChannel from = FileChannel.open(source, StandardOpenOption.READ)) {
      FileChannel to = Objects.requireNonNull(channel);
      for (long at = 0; at < from.size(); ) {
        at += from.transferTo(at, from.size() - at, to);
      }
    } catch (IOException e) {
      throw failed(e);
    }
    return publish();
  }

  private ObjectInfo publish() throws ObjectStoreException {
    try {
      Path written = Objects.requireNonNull(temporary);
      try (FileChannel to = Objects.requireNonNull(channel)) {
        to.force(true);
      }
      Path _ =
          Files.move(
              written, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      // The name is durable only when its directory is.
      try (FileChannel directory = FileChannel.open(directory(), StandardOpenOption.READ)) {
        directory.force(true);
      }
      return FileStore.info(key, target);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private ObjectStoreException failed(IOException e) {
    try {
      abort();
    } catch (ObjectStoreException suppressed) {
      e.addSuppressed(suppressed);
    }
    return Failures.of("put " + store.uriOf(key), e);
  }

  @Override
  public void abort() throws ObjectStoreException {
    try {
      if (channel != null) {
        channel.close();
      }
      if (temporary != null) {
        boolean _ = Files.deleteIfExists(temporary);
      }
    } catch (IOException e) {
      throw new ObjectStoreException(
          Reason.OTHER, "abort of put " + store.uriOf(key) + ": " + e.getMessage(), e);
    }
  }

  /** The hidden file is as long as its parts reach; those that were noted are in it. */
  @Override
  public @Nullable List<Part> resume(String uploadId) throws ObjectStoreException {
    try {
      if (!Files.exists(directory().resolve(FileStore.TEMPORARY + uploadId))) {
        return null;
      }
      open(uploadId, StandardOpenOption.WRITE);
      long size = Objects.requireNonNull(channel).size();
      List<Part> parts = new ArrayList<>();
      for (int number = 1; number * settings.putPartByteSize <= size; number++) {
        parts.add(new Part(number, settings.putPartByteSize, "part-" + number, 0));
      }
      return parts;
    } catch (IOException e) {
      throw Failures.of("resume of put " + store.uriOf(key), e);
    }
  }
}
