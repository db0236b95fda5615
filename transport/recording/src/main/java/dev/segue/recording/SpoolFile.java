package dev.segue.recording;

import dev.segue.bytes.BytesSink;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.bytes.spi.LockedFiles;
import dev.segue.mcap.McapRepair;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One recording in a spool: its data, and beside it a note that says where it belongs.
 *
 * <p>The data is locked for as long as a process has it, so that one that a killed process left is
 * told from one that is being recorded. Threads: one writes, one stores; what both see is volatile.
 */
final class SpoolFile implements BytesSink, AutoCloseable {
  /** Names are hidden from listings of a folder that is a store. */
  private static final String PREFIX = ".segue-part-recording-";

  private static final String DATA = ".mcap";
  private static final String NOTE = ".properties";

  /** The number of regions that the kernel takes in one gathered write. */
  private static final int REGION_LIMIT = 1024;

  /** The most that is written of a file's beginning before its first record is whole. */
  private static final int LARGEST_HEAD = 64;

  private static final String LOCATION = "location";
  private static final String WANTED = "wanted";
  private static final String NAME = "name";

  /** Of a file that has no lock yet, and is nobody's. */
  private static final String UNLOCKED = ".new";

  private static final String JOURNAL = ".journal";
  private static final String OLD = ".old";

  /** Of what takes its name when it is whole. */
  private static final String NEXT = ".next";

  /** Longer than one that is being made needs for it. */
  private static final Duration MAKING = Duration.ofMinutes(1);

  /** Of what was cut off since it is damaged. */
  private static final String DAMAGED = ".damaged";

  private static final System.Logger LOG = System.getLogger("dev.segue.recording");

  private final Path data;
  private final Properties note;

  private volatile FileChannel channel;
  private long writtenByteSize;

  /** The bytes of it that were ever read into parts, and those that were sent. */
  private final AtomicLong readByteSize = new AtomicLong();

  private final AtomicLong sentByteSize = new AtomicLong();

  private volatile long byteSize;
  private volatile long messageCount;
  private volatile boolean whole;
  private volatile boolean dropped;

  private SpoolFile(Path data, FileChannel channel, Properties note) throws IOException {
    this.data = data;
    this.channel = channel;
    this.note = note;
    this.writtenByteSize = channel.size();
    this.byteSize = writtenByteSize;
  }

  /**
   * Begins one.
   *
   * @param location where it belongs
   */
  static SpoolFile create(Path directory, String id, String location, String wanted)
      throws IOException {
    Path data = directory.toRealPath().resolve(PREFIX + id + DATA);
    Properties note = new Properties();
    note.setProperty(LOCATION, location);
    note.setProperty(WANTED, wanted);
    write(note, noteOf(data));
    // It gets its name when it is locked: before, it would look like one that was left.
    Path unlocked = data.resolveSibling(data.getFileName() + UNLOCKED);
    FileChannel channel =
        FileChannel.open(
            unlocked,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    boolean made = false;
    LockedFiles.take(data);
    try {
      if (!lock(channel)) {
        throw new IOException("spool " + data + ": another process has it");
      }
      SpoolFile file = new SpoolFile(data, channel, note);
      Files.move(unlocked, data, StandardCopyOption.ATOMIC_MOVE);
      made = true;
      return file;
    } finally {
      if (!made) {
        channel.close();
        LockedFiles.leave(data);
        Files.deleteIfExists(unlocked);
        Files.deleteIfExists(noteOf(data));
      }
    }
  }

  /**
   * One that another process left; empty if somebody still has it, it is gone, or it can't be
   * opened: another user's keeps nobody from recording.
   */
  static Optional<SpoolFile> reopen(Path path) throws IOException {
    try {
      return take(path);
    } catch (IOException | IllegalArgumentException e) {
      LOG.log(System.Logger.Level.WARNING, "recording " + path + " is left as it is: " + e);
      return Optional.empty();
    }
  }

  /** Returns whether nobody has one, and it can't be opened all the same. */
  static boolean isUnreadable(Path path) {
    try {
      Optional<SpoolFile> taken = take(path);
      if (taken.isPresent()) {
        taken.get().close();
      }
      return false;
    } catch (IOException | IllegalArgumentException e) {
      return true;
    }
  }

  private static Optional<SpoolFile> take(Path path) throws IOException {
    Path folder = Objects.requireNonNull(path.toAbsolutePath().getParent());
    Path data;
    try {
      data = folder.toRealPath().resolve(path.getFileName());
    } catch (NoSuchFileException e) {
      // Who had it is done, and has removed the folder as well.
      return Optional.empty();
    }
    if (!LockedFiles.take(data)) {
      return Optional.empty();
    }
    FileChannel channel = null;
    boolean taken = false;
    try {
      channel = openLocked(data);
      if (channel == null) {
        return Optional.empty();
      }
      SpoolFile file = new SpoolFile(data, channel, readNote(data));
      taken = true;
      return Optional.of(file);
    } finally {
      if (!taken) {
        if (channel != null) {
          channel.close();
        }
        LockedFiles.leave(data);
      }
    }
  }

  /** Returns null if somebody has it, or it is gone. */
  private static @Nullable FileChannel openLocked(Path data) throws IOException {
    FileChannel channel;
    try {
      channel = FileChannel.open(data, StandardOpenOption.READ, StandardOpenOption.WRITE);
    } catch (NoSuchFileException e) {
      return null;
    }
    boolean locked = false;
    try {
      // First the lock: whoever had it may have removed the file before letting go of it.
      locked = lock(channel) && Files.exists(data);
      return locked ? channel : null;
    } finally {
      if (!locked) {
        channel.close();
      }
    }
  }

  private static Properties readNote(Path data) throws IOException {
    Properties note = new Properties();
    if (Files.exists(noteOf(data))) {
      try (InputStream in = Files.newInputStream(noteOf(data))) {
        note.load(in);
      }
    }
    return note;
  }

  /**
   * Lets go of a file that waits, as a process can have few open: another process may take it
   * meanwhile. Not of one that is being recorded or stored.
   */
  void park() throws IOException {
    channel.close();
  }

  boolean isParked() {
    return !channel.isOpen();
  }

  /**
   * Opens a file again that was parked.
   *
   * @return false if another process has it, or had it and was done
   */
  boolean unpark() throws IOException {
    if (!isParked()) {
      return true;
    }
    FileChannel opened = openLocked(data);
    if (opened == null) {
      return false;
    }
    boolean taken = false;
    try {
      Properties now = readNote(data);
      byteSize = opened.size();
      // Nobody who still had the one before may write over its beginning.
      opened.position(byteSize);
      note.clear();
      note.putAll(now);
      channel = opened;
      taken = true;
      return true;
    } finally {
      if (!taken) {
        opened.close();
      }
    }
  }

  static boolean isData(Path path) {
    String name = String.valueOf(path.getFileName());
    return name.startsWith(PREFIX) && name.endsWith(DATA);
  }

  /**
   * Removes what is not a recording: that of processes that were killed while they made or removed
   * one. What is so young that somebody may still be at it stays.
   */
  static void removeScraps(Path directory) {
    Instant young = Instant.now().minus(MAKING);
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, PREFIX + "*")) {
      for (Path path : files) {
        if (isScrap(path) && Files.getLastModifiedTime(path).toInstant().isBefore(young)) {
          Files.deleteIfExists(path);
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      // Another process is at it as well, or it is another user's: nobody needs it.
      LOG.log(System.Logger.Level.DEBUG, "scraps in " + directory + ": " + e);
    }
  }

  private static boolean isScrap(Path path) {
    String name = path.getFileName().toString();
    if (Stream.of(NOTE + NEXT, DATA + UNLOCKED, DATA + DAMAGED + NEXT).anyMatch(name::endsWith)) {
      return true;
    }
    if (!name.endsWith(NOTE)) {
      return false;
    }
    // A note alone; with a journal it tells of parts that a store has.
    String data = name.substring(0, name.length() - NOTE.length()) + DATA;
    return Stream.of("", UNLOCKED, JOURNAL, JOURNAL + OLD)
        .noneMatch(suffix -> Files.exists(path.resolveSibling(data + suffix)));
  }

  private static boolean lock(FileChannel channel) throws IOException {
    try {
      FileLock lock = channel.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  private static Path noteOf(Path data) {
    String name = data.getFileName().toString();
    return data.resolveSibling(name.substring(0, name.length() - DATA.length()) + NOTE);
  }

  private static void write(Properties note, Path to) throws IOException {
    Path next = to.resolveSibling(to.getFileName() + NEXT);
    try (FileChannel channel =
            FileChannel.open(
                next,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE);
        OutputStream out = Channels.newOutputStream(channel)) {
      note.store(out, null);
      channel.force(true);
    } catch (IOException e) {
      // Nothing is left of it, as it is tried again each second while the disk is full.
      Files.deleteIfExists(next);
      throw e;
    }
    Files.move(next, to, StandardCopyOption.ATOMIC_MOVE);
  }

  Path data() {
    return data;
  }

  FileChannel channel() {
    return channel;
  }

  long byteSize() {
    return byteSize;
  }

  long messageCount() {
    return messageCount;
  }

  /** Notes how much of it was read into parts, by any thread; whether that is new. */
  boolean advanceRead(long byteCount) {
    return readByteSize.getAndAccumulate(byteCount, Math::max) < byteCount;
  }

  /** Notes how much of it has gone, by any thread; whether that is new. */
  boolean advanceSent(long byteCount) {
    return sentByteSize.getAndAccumulate(byteCount, Math::max) < byteCount;
  }

  /** Returns whether its end is written. */
  boolean isWhole() {
    return whole;
  }

  /** Returns whether it was given up, to make room. */
  boolean isDropped() {
    return dropped;
  }

  void drop() {
    dropped = true;
  }

  String location() {
    return note.getProperty(LOCATION, "");
  }

  String wanted() {
    return note.getProperty(WANTED, data.getFileName().toString());
  }

  /** The name that was chosen for it before it was stored; empty if none was. */
  Optional<String> name() {
    return Optional.ofNullable(note.getProperty(NAME));
  }

  void name(String name) throws IOException {
    note.setProperty(NAME, name);
    write(note, noteOf(data));
  }

  /** Another one has taken its name meanwhile. */
  void forgetName() throws IOException {
    note.remove(NAME);
    write(note, noteOf(data));
  }

  /** Returns where parts that are stored already are noted. */
  Path journal() {
    return data.resolveSibling(data.getFileName() + JOURNAL);
  }

  /** The same of parts that have what was cut off since: they are to be removed. */
  Path oldJournal() {
    return data.resolveSibling(data.getFileName() + JOURNAL + OLD);
  }

  /** Writes from where the bytes lie; they are free when this returns. */
  @Override
  public void write(SegmentedBytes bytes) throws IOException {
    Lend.begin(bytes);
    try {
      ByteBuffer[] regions = Lend.byteBuffers(bytes).toArray(ByteBuffer[]::new);
      for (int at = 0; at < regions.length; ) {
        long count = channel.write(regions, at, Math.min(regions.length - at, REGION_LIMIT));
        writtenByteSize += count;
        byteSize = writtenByteSize;
        while (at < regions.length && !regions[at].hasRemaining()) {
          at++;
        }
      }
    } finally {
      Lend.end(bytes);
    }
  }

  /** Its end is written. */
  void end(long count) throws IOException {
    channel.force(true);
    messageCount = count;
    whole = true;
  }

  /**
   * Ends one that its recorder left without an end.
   *
   * @return whether there is anything in it
   */
  boolean repair() throws IOException {
    Optional<McapRepair> scanned = McapRepair.scan(channel);
    if (scanned.isEmpty()) {
      if (channel.size() > LARGEST_HEAD) {
        keep(0, "it does not begin as a recording");
      }
      return false;
    }
    if (scanned.get().damage().isPresent()) {
      keep(scanned.get().wholeByteSize(), scanned.get().damage().get());
    }
    if (!scanned.get().isWhole() && Files.exists(journal())) {
      // Parts that are stored already may have what is cut off now.
      Files.move(journal(), oldJournal(), StandardCopyOption.REPLACE_EXISTING);
    }
    messageCount = scanned.get().finish().statistics().messageCount();
    byteSize = channel.size();
    whole = true;
    return messageCount > 0;
  }

  /** Copies what can't be read, and all behind it, to a file of its own, which nobody removes. */
  private void keep(long from, String damage) throws IOException {
    Path kept = data.resolveSibling(data.getFileName() + DAMAGED);
    if (Files.exists(kept)) {
      return;
    }
    Path unfinished = kept.resolveSibling(kept.getFileName() + NEXT);
    try (FileChannel to =
        FileChannel.open(
            unfinished,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      long end = channel.size();
      for (long at = from; at < end; ) {
        at += channel.transferTo(at, end - at, to);
      }
      to.force(true);
    } catch (IOException e) {
      // It is tried again, and takes the room of what is recorded meanwhile.
      Files.deleteIfExists(unfinished);
      throw e;
    }
    Files.move(unfinished, kept, StandardCopyOption.ATOMIC_MOVE);
    LOG.log(
        System.Logger.Level.WARNING,
        "recording "
            + data
            + " is damaged from byteOffset="
            + from
            + " on, "
            + damage
            + "; that part is kept in "
            + kept);
  }

  /** Returns how many messages it holds, also where its end is not written. */
  long countMessages() throws IOException {
    return whole || messageCount > 0
        ? messageCount
        : McapRepair.scan(channel).map(McapRepair::messageCount).orElse(0L);
  }

  /** Forces what was written; in vain where it has ended meanwhile, which forces all of it. */
  void force() throws IOException {
    try {
      channel.force(false);
    } catch (ClosedChannelException e) {
      LOG.log(System.Logger.Level.DEBUG, "recording " + data + " has ended");
    }
  }

  /** Returns whether the store may have parts of it. */
  boolean hasParts() {
    return Files.exists(journal()) || Files.exists(oldJournal());
  }

  /** Returns whether it is one whose content was removed, and not yet the parts in the store. */
  boolean isEmptied() {
    return byteSize == 0 && hasParts();
  }

  /**
   * Removes its content and lets go of it. The empty file stays until {@link #delete}, with what
   * tells of the parts that the store has, also for the next process.
   */
  void empty() throws IOException {
    if (channel.isOpen()) {
      channel.truncate(0);
    }
    close();
  }

  /** Removes all of it. */
  void delete() throws IOException {
    Files.deleteIfExists(journal());
    Files.deleteIfExists(oldJournal());
    Files.deleteIfExists(data);
    Files.deleteIfExists(noteOf(data));
    close();
  }

  /** Leaves it to whoever comes next. */
  @Override
  public void close() throws IOException {
    channel.close();
    LockedFiles.leave(data);
  }
}
