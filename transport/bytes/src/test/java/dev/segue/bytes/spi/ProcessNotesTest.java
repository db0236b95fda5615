package dev.segue.bytes.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ProcessNotesTest {
  private static final Path FILE = Path.of("/tmp/a b=c\n:%00 größe ");

  @Test
  void theFirstValueOfANameStays() {
    assertNull(ProcessNotes.putIfAbsent("one", "1"));
    assertNull(ProcessNotes.putIfAbsent("other", "2"));
    assertEquals("1", ProcessNotes.putIfAbsent("one", "3"));
    assertEquals("2", ProcessNotes.putIfAbsent("other", "4"));
    ProcessNotes.remove("one");
    ProcessNotes.remove("never");
    assertEquals("2", ProcessNotes.putIfAbsent("other", "5"));
    assertNull(ProcessNotes.putIfAbsent("one", "6"));
    ProcessNotes.remove("other");
    ProcessNotes.remove("one");
    assertNull(ProcessNotes.putIfAbsent("one", "7"));
    ProcessNotes.remove("one");
  }

  /** Whatever becomes of the system's properties, which tests and servers put back. */
  @Test
  void aFileIsTakenOnceInAllClassLoaders() throws Exception {
    Properties own = System.getProperties();
    Properties before = new Properties();
    before.putAll(own);
    try (URLClassLoader loader = loader()) {
      assertTrue(LockedFiles.take(FILE));
      assertFalse(LockedFiles.take(FILE));
      Properties meanwhile = new Properties();
      meanwhile.putAll(own);
      System.setProperties(before);
      assertFalse(takenBy(loader));
      LockedFiles.leave(FILE);
      System.setProperties(meanwhile);
      assertTrue(takenBy(loader));
      assertFalse(LockedFiles.take(FILE));
      LockedFiles.leave(FILE);
    } finally {
      System.setProperties(own);
      LockedFiles.leave(FILE);
    }
  }

  @Test
  void whoTakesAFileAtTheSameTimeTakesItOnce() throws Exception {
    try (URLClassLoader loader = loader();
        ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (int round = 0; round < 100; round++) {
        List<Callable<Boolean>> takers =
            List.of(
                () -> LockedFiles.take(FILE), () -> takenBy(loader),
                () -> LockedFiles.take(FILE), () -> takenBy(loader));
        int count = 0;
        for (Future<Boolean> taken : threads.invokeAll(takers)) {
          count += taken.get() ? 1 : 0;
        }
        assertEquals(1, count);
        LockedFiles.leave(FILE);
      }
    }
  }

  private static URLClassLoader loader() throws Exception {
    List<URL> classPath = new ArrayList<>();
    for (Class<?> each : List.of(LockedFiles.class)) {
      classPath.add(each.getProtectionDomain().getCodeSource().getLocation());
    }
    for (String each : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      classPath.add(Path.of(each).toUri().toURL());
    }
    return new URLClassLoader(classPath.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
  }

  private static boolean takenBy(URLClassLoader loader) throws Exception {
    Class<?> other = loader.loadClass(LockedFiles.class.getName());
    assertNotSame(LockedFiles.class, other);
    Method take = other.getMethod("take", Path.class);
    return (boolean) take.invoke(null, FILE);
  }
}
