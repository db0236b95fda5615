package dev.segue.recording;

import dev.segue.bytes.BytesSink;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.mcap.McapRepair;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Properties;

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

  /** What the kernel takes of one gathered write. */
  private static final int REGION_LIMIT = 1024;

  private static final String LOCATION = "location";
  private static final String WANTED = "wanted";
  private static final String NAME = "name";

  private final Path data;
  private final FileChannel channel;
  private final Properties note;
  private long writtenByteSize;
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

  /** Begins one. */
  static SpoolFile create(Path directory, String id, SpoolTarget target) throws IOException {
    Path data = directory.resolve(PREFIX + id + DATA);
    Properties note = new Properties();
    Object _ = note.setProperty(LOCATION, target.location());
    Object _ = note.setProperty(WANTED, target.wantedName());
    write(note, noteOf(data));
    FileChannel channel =
        FileChannel.open(
            data, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
    boolean made = false;
    try {
      if (!lock(channel)) {
        throw new IOException("spool " + data + ": another process has it");
      }
      SpoolFile file = new SpoolFile(data, channel, note);
      made = true;
      return file;
    } finally {
      if (!made) {
        channel.close();
      }
    }
  }

  /** One that another process left; empty if it still has it. */
  static Optional<SpoolFile> reopen(Path data) throws IOException {
    FileChannel channel = FileChannel.open(data, StandardOpenOption.READ, StandardOpenOption.WRITE);
    boolean taken = false;
    try {
      if (!Files.exists(data) || !lock(channel)) {
        return Optional.empty();
      }
      Properties note = new Properties();
      if (Files.exists(noteOf(data))) {
        try (InputStream in = Files.newInputStream(noteOf(data))) {
          note.load(in);
        }
      }
      SpoolFile file = new SpoolFile(data, channel, note);
      taken = true;
      return Optional.of(file);
    } finally {
      if (!taken) {
        channel.close();
      }
    }
  }

  static boolean isData(Path path) {
    String name = String.valueOf(path.getFileName());
    return name.startsWith(PREFIX) && name.endsWith(DATA);
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
    Path next = to.resolveSibling(to.getFileName() + ".next");
    try (FileChannel channel =
            FileChannel.open(
                next,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE);
        OutputStream out = Channels.newOutputStream(channel)) {
      note.store(out, null);
      channel.force(true);
    }
    Path _ = Files.move(next, to, StandardCopyOption.ATOMIC_MOVE);
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

  /** Whether its end is written. */
  boolean isWhole() {
    return whole;
  }

  /** Whether it was given up, to make room. */
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
    Object _ = note.setProperty(NAME, name);
    write(note, noteOf(data));
  }

  /** Where parts that are stored already are noted. */
  Path journal() {
    return data.resolveSibling(data.getFileName() + ".journal");
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
      return false;
    }
    if (!scanned.get().isWhole()) {
      // Parts that are stored already may have what is cut off now.
      boolean _ = Files.deleteIfExists(journal());
    }
    messageCount = scanned.get().finish().statistics().messageCount();
    byteSize = channel.size();
    whole = true;
    return messageCount > 0;
  }

  void force() throws IOException {
    channel.force(false);
  }

  /** Removes all of it. */
  void delete() throws IOException {
    boolean _ = Files.deleteIfExists(journal());
    boolean _ = Files.deleteIfExists(data);
    boolean _ = Files.deleteIfExists(noteOf(data));
    channel.close();
  }

  /** Leaves it to whoever comes next. */
  @Override
  public void close() throws IOException {
    channel.close();
  }
}
