package dev.segue.objectstore.internal;

import dev.segue.bytes.LoanPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.bytes.spi.OpenFiles;
import dev.segue.objectstore.ObjectBytes;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectMetadata;
import dev.segue.objectstore.ObjectPage;
import dev.segue.objectstore.ObjectReader;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.ObjectWriter;
import dev.segue.objectstore.StoreSettings;
import dev.segue.objectstore.WriteOptions;
import dev.segue.objectstore.spi.StoreUri;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.URI;
import java.net.URLConnection;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * A directory; keys are paths below it. What is being written has a hidden name until it is done.
 */
public final class FileStore implements ObjectStore, RangeSource {
  /** Listings that go on, so that not each page reads the directories again. */
  private static final int KEPT_LISTING_COUNT = 16;

  private static final long READ_LIMIT = 1L << 30;

  private final Path root;
  private final StoreSettings settings;
  private final HiddenFiles hidden = new HiddenFiles(new SweepTimes(System::nanoTime));
  private final ConcurrentHashMap<Page, FileListing> listings = new ConcurrentHashMap<>();

  private record Page(String prefix, String delimiter, String after) {}

  private FileStore(Path root, StoreSettings settings) {
    this.root = root;
    this.settings = settings;
  }

  /** Opens a directory, which is made if it is not there. */
  public static FileStore open(StoreUri uri, StoreSettings settings) throws ObjectStoreException {
    Path root = Path.of(uri.path()).toAbsolutePath().normalize();
    try {
      Files.createDirectories(root);
    } catch (IOException e) {
      throw Failures.of("open of " + uri, e);
    }
    return new FileStore(root, settings);
  }

  @Override
  public String uri() {
    return StoreUri.encoded("file", "", root.toString());
  }

  Path root() {
    return root;
  }

  HiddenFiles hidden() {
    return hidden;
  }

  Attempt attempt(String verb, String key) {
    return new Attempt(verb + " " + uriOf(key), key);
  }

  String uriOf(String key) {
    return "file://" + root + (root.getNameCount() == 0 ? "" : "/") + key;
  }

  /**
   * The file of a key.
   *
   * @throws IllegalArgumentException if the key leads out of the directory or to a hidden name
   */
  Path path(String key) {
    boolean plain = !key.isEmpty() && !key.endsWith("/") && key.indexOf('\0') < 0;
    for (String name : key.split("/", -1)) {
      plain &= !name.isEmpty() && !name.equals(".") && !name.equals("..");
      plain &= !name.startsWith(HiddenFiles.PREFIX);
    }
    if (!plain) {
      throw new IllegalArgumentException(
          "key \"" + key + "\" below " + uri() + ": not a relative path within the directory");
    }
    return root.resolve(key);
  }

  @Override
  public ObjectInfo head(String key) throws ObjectStoreException {
    try {
      return info(key, path(key));
    } catch (IOException e) {
      throw Failures.of(attempt("head", key), e);
    }
  }

  @Override
  public ObjectMetadata metadata(String key) throws ObjectStoreException {
    ObjectInfo info = head(key);
    String type = URLConnection.guessContentTypeFromName(info.key());
    return type == null ? ObjectMetadata.NONE : ObjectMetadata.NONE.contentType(type);
  }

  /** Returns what is about to be copied: opening a pipe would wait for its writer. */
  static ObjectInfo source(Attempt what, String key, Path file) throws ObjectStoreException {
    try {
      return info(key, file);
    } catch (IOException e) {
      throw Failures.of(what, e);
    }
  }

  static ObjectInfo info(String key, Path file) throws IOException {
    BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
    if (!attributes.isRegularFile()) {
      throw new NoSuchFileException(file.toString(), null, "not a file");
    }
    return info(key, attributes);
  }

  static ObjectInfo info(String key, BasicFileAttributes attributes) {
    String etag =
        "\""
            + Long.toHexString(attributes.size())
            + "-"
            + attributes.lastModifiedTime().toInstant()
            + "-"
            + attributes.fileKey()
            + "\"";
    return new ObjectInfo(key, attributes.size(), etag, attributes.lastModifiedTime().toInstant());
  }

  @Override
  public ObjectInfo get(String key, MemorySegment region) throws ObjectStoreException {
    Attempt what = attempt("get", key);
    MemorySegment to = Destination.of(what, region);
    ObjectInfo info = head(key);
    if (info.byteSize() > region.byteSize()) {
      throw what.failure(
          Reason.RANGE,
          "the object of byteSize="
              + info.byteSize()
              + " does not fit into a destination of byteSize="
              + region.byteSize());
    }
    return read(new RangeRead(key, 0, to.asSlice(0, info.byteSize()), info));
  }

  @Override
  public ObjectInfo getRange(String key, long byteOffset, MemorySegment region)
      throws ObjectStoreException {
    Attempt what = attempt("get", key);
    Destination.checkRange(what, byteOffset, region.byteSize());
    return read(new RangeRead(key, byteOffset, Destination.of(what, region), null));
  }

  @Override
  public ObjectInfo getRange(ObjectInfo version, long byteOffset, MemorySegment region)
      throws ObjectStoreException {
    Attempt what = attempt("get", version.key());
    MemorySegment to = Destination.of(what, region);
    Destination.checkRange(what, version, byteOffset, region.byteSize());
    return read(new RangeRead(version.key(), byteOffset, to, version));
  }

  private ObjectInfo read(RangeRead read) throws ObjectStoreException {
    Path path = path(read.key());
    try {
      // Before it is opened: what takes its place from here on is another version behind it.
      return read(read, path, info(read.key(), path));
    } catch (IOException e) {
      throw Failures.of(attempt("get", read.key()), e);
    }
  }

  private static ObjectInfo read(RangeRead read, Path path, ObjectInfo before) throws IOException {
    MemorySegment region = read.region();
    try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
      long at = 0;
      while (at < region.byteSize()) {
        long window = Math.min(READ_LIMIT, region.byteSize() - at);
        int count = file.read(region.asSlice(at, window).asByteBuffer(), read.byteOffset() + at);
        if (count < 0) {
          throw tooShort(read, read.byteOffset() + at);
        }
        at += count;
      }
      ObjectInfo after = info(read.key(), path);
      checkEnd(file, after, read.byteOffset() + at);
      if (!after.isSameVersion(read.pinned() == null ? before : read.pinned())) {
        throw new ObjectStoreException(
            Reason.CHANGED, "the object changed while it was read: ETag=" + after.etag());
      }
      return after;
    }
  }

  /** Who has read up to a file's size must be at its end: those of {@code /proc} have no size. */
  private static void checkEnd(FileChannel file, ObjectInfo info, long byteOffset)
      throws IOException {
    if (byteOffset == info.byteSize() && file.read(ByteBuffer.allocate(1), byteOffset) > 0) {
      throw new ObjectStoreException(
          Reason.CHANGED,
          "the file has more bytes than its size says, byteSize=" + info.byteSize());
    }
  }

  /** A version that was known and had these bytes is another one now. */
  private static ObjectStoreException tooShort(RangeRead read, long byteSize) {
    return new ObjectStoreException(
        read.pinned() == null ? Reason.RANGE : Reason.CHANGED,
        "byteOffset="
            + read.byteOffset()
            + " byteSize="
            + read.byteSize()
            + " does not fit the object of byteSize="
            + byteSize);
  }

  @Override
  public ObjectBytes get(String key, LoanPool pool) throws ObjectStoreException {
    ObjectInfo info = head(key);
    return getRange(info, 0, info.byteSize(), pool);
  }

  @Override
  public ObjectBytes getRange(String key, long byteOffset, long byteSize, LoanPool pool)
      throws ObjectStoreException {
    Attempt what = attempt("get", key);
    Destination.checkRange(what, byteOffset, byteSize);
    return Slot.filled(
        pool,
        byteOffset,
        byteSize,
        what,
        region -> read(new RangeRead(key, byteOffset, region, null)));
  }

  @Override
  public ObjectBytes getRange(ObjectInfo version, long byteOffset, long byteSize, LoanPool pool)
      throws ObjectStoreException {
    Attempt what = attempt("get", version.key());
    Destination.checkRange(what, version, byteOffset, byteSize);
    return Slot.filled(
        pool,
        byteOffset,
        byteSize,
        what,
        region -> read(new RangeRead(version.key(), byteOffset, region, version)));
  }

  @Override
  public void getMany(Collection<String> keys, LoanPool pool, ManyHandler handler)
      throws ObjectStoreException {
    for (String key : keys) {
      ManyGets.handle(key, handler, () -> get(key, pool));
    }
  }

  @Override
  public CompletableFuture<ObjectInfo> range(Transfer transfer, RangeRead read) {
    try {
      ObjectInfo info = read(read);
      read.headKnown().accept(info);
      return CompletableFuture.completedFuture(info);
    } catch (ObjectStoreException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  @Override
  public ObjectReader read(String key) throws ObjectStoreException {
    Attempt what = attempt("read of", key);
    ObjectInfo info = head(key);
    if (info.byteSize() == 0) {
      // Nothing of it will be read.
      try (FileChannel file = FileChannel.open(path(key), StandardOpenOption.READ)) {
        checkEnd(file, info, 0);
      } catch (IOException e) {
        throw Failures.of(what, e);
      }
    }
    return new ObjectReader(this, info, what, settings, null);
  }

  @Override
  public ObjectInfo put(String key, SegmentedBytes bytes, WriteOptions options)
      throws ObjectStoreException {
    Lend.begin(bytes);
    try {
      return sink(key, false, options).whole(bytes, 0, new Transfer());
    } finally {
      Lend.end(bytes);
    }
  }

  @Override
  public ObjectWriter write(String key, WriteOptions options) throws ObjectStoreException {
    return new ObjectWriter(attempt("put", key), sink(key, false, options), settings, null);
  }

  @Override
  public ObjectWriter write(String key, Path journal, WriteOptions options)
      throws ObjectStoreException {
    PartSink sink = sink(key, true, options);
    // What a device or a pipe got is gone: it starts over each time, and nothing is noted.
    UploadJournal opened =
        sink instanceof FilePartSink ? UploadJournal.open(journal, uriOf(key), settings) : null;
    return new ObjectWriter(attempt("put", key), sink, settings, opened);
  }

  @Override
  public void discard(String key, Path journal) throws ObjectStoreException {
    UploadJournal.discard(journal, uriOf(key), sink(key, true, WriteOptions.NONE));
  }

  private PartSink sink(String key, boolean journaled, WriteOptions options)
      throws ObjectStoreException {
    WriteConditions.checkNoEncryption(attempt("put", key), options);
    try {
      Path file = path(key);
      if (OpenFiles.isOfJvm(file)) {
        throw new ObjectStoreException(
            ObjectStoreException.Reason.DENIED,
            attempt("put", key)
                + ": this process has opened that itself, or not for writing; name what it was"
                + " started with for writing");
      }
      // Before links are followed: /dev/stdout and /dev/fd/3 say a name that nothing has, or that
      // of a file whose other writers would go on with one that has no name any more.
      return FilePartSink.isDevice(file)
              || (OpenFiles.isName(file) && !WriteConditions.isOn(options))
          ? new DevicePartSink(this, key, file, options)
          : new FilePartSink(this, key, FilePartSink.followed(file), settings, journaled, options);
    } catch (IOException e) {
      throw Failures.of(attempt("put", key), e);
    }
  }

  @Override
  public ObjectPage list(String prefix, String delimiter, Optional<String> token)
      throws ObjectStoreException {
    return list(
        prefix,
        delimiter,
        token,
        unreadable -> {
          throw unreadable;
        });
  }

  @Override
  public ObjectPage list(
      String prefix, String delimiter, Optional<String> token, UnreadableHandler unreadable)
      throws ObjectStoreException {
    String after = token.orElse("");
    FileListing listing =
        after.isEmpty() ? null : listings.remove(new Page(prefix, delimiter, after));
    if (listing == null) {
      listing = new FileListing(this, prefix, delimiter, after, unreadable);
    }
    ObjectPage page = listing.next(unreadable);
    if (page.nextToken().isPresent()) {
      if (listings.size() >= KEPT_LISTING_COUNT) {
        listings.clear();
      }
      listings.put(new Page(prefix, delimiter, page.nextToken().get()), listing);
    }
    return page;
  }

  @Override
  public void delete(Collection<String> keys) throws ObjectStoreException {
    new FileDeletion(this, keys.size()).run(keys);
  }

  @Override
  public void delete(Collection<ObjectInfo> versions, Consumer<ObjectInfo> kept)
      throws ObjectStoreException {
    new FileDeletion(this, versions.size()).run(versions, kept);
  }

  @Override
  public void delete(ObjectInfo version) throws ObjectStoreException {
    new FileDeletion(this, 1).run(version);
  }

  @Override
  public ObjectInfo copy(String fromKey, String toKey) throws ObjectStoreException {
    return copy(fromKey, toKey, count -> {});
  }

  @Override
  public ObjectInfo copy(String fromKey, String toKey, LongConsumer copied)
      throws ObjectStoreException {
    Attempt what = copying(fromKey, toKey);
    return copy(what, source(what, fromKey, path(fromKey)), toKey, copied);
  }

  @Override
  public ObjectInfo copy(ObjectInfo version, String toKey, LongConsumer copied)
      throws ObjectStoreException {
    Attempt what = copying(version.key(), toKey);
    Versions.checkNamed(what, version);
    ObjectInfo there = source(what, version.key(), path(version.key()));
    Versions.checkSame(what, version, there);
    return copy(what, there, toKey, copied);
  }

  private Attempt copying(String fromKey, String toKey) {
    return new Attempt("copy " + uriOf(fromKey) + " to " + uriOf(toKey), fromKey);
  }

  private ObjectInfo copy(Attempt what, ObjectInfo source, String toKey, LongConsumer copied)
      throws ObjectStoreException {
    Path from = path(source.key());
    return switch (sink(toKey, false, WriteOptions.NONE)) {
      case FilePartSink file -> file.copyOf(what, from, source, copied);
      case DevicePartSink device -> device.copyOf(what, from, source, copied);
      case PartSink other -> throw new IllegalStateException(other.toString());
    };
  }

  @Override
  public URI presignGet(String key, Duration validity) {
    throw new UnsupportedOperationException("presign " + uriOf(key) + ": files have no URLs");
  }

  @Override
  public URI presignPut(String key, Duration validity) {
    throw new UnsupportedOperationException("presign " + uriOf(key) + ": files have no URLs");
  }

  @Override
  public void close() {}
}
