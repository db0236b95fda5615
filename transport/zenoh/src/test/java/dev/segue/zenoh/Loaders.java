package dev.segue.zenoh;

import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Properties;

/** Two class loaders with the classes of the library each, as two applications of one server. */
final class Loaders {
  private Loaders() {}

  static void run() throws Exception {
    List<URL> classPath = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      classPath.add(Path.of(entry).toUri().toURL());
    }
    Properties before = new Properties();
    before.putAll(System.getProperties());
    for (int i = 0; i < 2; i++) {
      URLClassLoader loader =
          new URLClassLoader(classPath.toArray(new URL[0]), ClassLoader.getPlatformClassLoader());
      Class<?> keys = loader.loadClass(KeyExpr.class.getName());
      try {
        ChildMain.say("loaded " + keys.getMethod("of", String.class).invoke(null, "a/b"));
      } catch (InvocationTargetException e) {
        ChildMain.say("refused " + Objects.requireNonNull(e.getCause()));
      }
      // As servers and tests do that put back what an application has set.
      System.setProperties(before);
    }
  }
}
