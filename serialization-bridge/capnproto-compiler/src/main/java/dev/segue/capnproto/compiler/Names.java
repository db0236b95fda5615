package dev.segue.capnproto.compiler;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds what expressions name, seen from one scope, and makes types of it. */
final class Names {
  private static final int MAX_DEPTH = 64;

  private final Scope scope;
  private final BrandScope local;

  Names(Scope scope, BrandScope local) {
    this.scope = scope;
    this.local = local;
  }

  private @Nullable Branded problem(Span span, String message) {
    scope.problem(span, message);
    return null;
  }

  /** Returns what is named, or {@code null} after it reported why it is nothing. */
  @Nullable Branded find(Expression source, GenericMethod method) {
    if (source instanceof Expression.Relative name) {
      return relative(name, method);
    }
    if (source instanceof Expression.Absolute absolute) {
      Resolved found = scope.file().member(absolute.name().text());
      return found == null
          ? problem(source.span(), "not defined in this file: " + absolute.name().text())
          : interpret(found, source);
    }
    if (source instanceof Expression.Import imported) {
      Scope file = scope.module().importFile(imported.path());
      return file == null
          ? null
          : new Branded(
              new Resolved.Found(new Resolved.Target(file, null), 0, null),
              BrandScope.of(file),
              source);
    }
    if (source instanceof Expression.Apply apply) {
      return apply(apply, method);
    }
    if (source instanceof Expression.Member member) {
      return member(member, method);
    }
    return problem(source.span(), "expected a name");
  }

  private @Nullable Branded relative(Expression.Relative source, GenericMethod method) {
    for (int i = 0; i < method.parameters().size(); i++) {
      if (method.parameters().get(i).text().equals(source.name())) {
        return Branded.variable(method.scopeId(), i);
      }
    }
    Resolved found = scope.resolve(source.name());
    if (found != null) {
      return interpret(found, source);
    }
    String hint = source.name().equals("Object") ? " (it is AnyPointer now)" : "";
    return problem(source.span(), "not defined: " + source.name() + hint);
  }

  private @Nullable Branded apply(Expression.Apply source, GenericMethod method) {
    Branded function = find(source.function(), method);
    if (function == null) {
      return null;
    }
    List<Branded> arguments = new ArrayList<>();
    for (Expression.Argument argument : source.arguments()) {
      if (argument.name() != null) {
        return problem(argument.name().span(), "a type's parameters have no names");
      }
      Branded found = find(argument.value(), method);
      if (found == null) {
        return null;
      }
      arguments.add(found);
    }
    Resolved.Target target = function.target();
    BrandScope brand = function.brand();
    if (target == null || brand == null) {
      return problem(source.span(), "a parameter has no parameters of its own");
    }
    int wanted = brand.leafParameterCount();
    if (!brand.parameters().isEmpty()) {
      return problem(source.span(), "parameters are given twice");
    }
    if (arguments.size() != wanted) {
      return problem(
          source.span(),
          wanted == 0
              ? "'" + source.function().describe() + "' has no parameters"
              : "expected " + wanted + " parameters, found " + arguments.size());
    }
    if (target.builtin() != Builtin.LIST) {
      for (Branded argument : arguments) {
        if (!isPointer(argument)) {
          return problem(
              argument.span(source.span()),
              "only pointer types can be parameters: a struct, interface, list, Text, Data or"
                  + " AnyPointer");
        }
      }
    }
    return new Branded(function.body(), brand.with(arguments), source);
  }

  private static boolean isPointer(Branded argument) {
    Resolved.Target target = argument.target();
    if (target == null) {
      return true;
    }
    Builtin builtin = target.builtin();
    return builtin == null
        ? target.is(Declaration.Kind.STRUCT) || target.is(Declaration.Kind.INTERFACE)
        : builtin.isPointer() && builtin.compareTo(Builtin.ANY_POINTER) <= 0;
  }

  private @Nullable Branded member(Expression.Member source, GenericMethod method) {
    Branded parent = find(source.parent(), method);
    if (parent == null) {
      return null;
    }
    Resolved.Target target = parent.target();
    Resolved found =
        target == null || target.scope() == null
            ? null
            : target.scope().member(source.name().text());
    if (found == null || parent.brand() == null) {
      return problem(
          source.name().span(),
          "'" + source.parent().describe() + "' has no member '" + source.name().text() + "'");
    }
    return interpret(parent.brand(), found, source);
  }

  private Branded interpret(Resolved found, Expression source) {
    return interpret(local, found, source);
  }

  /** Binds what was found by the bindings of where it was found. */
  private Branded interpret(BrandScope at, Resolved resolved, @Nullable Expression source) {
    if (resolved instanceof Resolved.Found found) {
      BrandScope around = at.pop(found.scopeId());
      BrandScope brand =
          found.brand() == null
              ? around.push(found.target().id(), found.target().parameterCount())
              : evaluate(around, found.target(), found.brand(), 0, 0);
      return new Branded(found, brand, source);
    }
    Resolved.Variable variable = (Resolved.Variable) resolved;
    Branded bound = lookup(at, variable.scopeId(), variable.index());
    return bound != null ? bound : new Branded(variable, null, source);
  }

  /** Returns what a parameter is bound to, or {@code null} where it stays a parameter. */
  private static @Nullable Branded lookup(BrandScope at, long scopeId, int index) {
    BrandScope found = at.find(scopeId);
    if (found == null) {
      return builtin(Builtin.ANY_POINTER);
    }
    if (index < found.parameters().size()) {
      return found.parameters().get(index);
    }
    return found.inherited() ? null : builtin(Builtin.ANY_POINTER);
  }

  private static Branded builtin(Builtin builtin) {
    BrandScope brand =
        new BrandScope(null, builtin.id(), builtin.parameterCount(), false, List.of());
    return new Branded(new Resolved.Found(builtin.target(), 0, null), brand, null);
  }

  /** Reverses {@link #brand}: binds a declaration as an alias says. */
  private BrandScope evaluate(
      BrandScope at, Resolved.Target target, Type.Brand brand, int index, int depth) {
    boolean inherited = false;
    List<Branded> parameters = List.of();
    int next = index;
    if (index < brand.scopes().size() && brand.scopes().get(index).id() == target.id()) {
      Type.Scope scope = brand.scopes().get(index);
      next++;
      if (!scope.inherited()) {
        parameters = scope.bindings().stream().map(type -> decompile(at, type, depth + 1)).toList();
      } else {
        BrandScope own = at.find(target.id());
        inherited = own == null || own.inherited();
        parameters = own == null ? List.of() : own.parameters();
      }
    }
    Resolved.Target parent = target.parent();
    return new BrandScope(
        parent == null ? null : evaluate(at, parent, brand, next, depth + 1),
        target.id(),
        target.parameterCount(),
        inherited,
        parameters);
  }

  private Branded decompile(BrandScope at, Type type, int depth) {
    scope.module().program().typeStep();
    if (depth > MAX_DEPTH) {
      return builtin(Builtin.ANY_POINTER);
    }
    if (type instanceof Type.Simple simple) {
      return builtin(Builtin.of(simple));
    }
    if (type instanceof Type.AnyPointer any) {
      return builtin(Builtin.of(any));
    }
    if (type instanceof Type.Parameter parameter) {
      Branded bound = lookup(at, parameter.scopeId(), parameter.index());
      return bound != null ? bound : Branded.variable(parameter.scopeId(), parameter.index());
    }
    if (type instanceof Type.ListOf list) {
      Branded found = builtin(Builtin.LIST);
      BrandScope brand =
          new BrandScope(
              null, Builtin.LIST.id(), 1, false, List.of(decompile(at, list.element(), depth + 1)));
      return new Branded(found.body(), brand, null);
    }
    if (type instanceof Type.EnumOf of) {
      return declared(at, of.id(), of.brand(), depth);
    }
    if (type instanceof Type.StructOf of) {
      return declared(at, of.id(), of.brand(), depth);
    }
    if (type instanceof Type.InterfaceOf of) {
      return declared(at, of.id(), of.brand(), depth);
    }
    throw new IllegalStateException("an alias is bound to a parameter of a method");
  }

  private Branded declared(BrandScope at, long id, Type.Brand brand, int depth) {
    Scope found = scope.module().program().scope(id);
    Resolved.Target target = new Resolved.Target(found, null);
    long scopeId = found.parent() == null ? 0 : found.parent().id();
    return new Branded(
        new Resolved.Found(target, scopeId, null), evaluate(at, target, brand, 0, depth), null);
  }

  /** Returns what an alias in a scope stands for. */
  Resolved asResolved(Branded branded, long scopeId) {
    if (!(branded.body() instanceof Resolved.Found found) || branded.brand() == null) {
      return branded.body();
    }
    Type.Brand brand = brand(branded.brand());
    return new Resolved.Found(found.target(), scopeId, brand.scopes().isEmpty() ? null : brand);
  }

  Type.Brand brand(Branded branded) {
    return branded.brand() == null ? Type.Brand.NONE : brand(branded.brand());
  }

  /** Lists the bindings, from the innermost scope outwards. */
  Type.Brand brand(BrandScope innermost) {
    List<Type.Scope> scopes = new ArrayList<>();
    for (BrandScope at = innermost; at != null; at = at.parent()) {
      if (!at.parameters().isEmpty() || (at.inherited() && at.leafParameterCount() > 0)) {
        List<Type> bindings = new ArrayList<>();
        if (!at.inherited()) {
          for (Branded parameter : at.parameters()) {
            Type type = type(parameter, Span.NONE);
            bindings.add(type == null ? Type.AnyPointer.ANY : type);
          }
        }
        scopes.add(new Type.Scope(at.leafId(), at.inherited(), bindings));
      }
    }
    return scopes.isEmpty() ? Type.Brand.NONE : new Type.Brand(scopes);
  }

  /** Returns the type that an expression names, or {@code null} after it reported an error. */
  @Nullable Type type(Expression source, GenericMethod method) {
    Branded found = find(source, method);
    return found == null ? null : type(found, source.span());
  }

  private @Nullable Type type(Branded branded, Span otherwise) {
    scope.module().program().typeStep();
    if (branded.body() instanceof Resolved.Variable variable) {
      return variable.scopeId() == 0
          ? new Type.MethodParameter(variable.index())
          : new Type.Parameter(variable.scopeId(), variable.index());
    }
    Span span = branded.span(otherwise);
    Resolved.Target target = ((Resolved.Found) branded.body()).target();
    Builtin builtin = target.builtin();
    if (builtin == Builtin.LIST) {
      return list(branded, span);
    }
    if (builtin != null) {
      return builtin.type();
    }
    if (target.is(Declaration.Kind.ENUM)) {
      return new Type.EnumOf(target.id(), brand(branded));
    }
    if (target.is(Declaration.Kind.STRUCT)) {
      return new Type.StructOf(target.id(), brand(branded));
    }
    if (target.is(Declaration.Kind.INTERFACE)) {
      return new Type.InterfaceOf(target.id(), brand(branded));
    }
    Scope found = target.scope();
    scope.problem(
        span, "expected a type, found " + (found == null ? "something else" : found.kind()));
    return null;
  }

  /**
   * Cap'n Proto's compiler refuses the first two parameters; more are rare enough to go with it.
   */
  private static boolean isRefused(@Nullable Type element) {
    return (element instanceof Type.AnyPointer any && any.kind() <= Type.AnyPointer.STRUCT)
        || (element instanceof Type.Parameter parameter && parameter.index() <= 1)
        || (element instanceof Type.MethodParameter method && method.index() <= 1);
  }

  private @Nullable Type list(Branded branded, Span span) {
    BrandScope brand = branded.brand();
    if (brand == null || brand.parameters().size() != 1) {
      scope.problem(span, "a list needs the type of its elements: List(Type)");
      return null;
    }
    Type element = type(brand.parameters().get(0), span);
    if (isRefused(element)) {
      scope.problem(
          span, "a list can't have elements of type AnyPointer, AnyStruct or a generic parameter");
      return null;
    }
    return element == null ? null : new Type.ListOf(element);
  }
}
