package dev.segue.objectstore.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.testkit.ChildProcess;
import dev.segue.testkit.OtherLoader;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that has the library once for each of its applications. */
class TurnLoadersTest {
  @TempDir private Path directory;

  /** Exits with 0 where it has the lock, with 1 where another one does. */
  static final class Locking {
    private Locking() {}

    /** Takes the directory. */
    public static void main(String[] arguments) throws Exception {
      System.exit(new TurnLock(Path.of(arguments[0])).tryLock() ? 0 : 1);
    }
  }

  /** The lock as another class loader has it. */
  private record Other(Object lock) {
    static Other of(OtherLoader loader, Path directory) throws Exception {
      Class<?> type = loader.classOf(TurnLock.class);
      Constructor<?> constructor = type.getDeclaredConstructor(Path.class);
      constructor.setAccessible(true);
      return new Other(constructor.newInstance(directory));
    }

    Object call(String name) throws Exception {
      Method method = lock.getClass().getDeclaredMethod(name);
      method.setAccessible(true);
      return method.invoke(lock);
    }
  }

  private boolean isLockedForOthers() throws Exception {
    List<String> command = ChildProcess.java(Locking.class, directory.toString());
    return new ProcessBuilder(command).inheritIO().start().waitFor() == 1;
  }

  @Test
  void whoWaitsInAnotherClassLoaderDoesNotEndTheTurn() throws Exception {
    try (OtherLoader loader = new OtherLoader()) {
      TurnLock lock = new TurnLock(directory);
      Other other = Other.of(loader, directory);
      assertTrue(lock.tryLock());
      assertEquals(false, other.call("tryLock"));
      assertEquals(false, other.call("tryLock"));
      assertTrue(isLockedForOthers());
      lock.unlock();
      assertEquals(true, other.call("tryLock"));
      assertFalse(lock.tryLock());
      assertTrue(isLockedForOthers());
      other.call("unlock");
      assertTrue(lock.tryLock());
      lock.unlock();
    }
  }
}
