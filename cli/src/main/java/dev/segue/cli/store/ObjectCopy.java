package dev.segue.cli.store;

import dev.segue.bytes.Loan;
import dev.segue.bytes.OffHeapPool;
import dev.segue.cli.CommandFailedException;
import dev.segue.objectstore.ObjectBytes;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectReader;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectWriter;
import dev.segue.objectstore.WriteOptions;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
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
  private final Optional<Journals> journals;

  /**
   * A copier.
   *
   * @param variables the settings
   * @param journals where interrupted copies are noted; empty if they are given up
   */
  ObjectCopy(
      Stores stores, Map<String, String> variables, Meter meter, Optional<Journals> journals) {
    this.stores = stores;
    this.variables = CopySettings.withDefaults(variables);
    this.streaming = CopySettings.streaming(variables);
    this.meter = meter;
    this.journals = journals;
  }

  ObjectInfo head(ObjectUri location) throws IOException {
    return stores.of(location, variables).head(location.key());
  }

  /** Walks through all that lies below a folder. */
  void list(ObjectUri folder, Listing.PageHandler handler, ObjectStore.UnreadableHandler unreadable)
      throws IOException {
    Listing.walk(stores, variables, folder, "", handler, unreadable);
  }

  /**
   * Copies an object.
   *
   * @param info of the object, as it was found
   */
  ObjectInfo copy(ObjectUri from, ObjectInfo info, ObjectUri to)
      throws IOException, CommandFailedException {
    if (from.storeUri().equals(to.storeUri())) {
      return stores.of(from, variables).copy(from.key(), to.key(), meter::advance);
    }
    return from.isLocal() ? sendFile(from, info, to) : sendObject(from, info, to);
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
      for (long at = resumed(writer, info); at < info.byteSize(); ) {
        long count = Math.min(BLOCK, info.byteSize() - at);
        try (Loan block = loan(blocks, count, from)) {
          fill(from, info, file, at, block.segment().asByteBuffer());
          writer.writeOwned(block);
        }
        meter.advance(count);
        at += count;
      }
      checkUnchanged(from, info, head(from));
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
      if (!found.etag().equals(info.etag()) || found.byteSize() != info.byteSize()) {
        // It changed since it was listed or asked for; the reader is of one version.
        checkUnchanged(from, info, found);
      }
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
    try (ObjectWriter writer = stores.of(to, streaming).write(to.key())) {
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
    WriteOptions options =
        to.isLocal()
            ? WriteOptions.NONE
            : WriteOptions.NONE.metadata(stores.of(from, variables).metadata(from.key()));
    return journals.isPresent()
        ? store.write(to.key(), journals.get().of(from, info, to, writing), options)
        : store.write(to.key(), options);
  }

  private long resumed(ObjectWriter writer, ObjectInfo info) {
    long byteSize = Math.min(writer.resumeByteOffset(), info.byteSize());
    meter.resume(byteSize);
    return byteSize;
  }

  private static void checkUnchanged(ObjectUri from, ObjectInfo before, ObjectInfo now)
      throws CommandFailedException {
    if (!before.etag().equals(now.etag()) || before.byteSize() != now.byteSize()) {
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
              + "; nothing was written, try again");
    }
  }
}
