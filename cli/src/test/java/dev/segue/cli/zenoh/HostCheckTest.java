package dev.segue.cli.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.cli.zenoh.Finding.Level;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A machine of files. */
class HostCheckTest {
  @TempDir private Path folder;
  private Path proc;
  private Path sharedMemory;
  private Path iceoryx2;

  @BeforeEach
  void make() throws IOException {
    proc = Files.createDirectory(folder.resolve("proc"));
    sharedMemory = Files.createDirectory(folder.resolve("shm"));
    iceoryx2 = folder.resolve("iceoryx2");
    Files.createDirectory(proc.resolve("self"));
  }

  private Optional<Finding> finding(String subject) throws IOException {
    List<Finding> findings = new HostCheck(proc, sharedMemory, iceoryx2).findings();
    return findings.stream().filter(each -> each.subject().equals(subject)).findFirst();
  }

  private void limits(String lockedMemory, String openFiles) throws IOException {
    Files.writeString(
        proc.resolve("self").resolve("limits"),
        String.format(
            Locale.ROOT,
            """
                Limit                     Soft Limit           Hard Limit           Units
                Max open files            %-20s 1048576              files
                Max locked memory         %-20s unlimited            bytes
                """,
            openFiles,
            lockedMemory));
  }

  private void capabilities(String hex) throws IOException {
    Files.writeString(
        proc.resolve("self").resolve("status"), "Name:\tjava\nCapEff:\t" + hex + "\n");
  }

  @ParameterizedTest
  @CsvSource({
    "8388608, 0000000000000000, WARNING",
    "8388608, 0000000000004000, OK",
    "unlimited, 0000000000000000, OK",
    "1073741824, 0000000000000000, OK",
  })
  void sharedMemoryHasToBeLocked(String limit, String capabilities, Level level)
      throws IOException {
    limits(limit, "1024");
    capabilities(capabilities);
    Finding finding = finding("locked-memory").orElseThrow();
    assertEquals(level, finding.level(), finding::toString);
    assertEquals(level == Level.WARNING, !finding.remedy().isEmpty());
  }

  @ParameterizedTest
  @CsvSource({"1024, WARNING", "4096, OK", "unlimited, OK"})
  void linksAreOpenFiles(String limit, Level level) throws IOException {
    limits("unlimited", limit);
    assertEquals(level, finding("open-files").orElseThrow().level());
  }

  @ParameterizedTest
  @CsvSource({"212992, 212992, NOTE", "8388608, 212992, NOTE", "8388608, 2097152, OK"})
  void socketsHoldWhatTheKernelLetsThem(String received, String sent, Level level)
      throws IOException {
    assertEquals(Optional.empty(), finding("sockets"));
    Path core = Files.createDirectories(proc.resolve("sys/net/core"));
    Files.writeString(core.resolve("rmem_max"), received + "\n");
    Files.writeString(core.resolve("wmem_max"), sent + "\n");
    Path ipv4 = Files.createDirectories(proc.resolve("sys/net/ipv4"));
    Files.writeString(ipv4.resolve("tcp_wmem"), "4096\t16384\t4194304\n");
    Finding finding = finding("sockets").orElseThrow();
    assertEquals(level, finding.level());
    assertTrue(finding.text().endsWith("; one of TCP 4.0 MiB to send"), finding::text);
    assertEquals(level == Level.NOTE, !finding.remedy().isEmpty());
  }

  @Test
  void whatDeadNodesLeftIsNotedAndWhatStaysForGoodIsNot() throws IOException {
    assertEquals(Optional.empty(), finding("iceoryx2"));
    assertEquals(Optional.empty(), finding("iceoryx2-left-behind"));
    Files.createDirectory(iceoryx2);
    Path mapped = Files.write(sharedMemory.resolve("iox2_1.data"), new byte[1000]);
    Files.write(sharedMemory.resolve("iox2_2.data"), new byte[3 << 10]);
    Files.write(sharedMemory.resolve("iox2_3.global_mgmt"), new byte[16]);
    Path process = Files.createDirectory(proc.resolve("17"));
    Files.writeString(
        process.resolve("maps"), "7f00-7f01 rw-s 00000000 00:1a 5    " + mapped + "\n");
    assertEquals(Level.OK, finding("iceoryx2").orElseThrow().level());
    Finding left = finding("iceoryx2-left-behind").orElseThrow();
    assertEquals(Level.NOTE, left.level());
    assertTrue(left.text().startsWith("1 file of iceoryx2"), left::text);
    assertFalse(left.remedy().isEmpty());
  }

  @Test
  void whatNoProcessMapsWasLeftBehind() throws IOException {
    Path mapped = Files.write(sharedMemory.resolve("1.zenoh"), new byte[1000]);
    Files.write(sharedMemory.resolve("2.zenoh"), new byte[3 << 10]);
    Files.write(sharedMemory.resolve("3.zenoh"), new byte[2 << 10]);
    Files.write(sharedMemory.resolve("other"), new byte[1 << 10]);
    Path process = Files.createDirectory(proc.resolve("17"));
    Files.writeString(
        process.resolve("maps"),
        "7f00-7f01 r--p 00000000 00:1a 4    /tmp/\u00ff\n7f00-7f01 rw-s 00000000 00:1a 5    "
            + mapped
            + "\n",
        StandardCharsets.ISO_8859_1);
    Files.createDirectory(proc.resolve("18")); // Nobody may look into it.
    Finding finding = finding("left-behind").orElseThrow();
    assertEquals(Level.NOTE, finding.level());
    assertTrue(finding.text().startsWith("2 segments of shared memory, 5.0 KiB"), finding.text());
  }

  @Test
  void aMachineWithoutSharedMemoryIsSaidToBeOne() throws IOException {
    Files.delete(sharedMemory);
    assertEquals(Level.ERROR, finding("shared-memory").orElseThrow().level());
    assertTrue(finding("left-behind").isEmpty());
    assertTrue(finding("open-files").isEmpty());
  }

  @ParameterizedTest
  @CsvSource({
    "tcp/127.0.0.1:7447, true",
    "tcp/[::1]:7447, true",
    "unixsock-stream//tmp/a.sock, true",
    "tcp/192.0.2.7:7447, false",
    "tcp/a name:7447, false",
    "'', false",
  })
  void addressesOfThisHostAreKnown(String locator, boolean isOfThisHost) {
    assertEquals(isOfThisHost, LinkCheck.isOfThisHost(locator));
  }

  @Test
  void onlyWhatHasToBeDoneIsBad() {
    assertFalse(Level.NOTE.isBad());
    assertTrue(Level.WARNING.isBad());
  }
}
