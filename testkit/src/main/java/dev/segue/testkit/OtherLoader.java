package dev.segue.testkit;

import java.io.File;
import java.io.IOException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The class path of the tests in a class loader of its own, as a server has a library once for each
 * of its applications.
 *
 * <p>Owner: the test. Lifetime: until {@link #close()}. Threads: one.
 */
public final class OtherLoader implements AutoCloseable {
  private final URLClassLoader loader;

  /** The class path, behind what is found in {@code first}. */
  public OtherLoader(Path... first) throws IOException {
    List<URL> classPath = new ArrayList<>();
    for (Path each : first) {
      classPath.add(each.toUri().toURL());
    }
    for (String each : ChildProcess.classPath().split(File.pathSeparator, -1)) {
      classPath.add(Path.of(each).toUri().toURL());
    }
    this.loader =
        new URLClassLoader(classPath.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
  }

  /** Returns a class as this loader has it. */
  public Class<?> classOf(Class<?> type) throws ClassNotFoundException {
    return loader.loadClass(type.getName());
  }

  /** Calls the static method of a name of a class of this loader, with what all loaders share. */
  public Object call(Class<?> type, String name, Object... arguments) throws Exception {
    Class<?>[] types = Arrays.stream(arguments).map(Object::getClass).toArray(Class<?>[]::new);
    Method method = classOf(type).getDeclaredMethod(name, types);
    method.setAccessible(true);
    return method.invoke(null, arguments);
  }

  /** Returns whether other processes find a file locked. */
  public static boolean isLockedForOthers(Path file) throws Exception {
    List<String> command = ChildProcess.java(Locking.class, file.toString());
    return new ProcessBuilder(command).inheritIO().start().waitFor() == 1;
  }

  /** Exits with 0 where it gets the lock, with 1 where another process has it. */
  static final class Locking {
    private Locking() {}

    /** Takes the file. */
    public static void main(String[] arguments) throws Exception {
      try (FileChannel channel =
          FileChannel.open(Path.of(arguments[0]), StandardOpenOption.WRITE)) {
        System.exit(channel.tryLock() == null ? 1 : 0);
      }
    }
  }

  @Override
  public void close() throws IOException {
    loader.close();
  }
}
