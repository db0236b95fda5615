package dev.segue.cli.store;

import dev.segue.bytes.Loan;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.spi.OpenFiles;
import dev.segue.cli.CommandFailedException;
import dev.segue.objectstore.ObjectBytes;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectMetadata;
import dev.segue.objectstore.ObjectReader;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectWriter;
import dev.segue.objectstore.WriteOptions;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * Copies one object to another place, by the way that moves the fewest bytes.
 *
 * <p>Owner: the command. Lifetime: that of its stores. Threads: any.
 */
final class ObjectCopy {
  /** Of a file, read at a time. */
  private static final long BLOCK = 1L << 20;

  private static final Duration LOAN_TIMEOUT = Duration.ofMinutes(10);

  private final Stores stores;
  private final Map<String, String> variables;
  private final Map<String, String> streaming;
  private final Meter meter;
  private final CopyRules rules;

  /**
   * A copier.
   *
   * @param variables the settings
   */
  ObjectCopy(Stores stores, Map<String, String> variables, Meter meter, CopyRules rules) {
    this.stores = stores;
    this.variables = CopySettings.withDefaults(variables);
    this.streaming = CopySettings.streaming(variables);
    this.meter = meter;
    this.rules = rules;
  }

  ObjectInfo head(ObjectUri location) throws IOException {
    return stores.of(location, variables).head(location.key());
  }

  /** The time that a file gets which an object is copied to. */
  Instant timeOf(ObjectUri from, ObjectInfo info) throws IOException {
    if (from.isLocal() || !rules.times()) {
      return info.lastModified();
    }
    return FileTimes.of(stores.of(from, variables).metadata(from.key()))
        .orElse(info.lastModified());
  }

  /** Returns whether an earlier time began to copy this version there, and left notes of it. */
  boolean isBegun(ObjectUri from, ObjectInfo info, ObjectUri to) throws IOException {
    return rules.journals().isPresent()
        && Files.exists(
            rules
                .journals()
                .get()
                .of(from, info, to, CopySettings.writing(variables, info.byteSize())));
  }

  /** Deletes what was copied, if it is still what was copied. */
  void delete(ObjectUri from, ObjectInfo copied) throws IOException, CommandFailedException {
    try {
      stores.of(from, variables).delete(copied);
    } catch (ObjectStoreException e) {
      if (e.reason() == ObjectStoreException.Reason.CHANGED) {
        throw new CommandFailedException(
            from + " changed while it was moved: it was copied, and stays; " + e.getMessage(), e);
      }
      throw e;
    }
  }

  ObjectStore store(ObjectUri location) throws IOException {
    return stores.of(location, variables);
  }

  /** Walks through the objects that are meant. */
  void list(
      Source source,
      boolean recursive,
      KeyFilter filter,
      Listing.ObjectsHandler handler,
      ObjectStore.UnreadableHandler unreadable)
      throws IOException {
    Listing.walk(stores, variables, source, recursive, filter, handler, unreadable);
  }

  /**
   * Copies an object.
   *
   * @param info of the object, as it was found
   * @throws dev.segue.objectstore.ObjectStoreException with reason {@code EXISTS} if something is
   *     there, and the rules are to replace nothing
   */
  ObjectInfo copy(ObjectUri from, ObjectInfo info, ObjectUri to)
      throws IOException, CommandFailedException {
    try {
      return copyAndTime(from, info, to);
    } catch (ObjectStoreException e) {
      if (isFinal(e.reason()) && rules.journals().isPresent()) {
        Map<String, String> writing = CopySettings.writing(variables, info.byteSize());
        Path journal = rules.journals().get().of(from, info, to, writing);
        discard(stores.of(to, writing), to, journal);
      }
      throw e;
    }
  }

  /**
   * Returns whether a copy that failed so must not be gone on with: somebody else was done first,
   * or some of the bytes that are noted as stored are not the source's, and nobody can tell which.
   */
  private static boolean isFinal(ObjectStoreException.Reason reason) {
    return switch (reason) {
      case EXISTS, CORRUPT -> true;
      default -> false;
    };
  }

  private ObjectInfo copyAndTime(ObjectUri from, ObjectInfo info, ObjectUri to)
      throws IOException, CommandFailedException {
    // A copy within a store knows no condition; between files it is one that is read and written.
    boolean isLocalCondition = rules.ifAbsent() && from.isLocal();
    ObjectInfo copied;
    if (from.storeUri().equals(to.storeUri()) && !isLocalCondition) {
      ObjectStore store = stores.of(from, variables);
      copied =
          rules.pinned()
              ? store.copy(info, to.key(), meter::advance)
              : store.copy(from.key(), to.key(), meter::advance);
    } else {
      Optional<ObjectInfo> byStores = copyByStores(from, info, to);
      if (byStores.isPresent()) {
        return byStores.get();
      }
      copied = from.isLocal() ? sendFile(from, info, to) : sendObject(from, info, to);
    }
    if (!to.isLocal() || !Files.isRegularFile(to.path()) || OpenFiles.isName(to.path())) {
      return copied;
    }
    FileTimes.set(to.path(), timeOf(from, info));
    return head(to);
  }

  /**
   * Between buckets of one service, the service copies by itself; a condition it would not know.
   *
   * @return empty where the bytes have to come through this process
   */
  private Optional<ObjectInfo> copyByStores(ObjectUri from, ObjectInfo info, ObjectUri to)
      throws ObjectStoreException {
    if (from.isLocal() || to.isLocal() || rules.ifAbsent()) {
      return Optional.empty();
    }
    try {
      ObjectStore source = stores.of(from, variables);
      ObjectStore target = stores.of(to, variables);
      Optional<ObjectInfo> copied =
          rules.pinned()
              ? target.copyFrom(source, info, to.key())
              : target.copyFrom(source, from.key(), to.key());
      if (copied.isPresent()) {
        meter.advance(info.byteSize());
      }
      return copied;
    } catch (ObjectStoreException e) {
      if (needsBoth(e.reason())) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * Returns whether who writes the target may not read the source, or knows another bucket by its
   * name: who reads it is asked then.
   */
  private static boolean needsBoth(ObjectStoreException.Reason reason) {
    return switch (reason) {
      case DENIED, NOT_FOUND, CHANGED, OTHER -> true;
      default -> false;
    };
  }

  /**
   * Reads the file into memory of this process. Its pages could be lent without that, but when
   * another program cuts the file short meanwhile, who touches a page that is gone ends the JVM.
   */
  private ObjectInfo sendFile(ObjectUri from, ObjectInfo info, ObjectUri to)
      throws IOException, CommandFailedException {
    Map<String, String> writing = CopySettings.writing(variables, info.byteSize());
    try (FileChannel file = FileChannel.open(from.path(), StandardOpenOption.READ);
        OffHeapPool blocks = new OffHeapPool(CopySettings.lentByteSize(variables, writing));
        ObjectWriter writer = open(from, info, to, writing)) {
      // What is open now is what was found, though something else may have had its name between.
      checkUnchanged(from, info, head(from), "nothing was written, try again");
      for (long at = resumed(writer, info); at < info.byteSize(); ) {
        long count = Math.min(BLOCK, info.byteSize() - at);
        try (Loan block = loan(blocks, count, from)) {
          fill(from, info, file, at, block.segment().asByteBuffer());
          writer.writeOwned(block);
        }
        meter.advance(count);
        at += count;
      }
      checkUnchanged(from, info, head(from), "nothing was written, try again");
      if (file.read(ByteBuffer.allocate(1), info.byteSize()) > 0) {
        // As those of /proc, which have no size.
        throw new CommandFailedException(
            from
                + " has more bytes than its size says, byteSize="
                + info.byteSize()
                + "; nothing was written. put-streaming takes them from the standard input");
      }
      return writer.finish();
    }
  }

  /** Waits for a part to be stored when all memory is lent. */
  private static Loan loan(OffHeapPool blocks, long byteSize, ObjectUri from) throws IOException {
    Optional<Loan> loan = blocks.tryLoan(byteSize, LOAN_TIMEOUT);
    if (loan.isEmpty() && Thread.currentThread().isInterrupted()) {
      throw new InterruptedIOException("copy of " + from + ": interrupted");
    }
    return loan.orElseThrow(
        () ->
            new IOException("copy of " + from + ": no part was stored in timeout=" + LOAN_TIMEOUT));
  }

  private static void fill(
      ObjectUri from, ObjectInfo info, FileChannel file, long byteOffset, ByteBuffer block)
      throws IOException, CommandFailedException {
    while (block.hasRemaining()) {
      if (file.read(block, byteOffset + block.position()) < 0) {
        throw new CommandFailedException(
            from
                + " was cut short while it was read: byteSize="
                + info.byteSize()
                + ", now byteSize="
                + file.size()
                + "; nothing was written");
      }
    }
  }

  private ObjectInfo sendObject(ObjectUri from, ObjectInfo info, ObjectUri to)
      throws IOException, CommandFailedException {
    Map<String, String> writing = CopySettings.writing(variables, info.byteSize());
    Map<String, String> reading =
        to.isLocal()
            ? CopySettings.reading(variables)
            : CopySettings.readingForParts(variables, writing);
    try (ObjectReader reader = stores.of(from, reading).read(from.key());
        ObjectWriter writer = open(from, info, to, writing)) {
      ObjectInfo found = reader.info();
      // It may have changed since it was listed or asked for; the reader is of one version.
      checkUnchanged(from, info, found, "nothing was written, try again");
      reader.seek(resumed(writer, info));
      for (Optional<ObjectBytes> chunk = reader.next(); chunk.isPresent(); chunk = reader.next()) {
        try (ObjectBytes bytes = chunk.get()) {
          writer.writeOwned(bytes.bytes());
          meter.advance(bytes.bytes().byteSize());
        }
      }
      return writer.finish();
    }
  }

  /** Writes what a channel gives, to its end. */
  ObjectInfo sendChannel(ReadableByteChannel from, ObjectUri to) throws IOException {
    WriteOptions options =
        rules.ifAbsent() && !Streams.isStream(to)
            ? WriteOptions.NONE.ifAbsent()
            : WriteOptions.NONE;
    try (ObjectWriter writer = stores.of(to, streaming).write(to.key(), options)) {
      for (int count = writer.writeFrom(from); count >= 0; count = writer.writeFrom(from)) {
        meter.advance(count);
      }
      return writer.finish();
    }
  }

  private ObjectWriter open(
      ObjectUri from, ObjectInfo info, ObjectUri to, Map<String, String> writing)
      throws IOException {
    ObjectStore store = stores.of(to, writing);
    // A file's name tells its content type; files themselves keep none.
    WriteOptions options = WriteOptions.NONE;
    if (!to.isLocal()) {
      ObjectMetadata metadata = stores.of(from, variables).metadata(from.key());
      options =
          options.metadata(
              from.isLocal() ? FileTimes.with(metadata, info.lastModified()) : metadata);
    }
    // A device or an open file is not replaced, whatever goes there.
    if (rules.ifAbsent() && !Streams.isStream(to)) {
      options = options.ifAbsent();
    }
    if (rules.journals().isEmpty()) {
      return store.write(to.key(), options);
    }
    Journals journals = rules.journals().get();
    Path journal = journals.of(from, info, to, writing);
    for (Path stale : journals.stale(from, to, journal)) {
      discard(store, to, stale);
    }
    return store.write(to.key(), journal, options);
  }

  /** Removes what a copy left that is not gone on with; nobody is kept from copying by it. */
  private static void discard(ObjectStore store, ObjectUri to, Path journal) throws IOException {
    try {
      store.discard(to.key(), journal);
    } catch (ObjectStoreException e) {
      if (e.reason() == ObjectStoreException.Reason.CANCELLED) {
        throw e;
      }
      boolean _ = e.reason() == ObjectStoreException.Reason.OTHER && Files.deleteIfExists(journal);
    }
  }

  private long resumed(ObjectWriter writer, ObjectInfo info) {
    long byteSize = Math.min(writer.resumeByteOffset(), info.byteSize());
    meter.resume(byteSize);
    return byteSize;
  }

  private static void checkUnchanged(
      ObjectUri from, ObjectInfo before, ObjectInfo now, String outcome)
      throws CommandFailedException {
    if (!before.isSameVersion(now)) {
      throw new CommandFailedException(
          from
              + " changed while it was read: byteSize="
              + before.byteSize()
              + " ETag="
              + before.etag()
              + ", now byteSize="
              + now.byteSize()
              + " ETag="
              + now.etag()
              + "; "
              + outcome);
    }
  }
}
