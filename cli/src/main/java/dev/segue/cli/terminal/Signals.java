package dev.segue.cli.terminal;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Takes signals of the process, so that one that asks for its end does not begin the JVM's
 * shutdown.
 *
 * <p>The JDK's class for it is of module {@code jdk.unsupported}; javac warns of it, so it is found
 * by its name. Owner: the caller. Lifetime: until {@link #close()}, which puts the handlers back
 * that were there. Threads: handlers run on threads of the JVM.
 */
public final class Signals implements AutoCloseable {
  private final Map<String, Object> before = new LinkedHashMap<>();

  /** Tells {@code handler} the names of the signals that come: {@code INT}, {@code TERM}, … */
  public static Signals take(Consumer<String> handler, String... names) {
    Signals signals = new Signals();
    for (String name : names) {
      signals.take(handler, name);
    }
    return signals;
  }

  private void take(Consumer<String> handler, String name) {
    try {
      Class<?> type = Class.forName("sun.misc.SignalHandler");
      Object proxy =
          Proxy.newProxyInstance(
              Signals.class.getClassLoader(),
              new Class<?>[] {type},
              (self, method, arguments) -> {
                if (method.getName().equals("handle")) {
                  handler.accept(name);
                  return null;
                }
                return switch (method.getName()) {
                  case "hashCode" -> System.identityHashCode(self);
                  case "equals" -> Objects.equals(self.getClass(), arguments[0].getClass());
                  default -> "segue";
                };
              });
      before.put(name, set(name, proxy));
    } catch (ReflectiveOperationException | IllegalArgumentException e) {
      // A system without this signal, or a JVM that keeps it for itself: then it does what it does.
      before.remove(name);
    }
  }

  private static Object set(String name, Object handler) throws ReflectiveOperationException {
    Class<?> signal = Class.forName("sun.misc.Signal");
    Class<?> type = Class.forName("sun.misc.SignalHandler");
    try {
      return signal
          .getMethod("handle", signal, type)
          .invoke(null, signal.getConstructor(String.class).newInstance(name), handler);
    } catch (InvocationTargetException e) {
      throw new IllegalArgumentException("signal " + name, e);
    }
  }

  @Override
  public void close() {
    before.forEach(
        (name, handler) -> {
          try {
            set(name, handler);
          } catch (ReflectiveOperationException | IllegalArgumentException e) {
            throw new IllegalStateException("signal " + name, e);
          }
        });
    before.clear();
  }
}
