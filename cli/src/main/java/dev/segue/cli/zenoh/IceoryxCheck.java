package dev.segue.cli.zenoh;

import dev.segue.cli.terminal.Quantities;
import dev.segue.cli.zenoh.Finding.Level;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Checks what iceoryx2 needs of this machine. It looks at files alone and opens none: making a node
 * would take the folder for this user, and closing a file of a node drops its lock.
 */
final class IceoryxCheck {
  /** Of iceoryx2's own configuration. */
  private static final String PREFIX = "iox2_";

  /** A file of a prefix that stays for good. */
  private static final String KEPT_SUFFIX = ".global_mgmt";

  private final Path proc;
  private final Path sharedMemory;
  private final Path root;

  /**
   * A check of a machine.
   *
   * @param proc where processes are listed, {@code /proc}
   * @param sharedMemory where shared memory lies, {@code /dev/shm}
   * @param root where iceoryx2 has its nodes, {@code /tmp/iceoryx2}
   */
  IceoryxCheck(Path proc, Path sharedMemory, Path root) {
    this.proc = proc;
    this.sharedMemory = sharedMemory;
    this.root = root;
  }

  /** Nothing where iceoryx2 was never used. */
  List<Finding> findings() throws IOException {
    List<Finding> findings = new ArrayList<>();
    if (Files.isDirectory(root)) {
      findings.add(folder());
    }
    if (Files.isDirectory(sharedMemory)) {
      leftBehind(findings);
    }
    return findings;
  }

  private Finding folder() throws IOException {
    if (HostCheck.isOurs(root)) {
      return Finding.ok("iceoryx2", root + " is this user's: iceoryx2 has its nodes there");
    }
    return new Finding(
        Level.WARNING,
        "iceoryx2",
        root
            + " belongs to "
            + Files.getOwner(root).getName()
            + ": no process of this user can make an iceoryx2 node",
        "run all as one user, or give each a folder: root-path in the section [global] of"
            + " ~/.config/iceoryx2/iceoryx2.toml");
  }

  /** Files of this user that no process maps: a node that lives maps each of its own. */
  private void leftBehind(List<Finding> findings) throws IOException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(sharedMemory, PREFIX + "*")) {
      found.forEach(files::add);
    }
    Set<String> mapped = Mapped.under(proc, sharedMemory);
    long count = 0;
    long byteSize = 0;
    for (Path file : files) {
      if (!file.toString().endsWith(KEPT_SUFFIX)
          && !mapped.contains(file.toString())
          && HostCheck.isOurs(file)) {
        count++;
        byteSize += HostCheck.sizeOf(file);
      }
    }
    if (count > 0) {
      findings.add(
          new Finding(
              Level.NOTE,
              "iceoryx2-left-behind",
              Quantities.count(count, "file")
                  + " of iceoryx2 in shared memory, "
                  + Quantities.byteSize(byteSize)
                  + ", that no process maps: of nodes whose processes were killed",
              "the next iceoryx2 node of this user removes them when it is made"));
    }
  }
}
