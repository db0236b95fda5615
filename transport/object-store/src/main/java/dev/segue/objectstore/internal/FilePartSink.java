package dev.segue.objectstore.internal;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.bytes.spi.LockedFiles;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.StoreSettings;
import dev.segue.objectstore.WriteOptions;
import dev.segue.objectstore.checksum.Crc;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongConsumer;
import java.util.zip.Checksum;
import org.jspecify.annotations.Nullable;

/** Writes one file: under a hidden name, forced to the disk, then renamed. */
final class FilePartSink implements PartSink {
  private static final int CHECK_WINDOW = 1 << 20;
  private static final long COPY_WINDOW = 16L << 20;
  private static final int LINK_COUNT_LIMIT = 40;
  private static final System.Logger LOG = System.getLogger("dev.segue.objectstore");

  private final FileStore store;
  private final StoreSettings settings;
  private final String key;
  private final Path target;
  private final boolean journaled;
  private final String newId;
  private final @Nullable Crc crc;
  private final WriteOptions options;

  /** Whether no journal knows of the hidden file, though others of this writer would be noted. */
  private boolean isWhole;

  private @Nullable Path temporary;

  /** Of what is replaced, as it was when this was begun; null if there was nothing. */
  private HiddenFiles.@Nullable Access access;

  private @Nullable FileChannel channel;

  /**
   * Writes a file.
   *
   * @param target no symbolic link, see {@link #followed}
   */
  FilePartSink(
      FileStore store,
      String key,
      Path target,
      StoreSettings settings,
      boolean journaled,
      WriteOptions options) {
    this.options = options;
    this.journaled = journaled;
    this.newId = HiddenFiles.newId(journaled);
    this.store = store;
    this.settings = settings;
    this.crc = Crc.of(settings);
    this.key = key;
    this.target = target;
  }

  /**
   * Returns where a symbolic link leads, whether there is something or not: a file is written
   * there.
   */
  static Path followed(Path file) throws IOException {
    Path at = file;
    for (int count = 0; Files.isSymbolicLink(at); count++) {
      if (count == LINK_COUNT_LIMIT) {
        throw new FileSystemLoopException(file.toString());
      }
      Path directory = Objects.requireNonNull(at.toAbsolutePath().getParent());
      at = directory.toRealPath().resolve(Files.readSymbolicLink(at));
    }
    return at;
  }

  /**
   * Returns whether there is something that no file can stand in for: a device, a pipe, a socket.
   */
  static boolean isDevice(Path target) {
    try {
      return Files.readAttributes(target, BasicFileAttributes.class).isOther();
    } catch (IOException e) {
      // Nothing there, or nothing that may be looked at: opening it says what is wrong.
      return false;
    }
  }

  @Override
  public int partCountLimit() {
    return Integer.MAX_VALUE;
  }

  @Override
  public String plannedId() {
    return newId;
  }

  @Override
  public String begin() throws ObjectStoreException {
    begin(newId);
    return newId;
  }

  private void begin(String id) throws ObjectStoreException {
    try {
      Files.createDirectories(directory());
      open(id, StandardOpenOption.CREATE_NEW);
    } catch (IOException e) {
      throw Failures.of(store.attempt("put", key), e);
    }
  }

  private void open(String id, StandardOpenOption how) throws IOException {
    Path path = directory().toRealPath().resolve(HiddenFiles.PREFIX + id);
    access = options.isIfAbsent() ? null : HiddenFiles.Access.of(target);
    channel = store.hidden().open(path, how, access != null);
    temporary = path;
  }

  private Path directory() {
    return Objects.requireNonNull(target.getParent());
  }

  @Override
  public CompletableFuture<Part> part(
      int number, SegmentedBytes bytes, long ofBytes, Transfer transfer) {
    try {
      write(bytes, Math.multiplyExact(number - 1L, settings.putPartByteSize()));
      transfer.moved(bytes.byteSize());
      if (journaled && crc == null) {
        // Without a checksum nobody could tell what was noted and never reached the disk.
        Objects.requireNonNull(channel).force(false);
      }
      return CompletableFuture.completedFuture(
          new Part(number, bytes.byteSize(), "part-" + number, ofBytes));
    } catch (IOException | RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private void write(SegmentedBytes bytes, long byteOffset) throws IOException {
    FileChannel to = Objects.requireNonNull(channel);
    to.position(byteOffset);
    write(to, bytes);
  }

  static void write(FileChannel to, SegmentedBytes bytes) throws IOException {
    ByteBuffer[] regions = Lend.byteBuffers(bytes).toArray(ByteBuffer[]::new);
    for (int at = 0; at < regions.length; ) {
      to.write(regions, at, regions.length - at);
      while (at < regions.length && !regions[at].hasRemaining()) {
        at++;
      }
    }
  }

  @Override
  public ObjectInfo complete(List<Part> parts) throws ObjectStoreException {
    if (temporary == null) {
      throw store
          .attempt("put", key)
          .failure(
              Reason.OTHER,
              "its end failed before: "
                  + (journaled ? "resume it by its journal" : "write it again from its beginning"));
    }
    try {
      // A resumed file may have more, of a last part that was written before.
      Objects.requireNonNull(channel).truncate(UploadEnd.byteSizeOf(parts));
    } catch (IOException e) {
      throw failed(e);
    }
    return publish();
  }

  @Override
  public ObjectInfo whole(SegmentedBytes bytes, long ofBytes, Transfer transfer)
      throws ObjectStoreException {
    isWhole = true;
    // No journal will have it: who is killed leaves it to the next sweep.
    begin(HiddenFiles.newId(false));
    try {
      return published(bytes);
    } catch (RuntimeException | Error e) {
      // Memory that its owner closed, a heap without room.
      abortFor(e);
      throw e;
    }
  }

  private ObjectInfo published(SegmentedBytes bytes) throws ObjectStoreException {
    try {
      write(bytes, 0);
    } catch (IOException e) {
      throw failed(e);
    }
    return publish();
  }

  /**
   * Copies a file of the same store, by the kernel.
   *
   * @param before the version that is copied
   */
  ObjectInfo copyOf(Attempt what, Path source, ObjectInfo before, LongConsumer copied)
      throws ObjectStoreException {
    begin();
    try {
      return publishedCopy(what, source, before, copied);
    } catch (RuntimeException | Error e) {
      // Of the caller, who is told of its progress.
      abortFor(e);
      throw e;
    }
  }

  private ObjectInfo publishedCopy(
      Attempt what, Path source, ObjectInfo before, LongConsumer copied)
      throws ObjectStoreException {
    try (FileChannel from = FileChannel.open(source, StandardOpenOption.READ)) {
      FileChannel to = Objects.requireNonNull(channel);
      long at = 0;
      for (long count = 1; at < before.byteSize() && count > 0; at += count) {
        count = from.transferTo(at, Math.min(COPY_WINDOW, before.byteSize() - at), to);
        copied.accept(count);
      }
      checkSame(source, from, before, at, "nothing was written");
    } catch (IOException e) {
      throw failed(what, e);
    }
    return publish();
  }

  /**
   * Checks that a file that was read to the end that its size says is the same, and ends there:
   * those of {@code /proc} have no size and many bytes.
   */
  static void checkSame(
      Path source, FileChannel from, ObjectInfo before, long readByteSize, String outcome)
      throws IOException {
    ObjectInfo after = FileStore.info(before.key(), source);
    if (readByteSize < before.byteSize() || !before.isSameVersion(after)) {
      throw new ObjectStoreException(
          Reason.CHANGED,
          "copy of "
              + source
              + ": it changed while it was read: byteSize="
              + before.byteSize()
              + ", now byteSize="
              + after.byteSize()
              + "; "
              + outcome);
    }
    if (from.read(ByteBuffer.allocate(1), readByteSize) > 0) {
      throw new ObjectStoreException(
          Reason.CHANGED,
          "copy of "
              + source
              + ": it has more bytes than its size says, byteSize="
              + before.byteSize()
              + "; "
              + outcome);
    }
  }

  private ObjectInfo publish() throws ObjectStoreException {
    try {
      Path written = Objects.requireNonNull(temporary);
      FileChannel to = Objects.requireNonNull(channel);
      to.force(true);
      // Under its new name there may be another one's already.
      ObjectInfo made = FileStore.info(key, written);
      move(written);
      // Only now: without its lock, what waits for a turn looks as if its writer had been killed.
      to.close();
      var _ = leftFile();
      forceName();
      return made;
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** The name is durable only when its directory is. */
  private void forceName() throws IOException {
    try (FileChannel directory = FileChannel.open(directory(), StandardOpenOption.READ)) {
      directory.force(true);
    } catch (AccessDeniedException e) {
      // It may be written in and not be read: a power failure may take the name.
      LOG.log(System.Logger.Level.DEBUG, directory() + " can't be forced to the disk: " + e);
    }
  }

  private void move(Path written) throws IOException {
    if (!options.isIfAbsent() && options.ifMatchEtag().isEmpty()) {
      replace(written);
      return;
    }
    try (DirectoryTurn _ = DirectoryTurn.take(directory())) {
      moveOnCondition(written);
    }
  }

  private void replace(Path written) throws IOException {
    giveAccess(written);
    Files.move(
        written, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** That of what it replaces, as that is now or, if it is gone, as it was. */
  private void giveAccess(Path written) throws IOException {
    HiddenFiles.Access now = HiddenFiles.Access.of(target);
    HiddenFiles.Access kept = now == null ? access : now;
    if (kept != null) {
      HiddenFiles.give(written, kept);
    }
  }

  private void moveOnCondition(Path written) throws IOException {
    if (options.isIfAbsent()) {
      try {
        // A second name is made only where there is none; a rename would replace it.
        Files.createLink(target, written);
      } catch (FileAlreadyExistsException e) {
        if (!Files.isSameFile(target, written)) {
          throw new ObjectStoreException(Reason.EXISTS, "there is a file already", e);
        }
        // Who was killed before the hidden name was gone had made it.
      } catch (UnsupportedOperationException | FileSystemException e) {
        moveWithoutLinks(written);
        return;
      }
      Files.delete(written);
      return;
    }
    ObjectInfo there = FileStore.info(key, target);
    if (!there.etag().equals(options.ifMatchEtag())) {
      throw new ObjectStoreException(
          Reason.CHANGED,
          "the file is not the version to be replaced: ETag="
              + there.etag()
              + ", wanted "
              + options.ifMatchEtag());
    }
    replace(written);
  }

  /** On a file system without links, as memory cards have, a name is looked for right before. */
  private void moveWithoutLinks(Path written) throws IOException {
    if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
      throw new ObjectStoreException(Reason.EXISTS, "there is a file already");
    }
    Files.move(written, target, StandardCopyOption.ATOMIC_MOVE);
  }

  private ObjectStoreException failed(IOException e) {
    return failed(store.attempt("put", key), e);
  }

  private ObjectStoreException failed(Attempt what, IOException e) {
    try {
      if (journaled && !isWhole) {
        detach();
      } else {
        abort();
      }
    } catch (ObjectStoreException suppressed) {
      e.addSuppressed(suppressed);
    }
    return Failures.of(what, e);
  }

  @Override
  public void abort() throws ObjectStoreException {
    try {
      if (channel != null) {
        channel.close();
      }
      Path left = leftFile();
      if (left != null) {
        Files.deleteIfExists(left);
      }
    } catch (IOException e) {
      throw new ObjectStoreException(
          Reason.OTHER, "abort of put " + store.uriOf(key) + ": " + e.getMessage(), e);
    }
  }

  @Override
  public void detach() throws ObjectStoreException {
    try {
      if (channel != null) {
        channel.close();
      }
      var _ = leftFile();
    } catch (IOException e) {
      throw Failures.of(store.attempt("put", key), e);
    }
  }

  /** Lets go of the hidden file, once: from then on it may be another writer's. */
  private @Nullable Path leftFile() {
    Path left = temporary;
    temporary = null;
    if (left != null) {
      LockedFiles.leave(left);
    }
    return left;
  }

  /**
   * The parts that are in the hidden file, with their checksums: what was noted and never reached
   * the disk has another one.
   */
  @Override
  public @Nullable List<Part> resume(String uploadId) throws ObjectStoreException {
    Path file = directory().resolve(HiddenFiles.PREFIX + uploadId);
    boolean isResumed = false;
    try {
      if (!Files.exists(file)) {
        return null;
      }
      open(uploadId, StandardOpenOption.WRITE);
      List<Part> parts = storedParts(Objects.requireNonNull(channel));
      isResumed = true;
      return parts;
    } catch (IOException e) {
      throw Failures.of(store.attempt("resume of put", key), e);
    } finally {
      if (!isResumed) {
        // Nobody else would, and it would have a writer for as long as this process lives.
        detach();
      }
    }
  }

  private List<Part> storedParts(FileChannel from) throws IOException {
    long part = settings.putPartByteSize();
    List<Part> parts = new ArrayList<>();
    for (int number = 1; number * part <= from.size(); number++) {
      long stored = crc == null ? 0 : crc(crc, from, (number - 1) * part, part);
      parts.add(new Part(number, part, "part-" + number, stored));
    }
    return parts;
  }

  /** The hidden file is not read for that. */
  @Override
  public void discard(String uploadId) throws ObjectStoreException {
    try {
      if (Files.exists(directory().resolve(HiddenFiles.PREFIX + uploadId))) {
        open(uploadId, StandardOpenOption.WRITE);
        abort();
      }
    } catch (IOException e) {
      throw Failures.of(store.attempt("discard of put", key), e);
    }
  }

  private static long crc(Crc crc, FileChannel from, long byteOffset, long byteSize)
      throws IOException {
    Checksum checksum = crc.begin();
    ByteBuffer window = ByteBuffer.allocateDirect(CHECK_WINDOW);
    for (long at = 0; at < byteSize; ) {
      int count =
          from.read(
              window.clear().limit((int) Math.min(CHECK_WINDOW, byteSize - at)), byteOffset + at);
      if (count < 0) {
        break;
      }
      checksum.update(window.flip());
      at += count;
    }
    return checksum.getValue();
  }
}
