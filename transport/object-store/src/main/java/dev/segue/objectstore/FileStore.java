package dev.segue.objectstore;

import dev.segue.bytes.LoanPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.objectstore.ObjectStoreException.Reason;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.URI;
import java.net.URLConnection;
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
import org.jspecify.annotations.Nullable;

/**
 * A directory; keys are paths below it. What is being written has a hidden name until it is done.
 */
final class FileStore implements ObjectStore, RangeSource {
  /** Listings that go on, so that not each page reads the directories again. */
  private static final int KEPT_LISTING_COUNT = 16;

  private static final long READ_LIMIT = 1L << 30;

  private final Path root;
  private final StoreSettings settings;
  private final HiddenFiles hidden = new HiddenFiles();
  private final ConcurrentHashMap<Page, FileListing> listings = new ConcurrentHashMap<>();

  private record Page(String prefix, String delimiter, String after) {}

  private FileStore(Path root, StoreSettings settings) {
    this.root = root;
    this.settings = settings;
  }

  static FileStore open(StoreUri uri, StoreSettings settings) throws ObjectStoreException {
    Path root = Path.of(uri.path()).toAbsolutePath().normalize();
    try {
      Path _ = Files.createDirectories(root);
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
          "key \"" + key + "\" below " + uri() + ": it is no path of names within the directory");
    }
    return root.resolve(key);
  }

  @Override
  public ObjectInfo head(String key) throws ObjectStoreException {
    try {
      return info(key, path(key));
    } catch (IOException e) {
      throw Failures.of("head " + uriOf(key), e);
    }
  }

  @Override
  public ObjectMetadata metadata(String key) throws ObjectStoreException {
    ObjectInfo info = head(key);
    String type = URLConnection.guessContentTypeFromName(info.key());
    return type == null ? ObjectMetadata.NONE : ObjectMetadata.NONE.contentType(type);
  }

  static ObjectInfo info(String key, Path file) throws IOException {
    BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
    if (!attributes.isRegularFile()) {
      throw new NoSuchFileException(file.toString(), null, "it is no file");
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
    ObjectInfo info = head(key);
    if (info.byteSize() > region.byteSize()) {
      throw new ObjectStoreException(
          Reason.RANGE,
          "get "
              + uriOf(key)
              + ": the object of byteSize="
              + info.byteSize()
              + " does not fit into a destination of byteSize="
              + region.byteSize());
    }
    return read(key, 0, Destination.of(key, region).asSlice(0, info.byteSize()), info.etag());
  }

  @Override
  public ObjectInfo getRange(String key, long byteOffset, MemorySegment region)
      throws ObjectStoreException {
    String what = "get " + uriOf(key);
    Destination.checkRange(what, byteOffset, region.byteSize());
    return read(key, byteOffset, Destination.of(what, region), null);
  }

  private ObjectInfo read(String key, long byteOffset, MemorySegment region, @Nullable String etag)
      throws ObjectStoreException {
    String what = "get " + uriOf(key);
    try (FileChannel file = FileChannel.open(path(key), StandardOpenOption.READ)) {
      ObjectInfo before = info(key, path(key));
      long at = 0;
      while (at < region.byteSize()) {
        long window = Math.min(READ_LIMIT, region.byteSize() - at);
        int count = file.read(region.asSlice(at, window).asByteBuffer(), byteOffset + at);
        if (count < 0) {
          throw new ObjectStoreException(
              Reason.RANGE,
              "byteOffset="
                  + byteOffset
                  + " byteSize="
                  + region.byteSize()
                  + " does not fit the object of byteSize="
                  + (byteOffset + at));
        }
        at += count;
      }
      ObjectInfo after = info(key, path(key));
      if (!after.etag().equals(etag == null ? before.etag() : etag)) {
        throw new ObjectStoreException(
            Reason.CHANGED, "the object changed while it was read: ETag=" + after.etag());
      }
      return after;
    } catch (IOException e) {
      throw Failures.of(what, e);
    }
  }

  @Override
  public ObjectBytes get(String key, LoanPool pool) throws ObjectStoreException {
    ObjectInfo info = head(key);
    return fetch(key, 0, info.byteSize(), info.etag(), pool);
  }

  @Override
  public ObjectBytes getRange(String key, long byteOffset, long byteSize, LoanPool pool)
      throws ObjectStoreException {
    Destination.checkRange("get " + uriOf(key), byteOffset, byteSize);
    return fetch(key, byteOffset, byteSize, null, pool);
  }

  private ObjectBytes fetch(
      String key, long byteOffset, long byteSize, @Nullable String etag, LoanPool pool)
      throws ObjectStoreException {
    return Slot.filled(
        pool,
        byteOffset,
        byteSize,
        "get " + uriOf(key),
        region -> read(key, byteOffset, region, etag));
  }

  @Override
  public void getMany(Collection<String> keys, LoanPool pool, ManyHandler handler)
      throws ObjectStoreException {
    for (String key : keys) {
      handler.accept(get(key, pool));
    }
  }

  @Override
  public CompletableFuture<ObjectInfo> range(
      Transfer transfer,
      String key,
      long byteOffset,
      MemorySegment region,
      @Nullable String etag,
      Consumer<ObjectInfo> headKnown) {
    try {
      ObjectInfo info = read(key, byteOffset, region, etag);
      headKnown.accept(info);
      return CompletableFuture.completedFuture(info);
    } catch (ObjectStoreException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  @Override
  public ObjectReader read(String key) throws ObjectStoreException {
    return new ObjectReader(this, head(key), uriOf(key), settings);
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
    return new ObjectWriter("put " + uriOf(key), sink(key, false, options), settings, null);
  }

  @Override
  public ObjectWriter write(String key, Path journal, WriteOptions options)
      throws ObjectStoreException {
    PartSink sink = sink(key, true, options);
    // What a device or a pipe got is gone: it begins anew each time, and nothing is noted.
    UploadJournal opened =
        sink instanceof FilePartSink ? UploadJournal.open(journal, uriOf(key), settings) : null;
    return new ObjectWriter("put " + uriOf(key), sink, settings, opened);
  }

  private PartSink sink(String key, boolean journaled, WriteOptions options)
      throws ObjectStoreException {
    try {
      Path target = FilePartSink.followed(path(key));
      return FilePartSink.isDevice(target)
          ? new DevicePartSink(this, key, target)
          : new FilePartSink(this, key, target, settings, journaled, options);
    } catch (IOException e) {
      throw Failures.of("put " + uriOf(key), e);
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
      var _ = listings.put(new Page(prefix, delimiter, page.nextToken().get()), listing);
    }
    return page;
  }

  @Override
  public void delete(Collection<String> keys) throws ObjectStoreException {
    for (String key : keys) {
      try {
        boolean _ = Files.deleteIfExists(path(key));
      } catch (IOException e) {
        throw Failures.of("delete " + uriOf(key), e);
      }
    }
  }

  @Override
  public ObjectInfo copy(String fromKey, String toKey) throws ObjectStoreException {
    return copy(fromKey, toKey, count -> {});
  }

  @Override
  public ObjectInfo copy(String fromKey, String toKey, LongConsumer copied)
      throws ObjectStoreException {
    return switch (sink(toKey, false, WriteOptions.NONE)) {
      case FilePartSink file -> file.copyOf(path(fromKey), copied);
      case DevicePartSink device -> device.copyOf(path(fromKey), copied);
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
