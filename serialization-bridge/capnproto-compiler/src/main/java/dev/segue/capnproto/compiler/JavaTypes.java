package dev.segue.capnproto.compiler;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/** Writes types of a schema in Java. */
final class JavaTypes {
  private static final String RUNTIME = "org.capnproto.";

  private final CodeRequest request;
  private final JavaNames names;
  private final Set<String> imports = new TreeSet<>();
  private long file;

  JavaTypes(CodeRequest request, JavaNames names) {
    this.request = request;
    this.names = names;
  }

  /** Begins the class of a file, from which the names of types are seen. */
  void enter(long fileId) {
    file = fileId;
    imports.clear();
  }

  /** Returns the classes that the file's code names without their package. */
  Set<String> imports() {
    return imports;
  }

  /** Returns the name of the class of a declaration, as the file's code writes it. */
  String className(long id) throws SchemaException {
    return names.reference(id, file, imports);
  }

  /** Returns whether generated code knows more of a type than that it is a pointer. */
  boolean isOpaque(Type type) {
    return type instanceof Type.AnyPointer
        || type instanceof Type.MethodParameter
        || (type instanceof Type.ListOf list && isOpaqueElement(list.element()));
  }

  /** The runtime has no lists of pointers to anything. */
  private boolean isOpaqueElement(Type element) {
    return element instanceof Type.Parameter
        || element instanceof Type.InterfaceOf
        || isOpaque(element);
  }

  /** Returns the type as it is seen where no parameter is known: a constant is static. */
  static Type unbound(Type type) {
    if (type instanceof Type.Parameter) {
      return Type.AnyPointer.ANY;
    }
    if (type instanceof Type.ListOf list) {
      return new Type.ListOf(unbound(list.element()));
    }
    if (!(type instanceof Type.StructOf of)) {
      return type;
    }
    List<Type.Scope> scopes = new ArrayList<>();
    for (Type.Scope scope : of.brand().scopes()) {
      if (!scope.inherited()) {
        List<Type> bindings = scope.bindings().stream().map(JavaTypes::unbound).toList();
        scopes.add(new Type.Scope(scope.id(), false, bindings));
      }
    }
    return new Type.StructOf(of.id(), new Type.Brand(scopes));
  }

  boolean isGeneric(Type type) throws SchemaException {
    Type inner = type;
    while (inner instanceof Type.ListOf list) {
      inner = list.element();
    }
    return inner instanceof Type.StructOf of && request.node(of.id()).isGeneric();
  }

  /** Returns a type of a Reader or Builder, as the suffix says. */
  String name(Type type, String suffix) throws SchemaException {
    if (type instanceof Type.Simple simple) {
      return switch (simple) {
        case VOID -> RUNTIME + "Void";
        case BOOL -> "boolean";
        case INT8, UINT8 -> "byte";
        case INT16, UINT16 -> "short";
        case INT32, UINT32 -> "int";
        case INT64, UINT64 -> "long";
        case FLOAT32 -> "float";
        case FLOAT64 -> "double";
        case TEXT -> RUNTIME + "Text." + suffix;
        case DATA -> RUNTIME + "Data." + suffix;
      };
    }
    if (type instanceof Type.EnumOf of) {
      return className(of.id());
    }
    if (type instanceof Type.StructOf of) {
      String name = className(of.id()) + "." + suffix;
      if (!request.node(of.id()).isGeneric()) {
        return name;
      }
      List<String> arguments = new ArrayList<>();
      for (Type argument : arguments(of)) {
        arguments.add(name(argument, suffix));
      }
      return arguments.isEmpty() ? name : name + "<" + String.join(", ", arguments) + ">";
    }
    if (type instanceof Type.Parameter parameter) {
      return parameterName(parameter) + "_" + suffix;
    }
    if (isOpaque(type)) {
      return RUNTIME + "AnyPointer." + suffix;
    }
    if (type instanceof Type.ListOf list) {
      return listName(list.element(), suffix);
    }
    throw new SchemaException("a capability has no Java type");
  }

  private String listName(Type element, String suffix) throws SchemaException {
    if (element instanceof Type.Simple simple) {
      return RUNTIME
          + switch (simple) {
            case VOID -> "PrimitiveList.Void.";
            case BOOL -> "PrimitiveList.Boolean.";
            case INT8, UINT8 -> "PrimitiveList.Byte.";
            case INT16, UINT16 -> "PrimitiveList.Short.";
            case INT32, UINT32 -> "PrimitiveList.Int.";
            case INT64, UINT64 -> "PrimitiveList.Long.";
            case FLOAT32 -> "PrimitiveList.Float.";
            case FLOAT64 -> "PrimitiveList.Double.";
            case TEXT -> "TextList.";
            case DATA -> "DataList.";
          }
          + suffix;
    }
    String kind =
        element instanceof Type.StructOf
            ? "StructList."
            : element instanceof Type.EnumOf ? "EnumList." : "ListList.";
    return RUNTIME + kind + suffix + "<" + name(element, suffix) + ">";
  }

  /** Returns the expression of the factory of a pointer's type. */
  String factory(Type type) throws SchemaException {
    if (type instanceof Type.Parameter parameter) {
      return parameterName(parameter) + "_Factory";
    }
    if (type instanceof Type.StructOf of) {
      return structFactory(of);
    }
    if (!isOpaque(type) && type instanceof Type.ListOf list) {
      Type element = list.element();
      if (element instanceof Type.StructOf of) {
        return request.node(of.id()).isGeneric()
            ? "new org.capnproto.StructList.Factory<"
                + name(element, "Builder")
                + ", "
                + name(element, "Reader")
                + ">("
                + structFactory(of)
                + ")"
            : className(of.id()) + ".listFactory";
      }
      if (element instanceof Type.ListOf) {
        return "new org.capnproto.ListList.Factory<"
            + name(element, "Builder")
            + ", "
            + name(element, "Reader")
            + ">("
            + factory(element)
            + ")";
      }
      if (element instanceof Type.EnumOf of) {
        String name = className(of.id());
        return "new org.capnproto.EnumList.Factory<" + name + ">(" + name + ".values())";
      }
    }
    return name(type, "factory");
  }

  private String structFactory(Type.StructOf type) throws SchemaException {
    String name = className(type.id());
    if (!request.node(type.id()).isGeneric()) {
      return name + ".factory";
    }
    List<String> arguments = new ArrayList<>();
    for (Type argument : arguments(type)) {
      arguments.add(factory(argument));
    }
    return name + ".newFactory(" + String.join(", ", arguments) + ")";
  }

  private String parameterName(Type.Parameter parameter) throws SchemaException {
    Node node = request.node(parameter.scopeId());
    if (parameter.index() >= node.parameters().size()) {
      throw new SchemaException(
          "a type names a parameter that isn't there: index="
              + parameter.index()
              + " of "
              + node.displayName());
    }
    return node.parameters().get(parameter.index()) + "_" + Long.toHexString(parameter.scopeId());
  }

  /** Returns what a struct's parameters are bound to, those of outer scopes first. */
  private List<Type> arguments(Type.StructOf type) throws SchemaException {
    List<Type> arguments = new ArrayList<>();
    for (Node scope : scopes(request.node(type.id()))) {
      for (int i = 0; i < scope.parameters().size(); i++) {
        Type argument = argument(type.brand(), scope.id(), i);
        // The runtime has none: what is there is a pointer all the same.
        arguments.add(argument instanceof Type.InterfaceOf ? Type.AnyPointer.ANY : argument);
      }
    }
    return arguments;
  }

  private static Type argument(Type.Brand brand, long scopeId, int index) {
    for (Type.Scope scope : brand.scopes()) {
      if (scope.id() == scopeId) {
        if (scope.inherited()) {
          return new Type.Parameter(scopeId, index);
        }
        return index < scope.bindings().size() ? scope.bindings().get(index) : Type.AnyPointer.ANY;
      }
    }
    return Type.AnyPointer.ANY;
  }

  /** Returns a node and those around it, the outermost first. */
  private List<Node> scopes(Node node) throws SchemaException {
    List<Node> scopes = new ArrayList<>();
    Node at = node;
    while (true) {
      scopes.add(0, at);
      if (at.scopeId() == 0) {
        return scopes;
      }
      if (scopes.size() > 100) {
        throw new SchemaException("a request's nodes contain each other: " + node.displayName());
      }
      at = request.node(at.scopeId());
    }
  }

  /** Returns the names of the parameters that are known in a node, those of outer scopes first. */
  List<String> parameters(Node node) throws SchemaException {
    List<String> parameters = new ArrayList<>();
    for (Node scope : scopes(node)) {
      for (String parameter : scope.parameters()) {
        if (!JavaNames.isIdentifier(parameter)) {
          throw new SchemaException(
              "not a name of a parameter: '" + parameter + "' in " + scope.displayName());
        }
        parameters.add(parameter + "_" + Long.toHexString(scope.id()));
      }
    }
    return parameters;
  }

  /** Returns parameters in angle brackets, each written in some way; empty where there are none. */
  static String angled(List<String> parameters, UnaryOperator<String> writer) {
    return parameters.isEmpty()
        ? ""
        : "<" + String.join(", ", parameters.stream().map(writer).toList()) + ">";
  }
}
