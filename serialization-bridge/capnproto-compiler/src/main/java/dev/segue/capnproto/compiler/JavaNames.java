package dev.segue.capnproto.compiler;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import javax.lang.model.SourceVersion;
import org.jspecify.annotations.Nullable;

/** The names of the classes that declarations become. */
final class JavaNames {
  private static final long PACKAGE = 0x9ee4c8f803b3b596L;
  private static final long OUTER_CLASS_NAME = 0x9b066bb4881f7cd3L;

  /** Names in the class of a struct besides those declared in it. */
  private static final Set<String> TAKEN = Set.of("Builder", "Reader", "Factory", "Which");

  /** Names of variables in the code of a Factory, Builder or Reader, inherited ones included. */
  private static final Set<String> VARIABLES =
      Set.of(
          "segment",
          "data",
          "pointers",
          "dataSize",
          "pointerCount",
          "nestingLimit",
          "value",
          "size",
          "builder",
          "factory",
          "listFactory");

  private final CodeRequest request;
  private final String defaultPackage;
  private final Map<Long, String> fullNames = new HashMap<>();
  private final Map<Long, String> simpleNames = new HashMap<>();
  private final Map<Long, Outer> outers = new HashMap<>();
  private final List<Outer> files = new ArrayList<>();

  /**
   * The class of a file.
   *
   * @param inner what the classes and constants in it are called
   */
  private record Outer(Node file, String packageName, String name, Set<String> inner) {}

  JavaNames(CodeRequest request, String defaultPackage) throws SchemaException {
    this.request = request;
    this.defaultPackage = defaultPackage;
    for (Node node : request.nodes().values()) {
      if (node.body() instanceof Node.File) {
        String outer = outerClass(node);
        String name = packageName(node);
        Set<String> around = new HashSet<>(Set.of(outer, "Schemas"));
        simpleNames.put(node.id(), outer);
        Outer file = new Outer(node, name, outer, new HashSet<>(around));
        files.add(file);
        outers.put(node.id(), file);
        nameNested(node, name.isEmpty() ? outer : name + "." + outer, around, 0);
      }
    }
  }

  private void nameNested(Node node, String fullName, Set<String> around, int depth)
      throws SchemaException {
    if (depth > 100 || fullNames.put(node.id(), fullName) != null) {
      throw new SchemaException("a request's nodes contain each other: " + node.displayName());
    }
    Map<String, Long> inner = new LinkedHashMap<>();
    for (Node.Nested nested : node.nested()) {
      // A request may name nodes that it doesn't hold, since nothing needs them.
      if (request.nodes().containsKey(nested.id())) {
        inner.putIfAbsent(checked(nested.name(), node), nested.id());
      }
    }
    if (node.body() instanceof Node.Struct struct) {
      for (Node.Field field : struct.fields()) {
        String name = title(checked(field.name(), node));
        if (field.isGroup()) {
          while (inner.containsKey(name)) {
            name += "_";
          }
          inner.put(name, field.groupId());
        }
      }
    }
    if (node.body() instanceof Node.EnumType of) {
      for (Node.Enumerant enumerant : of.enumerants()) {
        checked(enumerant.name(), node);
      }
    }
    Outer outer = outers.get(node.id());
    Set<String> used = new TreeSet<>();
    for (Map.Entry<String, Long> entry : inner.entrySet()) {
      String name = entry.getKey();
      Node child = request.node(entry.getValue());
      while (isClass(child)
          && (around.contains(name) || TAKEN.contains(name) || used.contains(name))) {
        name += "_";
      }
      used.add(name);
      simpleNames.put(child.id(), name);
      if (outer != null) {
        outers.put(child.id(), outer);
        outer.inner.add(name);
      }
      Set<String> deeper = new HashSet<>(around);
      deeper.add(name);
      nameNested(child, fullName + "." + name, deeper, depth + 1);
    }
    nameConstants(node, inner.values(), outer);
  }

  private static boolean isClass(Node node) {
    // An interface is one for what is declared in it.
    return node.body() instanceof Node.Struct
        || node.body() instanceof Node.EnumType
        || (node.body() instanceof Node.Interface && !node.nested().isEmpty());
  }

  /** A constant would hide the class of the same name, for Java prefers variables. */
  private void nameConstants(Node node, Collection<Long> inner, @Nullable Outer outer)
      throws SchemaException {
    Set<String> hidden = new HashSet<>(Set.of(simpleNames.getOrDefault(node.id(), "")));
    if (node.body() instanceof Node.Struct) {
      hidden.add(StructCode.SIZE_CONSTANT);
    }
    if (outer != null) {
      hidden.add(outer.name);
    }
    for (long id : inner) {
      if (isClass(request.node(id))) {
        hidden.add(simpleNames.getOrDefault(id, ""));
      }
    }
    for (long id : inner) {
      if (request.node(id).body() instanceof Node.Const) {
        String name = constant(simpleNames.getOrDefault(id, ""));
        name = hidden.contains(name) ? name + "_" : name;
        simpleNames.put(id, name);
        if (outer != null) {
          outer.inner.add(name);
        }
      }
    }
  }

  private static String checked(String name, Node node) throws SchemaException {
    if (!isIdentifier(name) || name.charAt(0) == '_') {
      throw new SchemaException(
          "not a name that Java can have: '" + name + "' in " + node.displayName());
    }
    return name;
  }

  /** Returns whether a name is made of ASCII letters, digits and underscores, no digit first. */
  static boolean isIdentifier(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
      if (!letter && (i == 0 || c < '0' || c > '9')) {
        return false;
      }
    }
    return !name.isEmpty();
  }

  /** Returns the name with package and outer classes. */
  String full(long id) throws SchemaException {
    String name = fullNames.get(id);
    if (name == null) {
      throw new SchemaException("a request lacks what a type needs: id=" + Ids.text(id));
    }
    return name;
  }

  /**
   * Returns the name by which code in a file's class refers to a class: with its package, unless
   * something in the file hides that.
   *
   * @param imports where classes are put whose package is left out
   */
  String reference(long id, long file, Set<String> imports) throws SchemaException {
    String name = full(id);
    Outer of = outers.get(id);
    Outer from = outers.get(file);
    if (of == null || from == null) {
      return name;
    }
    if (of.packageName.isEmpty()) {
      if (from.packageName.isEmpty()) {
        return name;
      }
      throw request.fault(
          of.file,
          "a class in no package can't be named by one in a package: "
              + from.file.displayName()
              + " is "
              + from.packageName
              + "."
              + from.name
              + " and uses "
              + of.name
              + ": add $Java.package, as in: using Java = import \"/capnp/java.capnp\";"
              + " $Java.package(\""
              + from.packageName
              + "\");");
    }
    int dot = of.packageName.indexOf('.');
    if (!isHidden(dot < 0 ? of.packageName : of.packageName.substring(0, dot), from)) {
      return name;
    }
    if (!of.equals(from)) {
      String imported = of.packageName + "." + of.name;
      boolean isTaken = from.name.equals(of.name) || from.inner.contains(of.name);
      for (String other : imports) {
        isTaken |= other.endsWith("." + of.name) && !other.equals(imported);
      }
      if (isTaken) {
        throw request.fault(
            of.file,
            imported
                + " can't be named in "
                + from.packageName
                + "."
                + from.name
                + ", where something else has its name and that of its package: give its file"
                + " another $Java.package");
      }
      imports.add(imported);
    }
    return name.substring(of.packageName.length() + 1);
  }

  /** Returns whether Java takes the first part of a package's name for something else in a file. */
  private boolean isHidden(String word, Outer from) {
    if (VARIABLES.contains(word) || from.inner.contains(word)) {
      return true;
    }
    return files.stream()
        .anyMatch(file -> file.name.equals(word) && file.packageName.equals(from.packageName));
  }

  String simple(long id) throws SchemaException {
    full(id);
    return simpleNames.getOrDefault(id, "");
  }

  String packageName(Node file) throws SchemaException {
    String given = annotation(file, PACKAGE);
    if (given != null) {
      if (!SourceVersion.isName(given)) {
        throw request.fault(file, "$Java.package isn't the name of a package: '" + given + "'");
      }
      return given;
    }
    int slash = file.displayName().lastIndexOf('/');
    String directory = slash < 0 ? "" : file.displayName().substring(0, slash).replace('/', '.');
    return SourceVersion.isName(directory) ? directory : defaultPackage;
  }

  String outerClass(Node file) throws SchemaException {
    String given = annotation(file, OUTER_CLASS_NAME);
    if (given != null) {
      if (!SourceVersion.isIdentifier(given) || SourceVersion.isKeyword(given)) {
        throw request.fault(
            file, "$Java.outerClassname isn't the name of a class: '" + given + "'");
      }
      return title(given);
    }
    String path = file.displayName();
    String stem = path.substring(path.lastIndexOf('/') + 1).replaceFirst("\\.[^.]*$", "");
    StringBuilder name = new StringBuilder();
    for (String word : stem.split("[^a-zA-Z0-9]+", -1)) {
      name.append(title(word));
    }
    if (name.length() == 0 || Character.isDigit(name.charAt(0))) {
      name.insert(0, "Schema");
    }
    boolean taken = file.nested().stream().anyMatch(nested -> nested.name().contentEquals(name));
    return taken ? name + "Schema" : name.toString();
  }

  private static @Nullable String annotation(Node file, long id) throws SchemaException {
    for (Node.Annotation annotation : file.annotations()) {
      if (annotation.id() == id) {
        try {
          byte[] text = Blobs.textBytes(annotation.value().pointer());
          return text == null || text.length == 0 ? null : new String(text, StandardCharsets.UTF_8);
        } catch (WireException e) {
          throw new SchemaException(
              file.displayName() + ": an annotation's value isn't a text: " + e.getMessage());
        }
      }
    }
    return null;
  }

  /** Returns a name with its first letter as a capital. */
  static String title(String name) {
    return name.isEmpty()
        ? name
        : name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
  }

  /** Returns {@code FOO_BAR} for {@code fooBar}. */
  static String constant(String name) {
    StringBuilder constant = new StringBuilder();
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c >= 'A' && c <= 'Z' && constant.length() > 0) {
        constant.append('_');
      }
      constant.append(c >= 'a' && c <= 'z' ? (char) (c - 'a' + 'A') : c);
    }
    return constant.toString();
  }

  /** Returns the part of accessors' names; {@code getClass} is every object's. */
  static String accessor(String name) {
    return name.equals("class") ? "Class_" : title(name);
  }
}
