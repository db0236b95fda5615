package dev.segue.capnproto.dynamic;

import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The generated classes of files that others import, as the types of fields name them. */
final class GeneratedImports {
  private static final int MAX_FILE_COUNT = 10_000;

  private final Set<Class<?>> files = new LinkedHashSet<>();
  private final Deque<Class<?>> next = new ArrayDeque<>();

  private GeneratedImports() {}

  /** The classes of the files that a file's class leads to, without itself. */
  static List<Class<?>> of(Class<?> file) {
    GeneratedImports imports = new GeneratedImports();
    imports.files.add(file);
    imports.next.add(file);
    for (Class<?> at = imports.next.poll(); at != null; at = imports.next.poll()) {
      imports.visit(at);
    }
    imports.files.remove(file);
    return new ArrayList<>(imports.files);
  }

  private void visit(Class<?> generated) {
    try {
      for (Class<?> inner : generated.getClasses()) {
        if (inner.getSimpleName().equals("Reader")) {
          for (Method method : inner.getMethods()) {
            take(method.getGenericReturnType());
          }
        } else if (generated.equals(inner.getDeclaringClass())) {
          visit(inner);
        }
      }
    } catch (LinkageError | TypeNotPresentException _) {
      // A class of an import isn't there: its declarations are missing, the others aren't.
    }
  }

  private void take(Type type) {
    switch (type) {
      case Class<?> named -> take(named);
      case ParameterizedType bound -> {
        take(bound.getRawType());
        for (Type argument : bound.getActualTypeArguments()) {
          take(argument);
        }
      }
      default -> {
        // A parameter of a generic struct: whoever binds it names the type.
      }
    }
  }

  private void take(Class<?> named) {
    Class<?> outer = named;
    for (Class<?> at = named; at != null; at = at.getEnclosingClass()) {
      outer = at;
    }
    if (!outer.equals(named) && files.size() < MAX_FILE_COUNT && isGenerated(outer)) {
      if (files.add(outer)) {
        next.add(outer);
      }
    }
  }

  private static boolean isGenerated(Class<?> outer) {
    for (Class<?> inner : outer.getClasses()) {
      if (inner.getSimpleName().startsWith("Schemas")) {
        return true;
      }
    }
    return false;
  }
}
