package dev.segue.objectstore.internal;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.spi.LockedFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Directories are swept now and then, however many there are. */
class SweepTimesTest {
  private static final Path DIRECTORY = Path.of("/d");

  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 1);
  private final SweepTimes times = new SweepTimes(now::get);

  private void pass(Duration time) {
    now.addAndGet(time.toNanos());
  }

  @Test
  void aDirectoryIsDueAtFirstAndBehindEachPause() {
    for (int i = 0; i < 3; i++) {
      assertTrue(times.isDue(DIRECTORY));
      assertFalse(times.isDue(DIRECTORY));
      pass(SweepTimes.PAUSE.minusNanos(1));
      assertFalse(times.isDue(DIRECTORY));
      pass(Duration.ofNanos(1));
    }
  }

  @Test
  void eachHasItsOwnPause() {
    assertTrue(times.isDue(DIRECTORY));
    pass(SweepTimes.PAUSE.dividedBy(2));
    Path other = Path.of("/other");
    assertTrue(times.isDue(other));
    pass(SweepTimes.PAUSE.dividedBy(2));
    assertTrue(times.isDue(DIRECTORY));
    assertFalse(times.isDue(other));
  }

  @Test
  void soManyAreRememberedAndNoMoreSwept() {
    for (int i = 0; i < SweepTimes.COUNT_LIMIT; i++) {
      assertTrue(times.isDue(Path.of("/" + i)));
    }
    assertFalse(times.isDue(DIRECTORY));
    pass(SweepTimes.PAUSE);
    assertTrue(times.isDue(DIRECTORY));
    assertTrue(times.isDue(Path.of("/0")));
  }

  /** Not by the first writer alone. */
  @Test
  void whatIsLeftWhileAStoreIsOpenIsRemovedByALaterWriter(@TempDir Path directory)
      throws Exception {
    HiddenFiles hidden = new HiddenFiles(times);
    write(hidden, directory.resolve(HiddenFiles.PREFIX + "1"));
    Path left = Files.createFile(directory.resolve(HiddenFiles.PREFIX + "left"));
    Files.setLastModifiedTime(left, FileTime.from(Instant.now().minus(Duration.ofHours(1))));
    write(hidden, directory.resolve(HiddenFiles.PREFIX + "2"));
    assertTrue(Files.exists(left));
    pass(SweepTimes.PAUSE);
    write(hidden, directory.resolve(HiddenFiles.PREFIX + "3"));
    assertFalse(Files.exists(left));
  }

  private static void write(HiddenFiles hidden, Path file) throws Exception {
    hidden.open(file, StandardOpenOption.CREATE_NEW, false).close();
    LockedFiles.leave(file);
    Files.delete(file);
  }
}
