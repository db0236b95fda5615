package dev.segue.objectstore.internal;

import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectPage;
import dev.segue.objectstore.ObjectStore.UnreadableHandler;
import dev.segue.objectstore.ObjectStoreException;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Walks through the files below a directory in the order of their keys, a page at a time. Each
 * directory is read once; symbolic links below the first one are left out.
 *
 * <p>Threads: one at a time.
 */
final class FileListing {
  private static final int PAGE = 1000;

  /**
   * An entry of a directory; a directory's key ends with a slash, so that the order is the keys'.
   */
  private record Entry(String key, Path file) {
    boolean isDirectory() {
      return key.endsWith("/");
    }
  }

  private final FileStore store;
  private final String prefix;
  private final String delimiter;
  private final ArrayDeque<Iterator<Entry>> open = new ArrayDeque<>();
  private final String after;
  private @Nullable Entry pending;

  /**
   * Begins a listing.
   *
   * @param after only what is shown behind it; empty for all
   */
  FileListing(
      FileStore store, String prefix, String delimiter, String after, UnreadableHandler unreadable)
      throws ObjectStoreException {
    this.store = store;
    this.prefix = prefix;
    this.delimiter = delimiter;
    this.after = after;
    int directoryEnd = prefix.lastIndexOf('/');
    String directory = directoryEnd < 0 ? "" : prefix.substring(0, directoryEnd + 1);
    Path from = directoryEnd < 0 ? store.root() : store.path(prefix.substring(0, directoryEnd));
    if (Files.isDirectory(from)) {
      enter(directory, from, unreadable);
    }
  }

  /** The next page; its token is what it ends with. */
  ObjectPage next(UnreadableHandler unreadable) throws ObjectStoreException {
    List<ObjectInfo> objects = new ArrayList<>();
    List<String> prefixes = new ArrayList<>();
    String last = after;
    for (Entry entry = entry(unreadable); entry != null; entry = entry(unreadable)) {
      String shown = shown(entry.key());
      boolean isGroup = entry.isDirectory() || !shown.equals(entry.key());
      if (isGroup && !prefixes.isEmpty() && prefixes.getLast().equals(shown)) {
        continue;
      }
      if (shown.compareTo(after) <= 0) {
        continue;
      }
      if (objects.size() + prefixes.size() == PAGE) {
        pending = entry;
        return new ObjectPage(objects, prefixes, Optional.of(last));
      }
      if (isGroup) {
        prefixes.add(shown);
        last = shown;
      } else if (add(entry, objects, unreadable)) {
        last = shown;
      }
    }
    return new ObjectPage(objects, prefixes, Optional.empty());
  }

  private static boolean add(Entry entry, List<ObjectInfo> objects, UnreadableHandler unreadable)
      throws ObjectStoreException {
    try {
      BasicFileAttributes attributes = attributes(entry.file());
      if (attributes.isRegularFile()) {
        objects.add(FileStore.info(entry.key(), attributes));
        return true;
      }
    } catch (NoSuchFileException e) {
      // Gone since its directory was read.
      return false;
    } catch (IOException e) {
      unreadable.accept(Failures.of("list of " + entry.file(), e));
    }
    return false;
  }

  private static BasicFileAttributes attributes(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
  }

  private String shown(String key) {
    int end = delimiter.isEmpty() ? -1 : key.indexOf(delimiter, prefix.length());
    return end < 0 ? key : key.substring(0, end + delimiter.length());
  }

  /** The next file, or directory that is not gone into. */
  private @Nullable Entry entry(UnreadableHandler unreadable) throws ObjectStoreException {
    Entry kept = pending;
    if (kept != null) {
      pending = null;
      return kept;
    }
    while (!open.isEmpty()) {
      if (!open.peekLast().hasNext()) {
        open.removeLast();
        continue;
      }
      Entry entry = open.peekLast().next();
      if (!entry.isDirectory() || delimiter.equals("/")) {
        return entry;
      }
      // What lies below is all listed already where it is before the last key of that page.
      if (entry.key().compareTo(after) > 0 || after.startsWith(entry.key())) {
        enter(entry.key(), entry.file(), unreadable);
      }
    }
    return null;
  }

  private void enter(String key, Path directory, UnreadableHandler unreadable)
      throws ObjectStoreException {
    List<Entry> entries = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        if (name.startsWith(HiddenFiles.PREFIX)) {
          continue;
        }
        Entry entry = new Entry(key + name + (isDirectory(file) ? "/" : ""), file);
        if (entry.key().startsWith(prefix) || prefix.startsWith(entry.key())) {
          entries.add(entry);
        }
      }
    } catch (NoSuchFileException e) {
      return;
    } catch (IOException | DirectoryIteratorException e) {
      unreadable.accept(Failures.of("list of " + store.uriOf(key), e));
    }
    entries.sort(Comparator.comparing(Entry::key));
    open.addLast(entries.iterator());
  }

  private static boolean isDirectory(Path file) {
    return Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS);
  }
}
