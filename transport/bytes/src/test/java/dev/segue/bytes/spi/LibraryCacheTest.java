package dev.segue.bytes.spi;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.SymbolLookup;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is opened, and what stays on the disk, whatever is there already. */
class LibraryCacheTest {
  private static final byte[] CONTENT = {1, 2, 3, 4, 5};
  private static final String SHA256 =
      "74f81fe167d99b4cb41d6d0ccda82278caee9f3e2f25d5e5a3936ff3dcec60d0";

  @TempDir Path home;
  private String before = "";
  private final List<Path> opened = new ArrayList<>();

  @BeforeEach
  void begin() {
    assumeTrue(System.getenv("XDG_CACHE_HOME") == null, "the cache is where the user wants it");
    before = System.setProperty("user.home", home.toString());
  }

  @AfterEach
  void end() {
    System.setProperty("user.home", before);
  }

  private Path folder() {
    return home.resolve(".cache/segue/library");
  }

  private Path cached() {
    return folder().resolve(SHA256 + "-lib.so");
  }

  /** Opens the library, and returns where; its content is right while it is opened. */
  private Path open() throws IOException {
    Path library = Files.write(home.resolve("library"), CONTENT);
    URL url = library.toUri().toURL();
    SymbolLookup lookup =
        LibraryCache.open(
            url,
            "lib.so",
            file -> {
              opened.add(file);
              try {
                assertArrayEquals(CONTENT, Files.readAllBytes(file));
              } catch (IOException e) {
                throw new AssertionError(e);
              }
              return name -> Optional.empty();
            });
    assertTrue(lookup.find("x").isEmpty());
    return opened.getLast();
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder())) {
      return files.sorted().toList();
    }
  }

  private void assertOpensElsewhere() throws IOException {
    Path file = open();
    assertNotEquals(folder(), file.getParent());
    assertTrue(Files.notExists(file));
    assertTrue(Files.notExists(file.getParent()));
  }

  private static FileTime ago(Duration age) {
    return FileTime.from(Instant.now().minus(age));
  }

  @Test
  void itIsUnpackedOnceAndOpenedThereAfterwards() throws Exception {
    assertEquals(cached(), open());
    assertEquals(List.of(cached()), files());
    assertEquals(
        "rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(folder())));
    Object inode = Files.getAttribute(cached(), "unix:ino");
    Files.setLastModifiedTime(cached(), ago(Duration.ofDays(20)));
    assertEquals(cached(), open());
    assertEquals(inode, Files.getAttribute(cached(), "unix:ino"));
    assertEquals(List.of(cached()), files());
    // Used again: it stays for another month.
    assertTrue(Files.getLastModifiedTime(cached()).compareTo(ago(Duration.ofHours(1))) > 0);
  }

  @Test
  void oneThatWasCutOffIsUnpackedAgain() throws Exception {
    open();
    Files.write(cached(), new byte[3]);
    assertEquals(cached(), open());
    assertArrayEquals(CONTENT, Files.readAllBytes(cached()));
    assertEquals(List.of(cached()), files());
  }

  @Test
  void whatAnotherUserCouldHaveWrittenIsNotUsed() throws Exception {
    open();
    for (String permissions : List.of("rwxrwx---", "rwx----w-")) {
      Files.setPosixFilePermissions(folder(), PosixFilePermissions.fromString(permissions));
      assertOpensElsewhere();
      assertEquals(List.of(cached()), files());
    }
    Files.setPosixFilePermissions(folder(), PosixFilePermissions.fromString("rwxr-xr-x"));
    assertEquals(cached(), open());
    Files.setPosixFilePermissions(cached(), PosixFilePermissions.fromString("rw-rw----"));
    assertOpensElsewhere();
    Files.setPosixFilePermissions(cached(), PosixFilePermissions.fromString("rw-----w-"));
    assertOpensElsewhere();
    Files.delete(cached());
    Files.createSymbolicLink(cached(), home.resolve("library"));
    assertOpensElsewhere();
  }

  @Test
  void aFolderThatCantBeMadeIsNoError() throws Exception {
    Files.write(home.resolve(".cache"), new byte[1]);
    assertOpensElsewhere();
    Files.delete(home.resolve(".cache"));
    System.setProperty("user.home", "relative");
    assertOpensElsewhere();
    assertFalse(Files.exists(Path.of("relative")));
  }

  @Test
  void whatNobodyUsedForAMonthIsRemovedByTheNextThatUnpacks() throws Exception {
    Files.createDirectories(folder());
    Files.setPosixFilePermissions(folder(), PosixFilePermissions.fromString("rwx------"));
    List<Path> kept = new ArrayList<>();
    List<Path> removed = new ArrayList<>();
    for (String name : List.of("old-lib.so", "new-lib.so", "old.partial", "new.partial")) {
      Path file = Files.write(folder().resolve(name), CONTENT);
      boolean isPartial = name.endsWith("partial");
      Duration limit = isPartial ? Duration.ofHours(1) : Duration.ofDays(30);
      Duration more = isPartial ? Duration.ofMinutes(10) : Duration.ofDays(1);
      boolean isOld = name.startsWith("old");
      Files.setLastModifiedTime(file, ago(isOld ? limit.plus(more) : limit.minus(more)));
      (isOld ? removed : kept).add(file);
    }
    open();
    kept.add(cached());
    kept.sort(null);
    assertEquals(kept, files());
    assertTrue(removed.stream().allMatch(Files::notExists));
  }

  @Test
  void anErrorOfTheLoaderIsThatOfTheCaller() throws Exception {
    Path library = Files.write(home.resolve("library"), CONTENT);
    UnsatisfiedLinkError error = new UnsatisfiedLinkError("no library");
    UnsatisfiedLinkError thrown =
        assertThrows(
            UnsatisfiedLinkError.class,
            () ->
                LibraryCache.open(
                    library.toUri().toURL(),
                    "lib.so",
                    file -> {
                      throw error;
                    }));
    assertEquals(error, thrown);
    assertEquals(List.of(cached()), files());
  }
}
