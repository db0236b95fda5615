package dev.segue.objectstore;

import dev.segue.bytes.LoanPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectStoreException.Reason;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A directory; keys are paths below it. What is being written has a hidden name until it is done.
 */
final class FileStore implements ObjectStore, RangeSource {
  private static final int PAGE = 1000;
  private static final long READ_LIMIT = 1L << 30;

  private final Path root;
  private final StoreSettings settings;
  private final HiddenFiles hidden = new HiddenFiles();

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
    return "file://" + root;
  }

  HiddenFiles hidden() {
    return hidden;
  }

  String uriOf(String key) {
    return uri() + (root.getNameCount() == 0 ? "" : "/") + key;
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

  static ObjectInfo info(String key, Path file) throws IOException {
    BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
    if (!attributes.isRegularFile()) {
      throw new NoSuchFileException(file.toString(), null, "it is no file");
    }
    return info(key, attributes);
  }

  private static ObjectInfo info(String key, BasicFileAttributes attributes) {
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
    return read(key, byteOffset, Destination.of(key, region), null);
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
  public ObjectInfo put(String key, SegmentedBytes bytes) throws ObjectStoreException {
    bytes.beginLend();
    try {
      return new FilePartSink(this, key, settings, false).whole(bytes, 0, new Transfer());
    } finally {
      bytes.endLend();
    }
  }

  @Override
  public ObjectWriter write(String key) throws ObjectStoreException {
    return new ObjectWriter(
        "put " + uriOf(key), new FilePartSink(this, key, settings, false), settings, null);
  }

  @Override
  public ObjectWriter write(String key, Path journal) throws ObjectStoreException {
    UploadJournal opened = UploadJournal.open(journal, uriOf(key), settings);
    return new ObjectWriter(
        "put " + uriOf(key), new FilePartSink(this, key, settings, true), settings, opened);
  }

  @Override
  public ObjectPage list(String prefix, String delimiter, Optional<String> token)
      throws ObjectStoreException {
    List<ObjectInfo> all = new ArrayList<>();
    try {
      walk(prefix, delimiter.equals("/") ? 1 : Integer.MAX_VALUE, all);
    } catch (IOException e) {
      throw Failures.of("list " + uriOf(prefix), e);
    }
    all.sort(Comparator.comparing(ObjectInfo::key));
    List<ObjectInfo> page = new ArrayList<>();
    SortedSet<String> prefixes = new TreeSet<>();
    String last = "";
    for (ObjectInfo info : all) {
      String shown = shown(info.key(), prefix, delimiter);
      if (token.isPresent() && shown.compareTo(token.get()) <= 0) {
        continue;
      }
      if (page.size() + prefixes.size() == PAGE && !prefixes.contains(shown)) {
        return new ObjectPage(page, List.copyOf(prefixes), Optional.of(last));
      }
      if (shown.equals(info.key()) && !shown.endsWith("/")) {
        page.add(info);
      } else {
        boolean _ = prefixes.add(shown);
      }
      last = shown;
    }
    return new ObjectPage(page, List.copyOf(prefixes), Optional.empty());
  }

  private static String shown(String key, String prefix, String delimiter) {
    int end = delimiter.isEmpty() ? -1 : key.indexOf(delimiter, prefix.length());
    return end < 0 ? key : key.substring(0, end + delimiter.length());
  }

  /** A directory at the last level is noted with a slash, whatever is in it. */
  private void walk(String prefix, int levelCount, List<ObjectInfo> to) throws IOException {
    int directoryEnd = prefix.lastIndexOf('/');
    Path from = directoryEnd < 0 ? root : path(prefix.substring(0, directoryEnd));
    if (!Files.isDirectory(from)) {
      return;
    }
    Path _ =
        Files.walkFileTree(
            from,
            Set.of(),
            levelCount,
            new SimpleFileVisitor<>() {
              @Override
              public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                String name = root.relativize(file).toString();
                String key = attributes.isDirectory() ? name + "/" : name;
                if ((attributes.isRegularFile() || attributes.isDirectory())
                    && key.startsWith(prefix)
                    && !file.getFileName().toString().startsWith(HiddenFiles.PREFIX)) {
                  to.add(info(key, attributes));
                }
                return FileVisitResult.CONTINUE;
              }

              @Override
              public FileVisitResult visitFileFailed(Path file, IOException failure)
                  throws IOException {
                if (failure instanceof NoSuchFileException) {
                  return FileVisitResult.CONTINUE;
                }
                throw failure;
              }
            });
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
    return new FilePartSink(this, toKey, settings, false).copyOf(path(fromKey));
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
