package dev.segue.recording;

import dev.segue.bytes.OffHeapPool;
import dev.segue.objectstore.ObjectBytes;
import dev.segue.objectstore.ObjectReader;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectWriter;
import dev.segue.objectstore.StoreSettings;
import dev.segue.objectstore.WriteOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/** Puts one file of a spool where it belongs. Each try may fail, and the next one goes on. */
final class Storing {
  private static final int TAIL_BYTE_SIZE = 64 << 10;
  private static final long LOOK_AGAIN_MILLIS = 50;
  private static final int NAME_LIMIT = 100_000;
  private static final int NOT_IMPLEMENTED = 501;

  private final SpoolTarget target;
  private final SpoolFile file;
  private final Map<String, Integer> taken;
  private final BooleanSupplier givesUp;
  private final Watch watch;

  /** The watcher of a store's progress; told by any thread. */
  interface Watch {
    /**
     * Told when bytes move that never did before: a store that refuses them each time takes
     * nothing.
     */
    void moved();

    /** Told when the store is not waited for. */
    void answered();
  }

  /**
   * Of a file.
   *
   * @param taken how many names of a store were found to be taken, by the first one: it is not
   *     asked for all of them again
   * @param givesUp whether to leave it for later
   */
  Storing(
      SpoolTarget target,
      SpoolFile file,
      Map<String, Integer> taken,
      BooleanSupplier givesUp,
      Watch watch) {
    this.target = target;
    this.file = file;
    this.taken = taken;
    this.givesUp = givesUp;
    this.watch = watch;
  }

  /**
   * Stores it under a name that nobody has; returns that.
   *
   * @throws IOException if it can't now; what is stored of it already stays
   */
  String run() throws IOException, InterruptedException {
    return switch (target) {
      case SpoolTarget.InFolder folder -> link(folder.folder());
      case SpoolTarget.InStore store -> upload(store.store());
    };
  }

  /** So many bytes of the file have gone. */
  private void moved(long byteCount) {
    if (file.advanceSent(byteCount)) {
      watch.moved();
    }
  }

  private void awaitWhole() throws IOException, InterruptedException {
    while (!file.isWhole()) {
      checkGivenUp();
      Thread.sleep(LOOK_AGAIN_MILLIS);
    }
  }

  private void checkGivenUp() throws IOException {
    watch.answered();
    if (file.isDropped() || givesUp.getAsBoolean()) {
      throw new IOException("storing of " + file.data() + ": given up for now");
    }
  }

  private String link(Path folder) throws IOException, InterruptedException {
    awaitWhole();
    for (int number = 0; number < NAME_LIMIT; number++) {
      String name = Names.of(file.wanted(), number);
      Path to = folder.resolve(name).normalize();
      if (!to.startsWith(folder.normalize())) {
        throw new IOException("storing of " + file.data() + ": " + name + " is not in " + folder);
      }
      try {
        publish(folder, name, to);
      } catch (FileAlreadyExistsException e) {
        if (Files.isSameFile(to, file.data()) || isCopy(to)) {
          // A process that was killed then had given it the name.
          return name;
        }
        continue;
      }
      force(folderOf(to));
      return name;
    }
    throw new IOException("storing of " + file.data() + ": every name is taken in " + folder);
  }

  private void publish(Path folder, String name, Path to) throws IOException {
    Files.createDirectories(folderOf(to));
    if (isLinked(to)) {
      return;
    }
    // Below, a name that appears meanwhile would be replaced.
    if (Files.exists(to)) {
      throw new FileAlreadyExistsException(to.toString());
    }
    if (Files.getFileStore(file.data()).equals(Files.getFileStore(folderOf(to)))) {
      // A file system without links.
      Files.move(file.data(), to, StandardCopyOption.ATOMIC_MOVE);
    } else {
      copy(folder, name, to);
    }
  }

  /** Returns whether it has that name now; there may be no links to where that is. */
  private boolean isLinked(Path to) throws IOException {
    try {
      Files.createLink(to, file.data());
      return true;
    } catch (FileAlreadyExistsException e) {
      throw e;
    } catch (UnsupportedOperationException | FileSystemException e) {
      return false;
    }
  }

  /**
   * To another file system: it is visible when it is whole, unless the name was taken meanwhile.
   */
  private void copy(Path folder, String name, Path to) throws IOException {
    String uri = folder.toUri().toString();
    try (ObjectStore store = ObjectStore.open(uri, StoreSettings.defaults());
        ObjectWriter writer = store.write(name, WriteOptions.NONE.ifAbsent())) {
      for (long at = 0; at < file.byteSize(); ) {
        checkGivenUp();
        int count = writer.writeFrom(new Window(file.channel(), at, file.byteSize()));
        if (count < 0) {
          throw new IOException("storing of " + file.data() + ": it became shorter");
        }
        at += count;
        moved(at);
      }
      writer.finish();
    } catch (ObjectStoreException e) {
      if (e.reason() == ObjectStoreException.Reason.EXISTS) {
        FileAlreadyExistsException taken = new FileAlreadyExistsException(to.toString());
        taken.initCause(e);
        throw taken;
      }
      throw e;
    }
  }

  /** Returns whether a process that was killed then had copied it all. */
  private boolean isCopy(Path to) throws IOException {
    if (!Files.isRegularFile(to) || !Files.isReadable(to)) {
      return false;
    }
    try (FileChannel theirs = FileChannel.open(to, StandardOpenOption.READ)) {
      return theirs.size() == file.byteSize() && tailOf(theirs).equals(tailOf(file.channel()));
    }
  }

  /** The end of a file, in which each recording differs from the others. */
  private ByteBuffer tailOf(FileChannel of) throws IOException {
    int byteSize = (int) Math.min(TAIL_BYTE_SIZE, file.byteSize());
    ByteBuffer tail = ByteBuffer.allocate(byteSize);
    int count = 0;
    while (tail.hasRemaining() && count >= 0) {
      count = of.read(tail, file.byteSize() - byteSize + tail.position());
    }
    return tail.flip();
  }

  private static Path folderOf(Path file) {
    return Objects.requireNonNull(file.toAbsolutePath().getParent());
  }

  private static void force(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private String upload(ObjectStore store) throws IOException, InterruptedException {
    WriteOptions options = WriteOptions.NONE.ifAbsent();
    while (true) {
      watch.answered();
      String name = nameIn(store);
      discardOld(store, name);
      if (file.isWhole() && store.exists(name)) {
        if (isThere(store, name)) {
          return name;
        }
        takeAnotherName(store, name);
        continue;
      }
      try {
        upload(store, name, options);
        return name;
      } catch (ObjectStoreException e) {
        if (e.status() == NOT_IMPLEMENTED && options.isIfAbsent()) {
          // A server that knows no conditions: what is there is looked for all the same.
          options = WriteOptions.NONE;
        } else if (e.reason() == ObjectStoreException.Reason.EXISTS) {
          if (isThere(store, name)) {
            return name;
          }
          takeAnotherName(store, name);
        } else {
          throw e;
        }
      }
    }
  }

  /** Another recorder was done first: what is there stays. */
  private void takeAnotherName(ObjectStore store, String name) throws IOException {
    discard(store, name, file.journal());
    file.forgetName();
  }

  /** Removes the parts of an upload that has what was cut off since. */
  private void discardOld(ObjectStore store, String name) throws IOException {
    if (Files.exists(file.oldJournal())) {
      discard(store, name, file.oldJournal());
    }
  }

  private static void discard(ObjectStore store, String name, Path journal) throws IOException {
    try {
      store.discard(name, journal);
    } catch (ObjectStoreException e) {
      if (e.reason() != ObjectStoreException.Reason.OTHER) {
        throw e;
      }
      // Of another upload, or torn: there is nothing that it could name.
      Files.deleteIfExists(journal);
    }
  }

  /** Removes what is stored of a file that was given up. */
  static void discard(SpoolTarget target, SpoolFile file) throws IOException {
    if (target instanceof SpoolTarget.InStore in && file.name().isPresent()) {
      for (Path journal : List.of(file.journal(), file.oldJournal())) {
        discard(in.store(), file.name().get(), journal);
      }
    }
  }

  /** Goes on with the upload that is noted; starts over where its parts are of other settings. */
  private ObjectWriter begin(ObjectStore store, String name, WriteOptions options)
      throws IOException {
    try {
      return store.write(name, file.journal(), options);
    } catch (ObjectStoreException e) {
      if (e.reason() != ObjectStoreException.Reason.OTHER || !Files.exists(file.journal())) {
        throw e;
      }
    }
    discard(store, name, file.journal());
    return store.write(name, file.journal(), options);
  }

  private void upload(ObjectStore store, String name, WriteOptions options)
      throws IOException, InterruptedException {
    try (ObjectWriter writer = begin(store, name, options)) {
      long at = writer.resumeByteOffset();
      // What is read into a part's memory has not moved yet.
      AtomicLong sent = new AtomicLong(at);
      writer.whenMoved(count -> moved(Math.min(file.byteSize(), sent.addAndGet(count))));
      while (true) {
        // First this: what is written before the end is seen must be sent as well.
        boolean whole = file.isWhole();
        long end = file.byteSize();
        if (at > end && whole) {
          discard(store, name, file.journal());
          throw new IOException("storing of " + file.data() + ": the store has more of it");
        }
        while (at < end) {
          checkGivenUp();
          int count = writer.writeFrom(new Window(file.channel(), at, end));
          if (count < 0) {
            throw new IOException("storing of " + file.data() + ": it became shorter");
          }
          at += count;
          if (file.advanceRead(at)) {
            watch.moved();
          }
        }
        if (whole) {
          if (store.exists(name)) {
            throw new ObjectStoreException(
                ObjectStoreException.Reason.EXISTS, "storing of " + file.data() + ": " + name);
          }
          writer.finish();
          watch.moved();
          return;
        }
        checkGivenUp();
        Thread.sleep(LOOK_AGAIN_MILLIS);
      }
    }
  }

  /** A file from an offset to an end, read where nobody else's position is moved. */
  private record Window(FileChannel file, long from, long end) implements ReadableByteChannel {
    @Override
    public int read(ByteBuffer into) throws IOException {
      int limit = into.limit();
      into.limit((int) Math.min(limit, into.position() + end - from));
      try {
        return file.read(into, from);
      } finally {
        into.limit(limit);
      }
    }

    @Override
    public boolean isOpen() {
      return file.isOpen();
    }

    @Override
    public void close() {}
  }

  /** The name that was chosen before, or the first one that is free. */
  private String nameIn(ObjectStore store) throws IOException {
    if (file.name().isPresent()) {
      return file.name().get();
    }
    for (int number = taken.getOrDefault(file.wanted(), 0); number < NAME_LIMIT; number++) {
      String name = Names.of(file.wanted(), number);
      if (!store.exists(name)) {
        file.name(name);
        taken.put(file.wanted(), number);
        return name;
      }
    }
    throw new IOException("storing of " + file.data() + ": every name is taken");
  }

  /**
   * Returns whether a process that was killed had stored it all: its end is there, byte for byte.
   */
  private boolean isThere(ObjectStore store, String name) throws IOException {
    if (!store.exists(name)) {
      return false;
    }
    int tail = (int) Math.min(TAIL_BYTE_SIZE, file.byteSize());
    try (ObjectReader reader = store.read(name);
        OffHeapPool pool = new OffHeapPool(TAIL_BYTE_SIZE)) {
      if (reader.info().byteSize() == file.byteSize()) {
        try (ObjectBytes theirs = reader.range(file.byteSize() - tail, tail, pool)) {
          if (ByteBuffer.wrap(theirs.bytes().copyToByteArray()).equals(tailOf(file.channel()))) {
            return true;
          }
        }
      }
    }
    return false;
  }
}
