package dev.segue.cli.zenoh;

import dev.segue.cli.terminal.Quantities;
import dev.segue.cli.zenoh.Finding.Level;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Checks what shared memory and sessions need of this machine. Nothing is found where there is no
 * {@code /proc}.
 */
final class HostCheck {
  /** Below it a pool of some camera frames has no room. */
  private static final long FEWEST_FREE = 128L << 20;

  /** Each link is an open file, and each pool some. */
  private static final long FEWEST_FILES = 4096;

  /** {@code CAP_IPC_LOCK}: the limit of locked memory doesn't hold for this process. */
  private static final int MAY_LOCK_ALL = 14;

  private static final String SHARED_MEMORY = "/dev/shm";
  private static final String SEGMENT_SUFFIX = ".zenoh";

  private final Path proc;
  private final Path sharedMemory;
  private final Path iceoryx2;

  /**
   * A check of a machine.
   *
   * @param proc where processes are listed, {@code /proc}
   * @param sharedMemory where shared memory lies, {@code /dev/shm}
   * @param iceoryx2 where iceoryx2 has its nodes, {@code /tmp/iceoryx2}
   */
  HostCheck(Path proc, Path sharedMemory, Path iceoryx2) {
    this.proc = proc;
    this.sharedMemory = sharedMemory;
    this.iceoryx2 = iceoryx2;
  }

  static HostCheck ofThisMachine() {
    return new HostCheck(Path.of("/proc"), Path.of(SHARED_MEMORY), Path.of("/tmp/iceoryx2"));
  }

  List<Finding> findings() throws IOException {
    List<Finding> findings = new ArrayList<>();
    findings.add(
        Finding.ok(
            "runtime",
            System.getProperty("os.name")
                + " "
                + System.getProperty("os.arch")
                + ", Java "
                + Runtime.version()
                + ", "
                + Quantities.count(Runtime.getRuntime().availableProcessors(), "processor")));
    findings.add(room());
    leftBehind().ifPresent(findings::add);
    findings.addAll(new IceoryxCheck(proc, sharedMemory, iceoryx2).findings());
    lockedMemory().ifPresent(findings::add);
    openFiles().ifPresent(findings::add);
    SocketCheck.of(proc).ifPresent(findings::add);
    return findings;
  }

  private Finding room() throws IOException {
    if (!Files.isDirectory(sharedMemory)) {
      return new Finding(
          Level.ERROR,
          "shared-memory",
          sharedMemory + " is not there: no payload goes through shared memory",
          "mount a tmpfs there");
    }
    FileStore store = Files.getFileStore(sharedMemory);
    long free = store.getUsableSpace();
    String text =
        sharedMemory
            + ": "
            + Quantities.byteSize(free)
            + " free of "
            + Quantities.byteSize(store.getTotalSpace());
    return free >= FEWEST_FREE
        ? Finding.ok("shared-memory", text)
        : new Finding(
            Level.WARNING,
            "shared-memory",
            text + "; a ShmPool takes its whole capacity when it is created",
            "remove files there that nobody needs, or enlarge it: docker run --shm-size=1g, mount"
                + " -o remount,size=1g "
                + sharedMemory);
  }

  /** Segments of shared memory, those that a process maps or those that none does. */
  private List<Path> segments(boolean areMapped) throws IOException {
    List<Path> segments = new ArrayList<>();
    if (!Files.isDirectory(sharedMemory)) {
      return segments;
    }
    // First the segments: one that is made and mapped meanwhile is not among them.
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(sharedMemory, "*" + SEGMENT_SUFFIX)) {
      files.forEach(segments::add);
    }
    Set<String> mapped = Mapped.under(proc, sharedMemory);
    segments.removeIf(segment -> mapped.contains(segment.toString()) != areMapped);
    return segments;
  }

  /** The size of all segments of shared memory that processes map. */
  long mappedByteSize() throws IOException {
    long byteSize = 0;
    for (Path segment : segments(true)) {
      byteSize += sizeOf(segment);
    }
    return byteSize;
  }

  /** Segments of shared memory that no process maps. */
  private Optional<Finding> leftBehind() throws IOException {
    long count = 0;
    long byteSize = 0;
    for (Path segment : segments(false)) {
      if (isOurs(segment)) {
        count++;
        byteSize += sizeOf(segment);
      }
    }
    if (count == 0) {
      return Optional.empty();
    }
    return Optional.of(
        new Finding(
            Level.NOTE,
            "left-behind",
            Quantities.count(count, "segment")
                + " of shared memory, "
                + Quantities.byteSize(byteSize)
                + ", that no process maps: of processes that were killed",
            "the next Zenoh process of this user removes them when it starts"));
  }

  /** Processes of other users can't be inspected, so their files are not reported. */
  static boolean isOurs(Path file) throws IOException {
    try {
      return Files.getOwner(file).getName().equals(System.getProperty("user.name"));
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  static long sizeOf(Path file) throws IOException {
    try {
      return Files.size(file);
    } catch (NoSuchFileException e) {
      return 0;
    }
  }

  private Optional<Finding> lockedMemory() throws IOException {
    Optional<Long> limit = limit("Max locked memory");
    if (limit.isEmpty()) {
      return Optional.empty();
    }
    long byteSize = limit.get();
    boolean mayAll = mayLockAll();
    String text =
        byteSize == Long.MAX_VALUE
            ? "locked memory is not limited"
            : "locked memory is limited to " + Quantities.byteSize(byteSize);
    if (mayAll && byteSize != Long.MAX_VALUE) {
      text += ", but not for this process (CAP_IPC_LOCK)";
    }
    return Optional.of(
        mayAll || byteSize >= FEWEST_FREE
            ? Finding.ok("locked-memory", text)
            : new Finding(
                Level.WARNING,
                "locked-memory",
                text + "; Zenoh locks all shared memory that it maps, and fails when it can't",
                "ulimit -l unlimited, LimitMEMLOCK=infinity of a systemd unit, or docker run"
                    + " --ulimit memlock=-1"));
  }

  private boolean mayLockAll() throws IOException {
    Path status = proc.resolve("self").resolve("status");
    if (!Files.exists(status)) {
      return false;
    }
    for (String line : Files.readAllLines(status)) {
      if (line.startsWith("CapEff:")) {
        long capabilities = Long.parseUnsignedLong(line.substring("CapEff:".length()).strip(), 16);
        return (capabilities >> MAY_LOCK_ALL & 1) == 1;
      }
    }
    return false;
  }

  private Optional<Finding> openFiles() throws IOException {
    Optional<Long> limit = limit("Max open files");
    if (limit.isEmpty()) {
      return Optional.empty();
    }
    long count = limit.get();
    String text =
        count == Long.MAX_VALUE
            ? "open files are not limited"
            : String.format(Locale.ROOT, "at most %,d open files", count);
    return Optional.of(
        count >= FEWEST_FILES
            ? Finding.ok("open-files", text)
            : new Finding(
                Level.WARNING,
                "open-files",
                text + "; each link to a node takes one, each connection of segue serve as well",
                "ulimit -n 65536, or LimitNOFILE=65536 of a systemd unit"));
  }

  /** The soft limit of that name; {@link Long#MAX_VALUE} if there is none. */
  private Optional<Long> limit(String name) throws IOException {
    Path limits = proc.resolve("self").resolve("limits");
    if (!Files.exists(limits)) {
      return Optional.empty();
    }
    for (String line : Files.readAllLines(limits)) {
      if (line.startsWith(name + " ")) {
        String soft = line.substring(name.length()).strip().split(" +", 2)[0];
        return Optional.of(soft.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(soft));
      }
    }
    return Optional.empty();
  }
}
