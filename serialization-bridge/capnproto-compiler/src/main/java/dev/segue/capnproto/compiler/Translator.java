package dev.segue.capnproto.compiler;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes the nodes of one declaration: its own, and those of its groups or its methods' structs. The
 * types come first; the values, which may need the types of others, when they are asked for.
 */
final class Translator {
  private final Scope scope;
  private final Declaration declaration;
  private final Names names;
  private final Values values;
  private final List<StructDraft> extra = new ArrayList<>();
  private final List<Node.Method> methods = new ArrayList<>();
  private final List<Node.Superclass> superclasses = new ArrayList<>();
  private final Map<Declaration.Kind, List<Declaration>> sorted =
      new EnumMap<>(Declaration.Kind.class);
  private final Map<String, Integer> enumerantOrdinals = new HashMap<>();
  private @Nullable StructDraft struct;
  private Type type = Type.Simple.VOID;
  private @Nullable Value value;
  private boolean compiling;

  Translator(Scope scope) {
    this.scope = scope;
    declaration = scope.declaration();
    names = new Names(scope, BrandScope.of(scope));
    values = new Values(scope, names);
  }

  /** Finds types and places fields. */
  void translate() {
    NameRules.check(scope);
    switch (scope.kind()) {
      case STRUCT -> translateStruct();
      case CONST, ANNOTATION -> {
        Type found = names.type(declaration.type(), GenericMethod.NONE);
        type = found == null ? Type.Simple.VOID : found;
      }
      case ENUM -> {
        Ordinals ordinals = new Ordinals(scope);
        sorted(Declaration.Kind.ENUMERANT).forEach(member -> ordinals.check(member.ordinal()));
      }
      default -> {}
    }
  }

  /** Returns the struct with its fields placed; only a struct has one. */
  StructDraft struct() {
    return Objects.requireNonNull(struct);
  }

  /** Returns the type of a constant or an annotation. */
  Type type() {
    return type;
  }

  Values values() {
    return values;
  }

  /** Returns a constant's value. */
  Value value() {
    if (value == null) {
      if (compiling) {
        scope.problem(declaration.name.span(), "the constant depends on itself");
        return Value.zero(type);
      }
      compiling = true;
      value = values.value(declaration.value(), type);
      compiling = false;
    }
    return value;
  }

  /** Returns an enum's enumerants or an interface's methods by their ordinals. */
  List<Declaration> sorted(Declaration.Kind kind) {
    return sorted.computeIfAbsent(
        kind,
        of ->
            written(of).stream()
                .sorted(Comparator.comparingLong(member -> member.ordinal().value()))
                .toList());
  }

  private List<Declaration> written(Declaration.Kind kind) {
    return declaration.members.stream().filter(member -> member.kind == kind).toList();
  }

  /** Returns the places of members as they are written, from 0 on. */
  private Map<Declaration, Integer> codeOrders(Declaration.Kind kind) {
    Map<Declaration, Integer> orders = new HashMap<>();
    written(kind).forEach(member -> orders.put(member, orders.size()));
    return orders;
  }

  /** Returns the value of an enumerant, or -1 where the enum has none of the name. */
  int enumerant(String name) {
    if (enumerantOrdinals.isEmpty()) {
      List<Declaration> enumerants = sorted(Declaration.Kind.ENUMERANT);
      for (int i = 0; i < enumerants.size(); i++) {
        enumerantOrdinals.putIfAbsent(enumerants.get(i).name.text(), i);
      }
    }
    return enumerantOrdinals.getOrDefault(name, -1);
  }

  private void translateStruct() {
    StructDraft draft =
        new StructDraft(
            scope.displayName(), prefixLength(), false, scope.isGeneric(), declaration.doc);
    draft.id = scope.id();
    draft.scopeId = Objects.requireNonNull(scope.parent()).id();
    draft.parameters = parameters();
    struct = draft;
    StructTranslator translator = new StructTranslator(scope, names, GenericMethod.NONE);
    translator.translate(draft, declaration.members);
    extra.addAll(translator.groups());
  }

  private List<String> parameters() {
    return declaration.parameters.stream().map(Expression.Name::text).toList();
  }

  private int prefixLength() {
    String name = scope.displayName();
    return Math.max(name.lastIndexOf('.'), name.lastIndexOf(':')) + 1;
  }

  /** Completes the nodes: the declaration's own first. */
  List<Node> nodes() {
    if (scope.kind() == Declaration.Kind.INTERFACE && methods.isEmpty()) {
      translateInterface();
    }
    Node own =
        new Node(
            scope.id(),
            scope.displayName(),
            prefixLength(),
            scope.parent() == null ? 0 : scope.parent().id(),
            parameters(),
            scope.isGeneric(),
            nested(),
            values.annotations(declaration.annotations, target()),
            body());
    return Stream.concat(Stream.of(own), extra.stream().map(this::node)).toList();
  }

  private List<Node.Nested> nested() {
    return scope.children().stream()
        .map(child -> new Node.Nested(child.declaration().name.text(), child.id()))
        .toList();
  }

  private Declaration.Target target() {
    return switch (scope.kind()) {
      case FILE -> Declaration.Target.FILE;
      case CONST -> Declaration.Target.CONST;
      case ANNOTATION -> Declaration.Target.ANNOTATION;
      case ENUM -> Declaration.Target.ENUM;
      case STRUCT -> Declaration.Target.STRUCT;
      default -> Declaration.Target.INTERFACE;
    };
  }

  private Node.Body body() {
    return switch (scope.kind()) {
      case CONST -> new Node.Const(type, value());
      case ANNOTATION -> new Node.AnnotationType(type, declaration.targets);
      case ENUM -> new Node.EnumType(enumerants());
      case STRUCT -> body(struct());
      case INTERFACE -> new Node.Interface(methods, superclasses);
      default -> new Node.File();
    };
  }

  private List<Node.Enumerant> enumerants() {
    Map<Declaration, Integer> orders = codeOrders(Declaration.Kind.ENUMERANT);
    return sorted(Declaration.Kind.ENUMERANT).stream()
        .map(
            member ->
                new Node.Enumerant(
                    member.name.text(),
                    orders.getOrDefault(member, 0),
                    values.annotations(member.annotations, Declaration.Target.ENUMERANT)))
        .toList();
  }

  private Node node(StructDraft draft) {
    return new Node(
        draft.id,
        draft.displayName,
        draft.prefixLength,
        draft.scopeId,
        draft.parameters,
        draft.isGeneric,
        List.of(),
        List.of(),
        body(draft));
  }

  private Node.Struct body(StructDraft draft) {
    return new Node.Struct(
        draft.dataWordCount,
        draft.pointerCount,
        draft.isGroup,
        draft.discriminantCount,
        draft.discriminantOffset,
        draft.fields.stream().map(this::field).toList());
  }

  private Node.Field field(FieldDraft field) {
    return new Node.Field(
        field.name,
        field.codeOrder,
        values.annotations(field.declaration.annotations, field.target()),
        field.discriminant,
        field.ordinal,
        field.group == null ? 0 : field.group.id,
        field.offset,
        field.type,
        field.value(values),
        field.declaration.value != null);
  }

  private void translateInterface() {
    for (Expression source : declaration.superclasses) {
      Branded found = names.find(source, GenericMethod.NONE);
      if (found == null) {
        continue;
      }
      Resolved.Target of = found.target();
      if (of == null || !of.is(Declaration.Kind.INTERFACE)) {
        scope.problem(source.span(), "expected an interface, found '" + source.describe() + "'");
      } else {
        superclasses.add(new Node.Superclass(of.id(), names.brand(found)));
      }
    }
    Ordinals ordinals = new Ordinals(scope);
    MethodTranslator translator = new MethodTranslator(scope, names, extra);
    Map<Declaration, Integer> orders = codeOrders(Declaration.Kind.METHOD);
    for (Declaration method : sorted(Declaration.Kind.METHOD)) {
      ordinals.check(method.ordinal());
      methods.add(
          translator.method(
              method,
              orders.getOrDefault(method, 0),
              values.annotations(method.annotations, Declaration.Target.METHOD)));
    }
  }

  /** Returns the comments of the nodes, in the same order. */
  List<CodeRequest.Comments> comments() {
    List<CodeRequest.Comment> members =
        switch (scope.kind()) {
          case ENUM -> comments(sorted(Declaration.Kind.ENUMERANT));
          case INTERFACE -> comments(sorted(Declaration.Kind.METHOD));
          case STRUCT -> fieldComments(struct());
          default -> List.of();
        };
    return Stream.concat(
            Stream.of(new CodeRequest.Comments(declaration.doc, members)),
            extra.stream().map(draft -> new CodeRequest.Comments(draft.doc, fieldComments(draft))))
        .toList();
  }

  private static List<CodeRequest.Comment> comments(List<Declaration> members) {
    return members.stream().map(member -> new CodeRequest.Comment(member.doc)).toList();
  }

  private static List<CodeRequest.Comment> fieldComments(StructDraft draft) {
    return comments(draft.fields.stream().map(field -> field.declaration).toList());
  }
}
