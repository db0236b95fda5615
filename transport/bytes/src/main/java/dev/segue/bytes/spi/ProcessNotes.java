package dev.segue.bytes.spi;

import java.security.Security;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the code of all class loaders of this process knows: a server may have the library once for
 * each of its applications.
 *
 * <p>It is kept in one security property. Each class loader has the same ones, child processes
 * don't get them, and unlike system properties they are never copied, cleared or put back as a
 * whole.
 *
 * <p>Owner: the process. Threads: any.
 */
public final class ProcessNotes {
  /** The same object in all class loaders, as literals are. */
  private static final String PROPERTY = "dev.segue.notes";

  private static final String BETWEEN = "\0";

  private ProcessNotes() {}

  /**
   * Notes a value under a name, unless there is one.
   *
   * @param name without NUL; it begins and ends with no blank, nor does the value
   * @return the value that is noted, null if it is this one
   */
  public static @Nullable String putIfAbsent(String name, String value) {
    synchronized (PROPERTY) {
      Map<String, String> notes = notes();
      String noted = notes.putIfAbsent(name, value);
      if (noted == null) {
        keep(notes);
      }
      return noted;
    }
  }

  /** Drops what is noted under a name. */
  public static void remove(String name) {
    synchronized (PROPERTY) {
      Map<String, String> notes = notes();
      if (notes.remove(name) != null) {
        keep(notes);
      }
    }
  }

  private static Map<String, String> notes() {
    String all = Security.getProperty(PROPERTY);
    Map<String, String> notes = new TreeMap<>();
    if (all != null && !all.isEmpty()) {
      String[] words = all.split(BETWEEN, -1);
      for (int i = 0; i < words.length; i += 2) {
        notes.put(words[i], words[i + 1]);
      }
    }
    return notes;
  }

  private static void keep(Map<String, String> notes) {
    StringBuilder all = new StringBuilder();
    notes.forEach(
        (name, value) ->
            all.append(all.isEmpty() ? "" : BETWEEN).append(name).append(BETWEEN).append(value));
    Security.setProperty(PROPERTY, all.toString());
  }
}
