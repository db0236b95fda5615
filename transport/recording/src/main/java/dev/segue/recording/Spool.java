package dev.segue.recording;

import dev.segue.bytes.BytesSink;
import dev.segue.bytes.spi.Nanos;
import dev.segue.bytes.spi.PeerClock;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Recordings on their way to a store, in files of a local folder: everything recorded is on disk
 * before anything else happens to it, whatever the store does.
 *
 * <pre>
 *   Recorder ─► a file ─► forced to the disk each second
 *                 └─────► uploaded while it grows, again and again until the store has it ─► removed
 * </pre>
 *
 * <p>If a process is killed or can't wait, the next one that opens a spool in the same folder with
 * the same target completes what it left: files without an end are {@linkplain
 * dev.segue.mcap.McapRepair repaired}, uploads go on where they stopped. An existing recording is
 * never replaced: the new one gets a number.
 *
 * <p>Owner: the caller. Lifetime: until {@link #close()}; files that are not stored stay. Threads:
 * any.
 */
public final class Spool implements AutoCloseable {
  private static final Duration SYNC = Duration.ofSeconds(1);
  private static final int NAME_LIMIT = 1_000;
  private static final long FIRST_PAUSE_MILLIS = 200;
  private static final long LONGEST_PAUSE_MILLIS = 15_000;
  private static final long WAIT_MILLIS = 100;

  /** The number of waiting files that are open; of others there may be thousands. */
  private static final int OPEN_LIMIT = 64;

  /**
   * The number of times that the folder may be removed right after it was made; more often, and it
   * can't be made.
   */
  private static final int REMOVAL_LIMIT = 50;

  /** The time to wait for a store before that is reported; its requests may take minutes. */
  private static final Duration LONGEST_SILENCE = Duration.ofSeconds(10);

  private static final long LOOK_AT_DISK_NANOS = Duration.ofMillis(200).toNanos();

  /** Made beforehand: there may be no memory to say more. */
  private final IOException untold =
      new IOException("an error of the spool could not be told, for want of memory");

  private final Path directory;
  private final SpoolTarget target;
  private final SpoolOptions options;
  private final Deque<SpoolFile> pending = new ArrayDeque<>();
  private final Deque<String> stored = new ArrayDeque<>();

  /** What {@link Storing} knows of names, in the thread that stores. */
  private final Map<String, Integer> taken = new HashMap<>();

  private final Thread storing;
  private final Thread syncing;

  /** Those that were dropped while the store, which has parts of them, was away. */
  private final Deque<SpoolFile> discarding = new ArrayDeque<>();

  /** Those that could not be stored since all had their turn. */
  private final Set<SpoolFile> failed = new HashSet<>();

  private @Nullable SpoolFile active;
  private @Nullable SpoolFile underWay;
  private @Nullable IOException lastFailure;

  /** Of those who wait for the store. */
  private final PeerClock clock = new PeerClock(TimeUnit.MILLISECONDS.toNanos(WAIT_MILLIS));

  private long movedNanos = clock.nanoTime();
  private long answeredNanos;
  private boolean isAsking;
  private long lookedNanos;
  private long usableByteSize = Long.MAX_VALUE;
  private long lostCount;
  private long storedCount;
  private long fileNumber;
  private volatile long fileByteSize;
  private volatile boolean closed;

  /**
   * The state of a spool.
   *
   * @param storedCount how many recordings are stored
   * @param stored names of the last 1,000 of these, in order
   * @param waitingCount files that are not stored, the one that is being recorded included
   * @param waitingByteSize what these have
   * @param lostCount messages of files that were dropped, to make room
   * @param failure why the store did not take what it was offered last, or for how long it has not
   *     answered, from 10 s on; empty while it takes something
   */
  public record State(
      long storedCount,
      List<String> stored,
      int waitingCount,
      long waitingByteSize,
      long lostCount,
      Optional<IOException> failure) {}

  private Spool(Path directory, SpoolTarget target, SpoolOptions options, ThreadFactory threads) {
    this.directory = directory;
    this.target = target;
    this.options = options;
    this.fileByteSize = options.largestFileByteSize();
    this.storing = daemon(threads, "segue-spool-store", this::store);
    this.syncing = daemon(threads, "segue-spool-sync", this::sync);
  }

  private static Thread daemon(ThreadFactory threads, String name, Runnable task) {
    Thread thread = threads.newThread(task);
    thread.setName(name);
    thread.setDaemon(true);
    return thread;
  }

  /**
   * Opens a spool, and begins to store what was left in it for this target.
   *
   * @param directory for the files of a target in a store; created if it doesn't exist
   */
  public static Spool open(Path directory, SpoolTarget target, SpoolOptions options)
      throws IOException {
    return open(directory, target, options, Thread::new);
  }

  /** With threads of the caller's, for tests. */
  static Spool open(Path directory, SpoolTarget target, SpoolOptions options, ThreadFactory threads)
      throws IOException {
    Spool spool = new Spool(directory, target, options, threads);
    boolean opened = false;
    try {
      spool.inDirectory(() -> directory);
      spool.takeLeft();
      spool.storing.start();
      spool.syncing.start();
      opened = true;
      return spool;
    } finally {
      if (!opened) {
        // What was left is free for the next one that is opened.
        spool.close();
      }
    }
  }

  private interface Work<T> {
    T run() throws IOException;
  }

  /** Does what needs the folder, which another process that is done may remove at any time. */
  private <T> T inDirectory(Work<T> work) throws IOException {
    for (int tries = 1; ; tries++) {
      try {
        Files.createDirectories(directory);
        return work.run();
      } catch (NoSuchFileException | FileAlreadyExistsException e) {
        // The latter says a folder that is removed while it is looked at.
        if (tries == REMOVAL_LIMIT) {
          throw e;
        }
      }
    }
  }

  /** Returns where a spool for a target in a folder lies: in the folder. */
  public static Path directoryIn(Path folder) {
    return folder.resolve(".segue-recordings");
  }

  /**
   * Returns the targets of the recordings left in a folder, as {@link SpoolTarget#location()} names
   * them.
   */
  public static List<String> locationsIn(Path directory) throws IOException {
    List<String> locations = new ArrayList<>();
    for (Path path : dataIn(directory)) {
      Optional<SpoolFile> left = SpoolFile.reopen(path);
      if (left.isPresent()) {
        try (SpoolFile file = left.get()) {
          if (!file.isEmptied()
              && locations.stream()
                  .noneMatch(known -> SpoolTarget.isSame(known, file.location()))) {
            locations.add(file.location());
          }
        }
      }
    }
    return locations;
  }

  /**
   * Returns the files left in a folder that no process has and that can't be opened: another
   * user's, or one whose note is damaged. No spool takes them.
   */
  public static List<Path> unreadableIn(Path directory) throws IOException {
    return dataIn(directory).stream().filter(SpoolFile::isUnreadable).toList();
  }

  private static List<Path> dataIn(Path directory) throws IOException {
    List<Path> all = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path path : files) {
        if (SpoolFile.isData(path)) {
          all.add(path);
        }
      }
    } catch (NoSuchFileException e) {
      return List.of();
    }
    Collections.sort(all);
    return all;
  }

  private void takeLeft() throws IOException {
    SpoolFile.removeScraps(directory);
    for (Path path : dataIn(directory)) {
      Optional<SpoolFile> left = SpoolFile.reopen(path);
      if (left.isPresent()) {
        if (SpoolTarget.isSame(left.get().location(), location())) {
          take(left.get());
        } else {
          left.get().close();
        }
      }
    }
  }

  private void take(SpoolFile file) throws IOException {
    if (file.isEmptied()) {
      file.close();
      discarding.add(file);
      return;
    }
    pending.add(file);
    if (pending.size() > OPEN_LIMIT) {
      file.park();
    }
  }

  /**
   * Returns where its files belong. One in the folder itself says so without its name, so that it
   * is found when the folder has another one.
   */
  private String location() throws IOException {
    if (target instanceof SpoolTarget.InFolder(Path folder, String _)) {
      Path usual = directoryIn(folder);
      // Equal paths are also where another process has just removed the folder.
      return usual.equals(directory) || (Files.exists(usual) && Files.isSameFile(usual, directory))
          ? target.location()
          : SpoolTarget.locationOf(folder);
    }
    return target.location();
  }

  Destination destination() {
    return new SpoolDestination();
  }

  private final class SpoolDestination implements Destination {
    @Override
    public BytesSink begin() throws IOException {
      forgetStored();
      SpoolFile file =
          inDirectory(() -> SpoolFile.create(directory, newId(), location(), target.wantedName()));
      long usable = Files.getFileStore(directory).getUsableSpace();
      synchronized (Spool.this) {
        fileByteSize =
            options.fileByteSize(usable - options.diskReserveByteSize() + waitingByteSize());
        active = file;
        pending.add(file);
        Spool.this.notifyAll();
      }
      return file;
    }

    @Override
    public void end(long messageCount) throws IOException {
      SpoolFile file = active();
      if (file == null) {
        return;
      }
      try {
        file.end(messageCount);
      } finally {
        leave();
      }
    }

    @Override
    public void fail(IOException failure) {
      leave();
      noteFailure(failure);
    }

    @Override
    public boolean survivesFailures() {
      return true;
    }

    @Override
    public boolean hasRoom(long byteSize) throws IOException {
      return makeRoom(byteSize);
    }

    @Override
    public long largestFileByteSize() {
      return fileByteSize;
    }

    @Override
    public boolean copiesAtOnce() {
      return true;
    }

    @Override
    public void releaseBorrowed() {}

    @Override
    public long lostCount() {
      synchronized (Spool.this) {
        return lostCount;
      }
    }

    @Override
    public void close() {
      leave();
    }
  }

  private synchronized @Nullable SpoolFile active() {
    return active;
  }

  /** Nobody records into a file now: it waits as the others do, whole or not. */
  private synchronized void leave() {
    active = null;
    parkOthers();
    notifyAll();
  }

  private String newId() {
    return String.format(
        Locale.ROOT,
        "%s-%06d-%08x",
        Instant.now().toString().replace(":", "").replace(".", ""),
        fileNumber++,
        ThreadLocalRandom.current().nextInt());
  }

  private synchronized boolean makeRoom(long byteSize) throws IOException {
    boolean dropsOldest = options.overflow() == SpoolOptions.Overflow.DROP_OLDEST;
    boolean isTimeToLook = System.nanoTime() - lookedNanos > LOOK_AT_DISK_NANOS;
    if (isTimeToLook) {
      lookAtDisk();
    }
    if (!fits(byteSize) && (isTimeToLook || dropsOldest)) {
      forgetStored();
      lookAtDisk();
    }
    while (!fits(byteSize)) {
      if (!dropsOldest || !canFit(byteSize) || !dropOldest()) {
        return false;
      }
    }
    usableByteSize -= byteSize;
    return true;
  }

  private void lookAtDisk() throws IOException {
    lookedNanos = System.nanoTime();
    usableByteSize = inDirectory(() -> Files.getFileStore(directory).getUsableSpace());
  }

  private boolean fits(long byteSize) {
    return byteSize <= options.byteSizeLimit() - waitingByteSize() - droppedByteSize()
        && byteSize <= usableByteSize - options.diskReserveByteSize();
  }

  /** What was dropped while it is being stored keeps its room until that ends. */
  private long droppedByteSize() {
    SpoolFile storing = underWay;
    return storing != null && storing.isDropped() ? storing.byteSize() : 0;
  }

  /**
   * Returns whether it fits when all is dropped that waits: if not, that would be lost for nothing.
   */
  private boolean canFit(long byteSize) {
    SpoolFile recording = active;
    long staying = recording == null ? 0 : recording.byteSize();
    return byteSize <= options.byteSizeLimit() - staying - droppedByteSize()
        && byteSize <= usableByteSize - options.diskReserveByteSize() + waitingByteSize() - staying;
  }

  private synchronized long waitingByteSize() {
    return pending.stream().mapToLong(SpoolFile::byteSize).sum();
  }

  /** What another process has stored meanwhile: its room is free. */
  private synchronized void forgetStored() {
    for (SpoolFile file : List.copyOf(pending)) {
      if (!file.equals(underWay) && file.isParked() && !Files.exists(file.data())) {
        forget(file);
      }
    }
  }

  private synchronized void forget(SpoolFile file) {
    pending.remove(file);
    failed.remove(file);
    try {
      file.close();
    } catch (IOException e) {
      noteFailure(e);
    }
    notifyAll();
  }

  /** Those that have their turn late are opened again then. */
  private synchronized void parkOthers() {
    int place = 0;
    for (SpoolFile file : pending) {
      place++;
      if (place > OPEN_LIMIT && !file.equals(underWay) && !file.equals(active)) {
        try {
          file.park();
        } catch (IOException e) {
          noteFailure(e);
        }
      }
    }
  }

  /** What another process has is not dropped. */
  private boolean isOurs(SpoolFile file) {
    try {
      return file.unpark();
    } catch (IOException e) {
      noteFailure(e);
      return false;
    }
  }

  private boolean dropOldest() throws IOException {
    for (SpoolFile file : pending) {
      if (!file.equals(active) && !file.isDropped() && isOurs(file)) {
        long messageCount = countLost(file);
        file.drop();
        pending.remove(file);
        failed.remove(file);
        lostCount += messageCount;
        if (file.equals(underWay)) {
          return true;
        }
        usableByteSize += file.byteSize();
        if (file.hasParts()) {
          file.empty();
          discarding.add(file);
        } else {
          file.delete();
        }
        return true;
      }
    }
    return false;
  }

  /** One that can't be read must not keep its room. */
  private long countLost(SpoolFile file) {
    try {
      return file.countMessages();
    } catch (IOException e) {
      noteFailure(e);
      return file.messageCount();
    }
  }

  private void sync() {
    while (!closed) {
      try {
        Thread.sleep(SYNC);
        SpoolFile file = active();
        if (file != null) {
          file.force();
        }
      } catch (InterruptedException e) {
        return;
      } catch (IOException e) {
        noteFailure(e);
      } catch (RuntimeException | Error e) {
        // Nobody else would force what is recorded from now on.
        noteError("forcing to the disk of a recording in", directory, e);
      }
    }
  }

  private synchronized void noteFailure(IOException failure) {
    lastFailure = failure;
  }

  /** Notes what is not said of a store or a disk, such as that there is no memory. */
  private void noteError(String what, Path path, Throwable error) {
    try {
      noteFailure(new IOException(what + " " + path + ": " + error, error));
    } catch (RuntimeException | Error e) {
      noteFailure(untold);
    }
  }

  private void store() {
    long pause = FIRST_PAUSE_MILLIS;
    try {
      while (!closed) {
        boolean settled = false;
        try {
          SpoolFile file = next();
          if (file == null) {
            return;
          }
          try {
            settled = storeOne(file);
          } finally {
            letGo(file);
          }
        } catch (RuntimeException | Error e) {
          // Such as of memory, even for what notes a failure; there is later.
          noteError("storing of what waits in", directory, e);
        }
        if (settled) {
          pause = FIRST_PAUSE_MILLIS;
        } else {
          Thread.sleep(pause);
          pause = Math.min(LONGEST_PAUSE_MILLIS, 2 * pause);
        }
      }
    } catch (InterruptedException e) {
      return; // closed
    }
  }

  private synchronized @Nullable SpoolFile next() throws InterruptedException {
    while (pending.isEmpty() && !closed) {
      wait();
    }
    SpoolFile file = firstOf(pending);
    if (file == null && !failed.isEmpty()) {
      // Each had its turn, and they begin again.
      failed.clear();
      file = firstOf(pending);
    }
    underWay = file;
    return file;
  }

  /**
   * The first that did not fail since the others had their turn: one that can't be stored must not
   * keep those behind it. What is being recorded takes long, and waits until nothing has failed.
   */
  private @Nullable SpoolFile firstOf(Deque<SpoolFile> files) {
    for (SpoolFile file : files) {
      if (!failed.contains(file) && (failed.isEmpty() || !file.equals(active))) {
        return file;
      }
    }
    return null;
  }

  private synchronized void noteFailed(SpoolFile file) {
    failed.add(file);
  }

  /** Returns whether a file that has its turn is this process's still. */
  private synchronized boolean isOpen(SpoolFile file) throws IOException {
    if (file.unpark()) {
      return true;
    }
    if (Files.exists(file.data())) {
      throw new IOException("storing of " + file.data() + ": another process has it");
    }
    forget(file);
    return false;
  }

  private boolean storeOne(SpoolFile file) throws InterruptedException {
    boolean wasLeft = isLeft(file);
    try {
      if (!isOpen(file)) {
        // The one who had it is done.
        return true;
      }
      if (wasLeft && !file.repair()) {
        // Nothing was recorded in it, or nothing can be read of it.
        Storing.discard(target, file);
        done(file, null);
        return true;
      }
      done(file, stored(file));
      return true;
    } catch (IOException e) {
      if (file.isDropped()) {
        return true;
      }
      noteFailure(e);
      if (isLeft(file) && !wasLeft) {
        // It is repaired at once.
        return true;
      }
      if (isItsOwn(e)) {
        noteFailed(file);
      }
      return false;
    } catch (RuntimeException | Error e) {
      // Also an error, such as of memory: nobody else would store what waits.
      noteError("storing of", file.data(), e);
      noteFailed(file);
      return false;
    }
  }

  private String stored(SpoolFile file) throws IOException, InterruptedException {
    setAsking(true);
    try {
      return new Storing(target, file, taken, () -> closed || isLeft(file), new StoreWatch()).run();
    } finally {
      setAsking(false);
    }
  }

  private synchronized void setAsking(boolean asks) {
    isAsking = asks;
    answeredNanos = System.nanoTime();
  }

  private final class StoreWatch implements Storing.Watch {
    @Override
    public void moved() {
      synchronized (Spool.this) {
        movedNanos = clock.nanoTime();
        answeredNanos = System.nanoTime();
        lastFailure = null;
      }
    }

    @Override
    public void answered() {
      synchronized (Spool.this) {
        answeredNanos = System.nanoTime();
      }
    }
  }

  /**
   * Returns whether it says nothing of the files behind it, which keep their order while a store is
   * away. What is denied for one name, or not there, may be allowed for the next.
   */
  private static boolean isItsOwn(IOException failure) {
    return !(failure instanceof ObjectStoreException store)
        || switch (store.reason()) {
          case UNAVAILABLE, NO_SPACE, CANCELLED -> false;
          default -> true;
        };
  }

  /** Returns whether its recorder has left it without an end. */
  private synchronized boolean isLeft(SpoolFile file) {
    return !file.equals(active) && !file.isWhole();
  }

  private void done(SpoolFile file, @Nullable String name) throws IOException {
    file.delete();
    if (name != null) {
      discardDropped();
    }
    synchronized (this) {
      pending.remove(file);
      failed.remove(file);
      underWay = null;
      movedNanos = clock.nanoTime();
      lastFailure = null;
      if (file.isDropped()) {
        // It was stored all the same.
        lostCount -= file.messageCount();
      }
      if (name != null) {
        storedCount++;
        stored.addLast(name);
        if (stored.size() > NAME_LIMIT) {
          stored.removeFirst();
        }
      }
      notifyAll();
    }
  }

  /** Removes what the store, which is there again, has of files that were dropped. */
  private void discardDropped() {
    for (SpoolFile file = firstDiscarded(); file != null; file = firstDiscarded()) {
      if (!removed(file)) {
        return;
      }
    }
  }

  private synchronized @Nullable SpoolFile firstDiscarded() {
    return closed ? null : discarding.pollFirst();
  }

  /**
   * Notes that nobody stores it now: what was dropped meanwhile is removed, and what is dropped
   * while the store is waited for can be removed at once.
   */
  private void letGo(SpoolFile file) {
    boolean dropped;
    synchronized (this) {
      dropped = file.equals(underWay) && file.isDropped();
      underWay = dropped ? underWay : null;
      parkOthers();
    }
    if (dropped) {
      removed(file);
    }
  }

  /** Returns whether the store was there. */
  private boolean removed(SpoolFile file) {
    boolean isAway = false;
    try {
      Storing.discard(target, file);
    } catch (IOException | RuntimeException | Error e) {
      isAway =
          e instanceof Error
              || (e instanceof ObjectStoreException store
                  && (store.reason() == Reason.UNAVAILABLE || store.reason() == Reason.CANCELLED));
      noteError("removal of what is stored of", file.data(), e);
    }
    try {
      if (isAway) {
        file.empty();
      } else {
        file.delete();
      }
    } catch (IOException e) {
      noteFailure(e);
    }
    synchronized (this) {
      if (isAway) {
        discarding.add(file);
      }
      failed.remove(file);
      underWay = file.equals(underWay) ? null : underWay;
    }
    return !isAway;
  }

  /** Returns how far it is. */
  public synchronized State state() {
    return new State(
        storedCount,
        List.copyOf(stored),
        pending.size(),
        waitingByteSize(),
        lostCount,
        Optional.ofNullable(lastFailure).or(this::silence));
  }

  private synchronized Optional<IOException> silence() {
    Duration silent = Duration.ofNanos(System.nanoTime() - answeredNanos);
    return isAsking && silent.compareTo(LONGEST_SILENCE) >= 0
        ? Optional.of(
            new IOException(
                "storing in " + target.location() + ": no answer for " + silent.toSeconds() + " s"))
        : Optional.empty();
  }

  /** The files that are not stored. */
  public synchronized List<Path> waitingFiles() {
    return pending.stream().map(SpoolFile::data).toList();
  }

  /**
   * Waits until all is stored.
   *
   * @param withoutProgress how long to wait while no byte moves; the time for which this process
   *     was stopped doesn't count
   * @return whether all is stored
   */
  public synchronized boolean awaitStored(Duration withoutProgress) throws InterruptedException {
    movedNanos = clock.nanoTime();
    while (!pending.isEmpty()) {
      long left = Nanos.of(withoutProgress) - (clock.nanoTime() - movedNanos);
      if (left <= 0) {
        return false;
      }
      wait(Math.clamp(Duration.ofNanos(left).toMillis(), 1, WAIT_MILLIS));
    }
    return true;
  }

  /** Stops storing; what is not stored stays in its files. Idempotent. */
  @Override
  public void close() throws IOException {
    List<SpoolFile> left;
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    storing.interrupt();
    syncing.interrupt();
    boolean interrupted = false;
    for (Thread thread : List.of(storing, syncing)) {
      while (thread.isAlive()) {
        try {
          thread.join(Duration.ofSeconds(1));
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    synchronized (this) {
      left = List.copyOf(pending);
      pending.clear();
    }
    for (SpoolFile file : left) {
      file.close();
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      if (!files.iterator().hasNext() && location().equals(SpoolTarget.HERE)) {
        Files.delete(directory);
      }
    } catch (NoSuchFileException | DirectoryNotEmptyException e) {
      // Another process removed it, or begins a file in it.
      return;
    }
  }
}
