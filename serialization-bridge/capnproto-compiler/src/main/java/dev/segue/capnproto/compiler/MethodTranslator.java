package dev.segue.capnproto.compiler;

import java.util.List;
import java.util.Objects;

/** Makes the methods of an interface, and the structs of their parameters and results. */
final class MethodTranslator {
  private final Scope scope;
  private final Names names;
  private final List<StructDraft> structs;

  /** Puts the structs that it makes into a list. */
  MethodTranslator(Scope scope, Names names, List<StructDraft> structs) {
    this.scope = scope;
    this.names = names;
    this.structs = structs;
  }

  /** The struct of a method's parameters or results. */
  private record Signature(long id, Type.Brand brand) {
    static final Signature NONE = new Signature(0, Type.Brand.NONE);
  }

  Node.Method method(Declaration method, int codeOrder, List<Node.Annotation> annotations) {
    Declaration.Parameters arguments = Objects.requireNonNull(method.arguments);
    if (arguments.isStream()) {
      scope.problem(arguments.span(), "'stream' can stand behind '->' only");
    }
    Declaration.Parameters none = new Declaration.Parameters(List.of(), null, method.name.span());
    Signature params = signature(method, false, arguments);
    Signature results = signature(method, true, method.results == null ? none : method.results);
    return new Node.Method(
        method.name.text(),
        codeOrder,
        method.parameters.stream().map(Expression.Name::text).toList(),
        params.id,
        params.brand,
        results.id,
        results.brand,
        annotations);
  }

  private Signature signature(
      Declaration method, boolean results, Declaration.Parameters parameters) {
    List<Declaration> list = parameters.list();
    if (list != null) {
      return struct(method, results, list);
    }
    Expression source = parameters.struct();
    return source == null ? stream(parameters.span()) : named(method, source);
  }

  private Signature stream(Span span) {
    scope.module().importFile(new Expression.Name(Program.STREAM_FILE, span));
    return new Signature(Program.STREAM_RESULT_ID, Type.Brand.NONE);
  }

  private Signature named(Declaration method, Expression source) {
    Branded found = names.find(source, new GenericMethod(0, method.parameters));
    if (found == null) {
      return Signature.NONE;
    }
    Resolved.Target target = found.target();
    if (target == null || !target.is(Declaration.Kind.STRUCT)) {
      scope.problem(source.span(), "expected a struct, found '" + source.describe() + "'");
      return Signature.NONE;
    }
    return new Signature(target.id(), names.brand(found));
  }

  private Signature struct(Declaration method, boolean results, List<Declaration> list) {
    String name = method.name.text() + (results ? "$Results" : "$Params");
    int ordinal = (int) method.ordinal().value();
    StructDraft draft =
        new StructDraft(
            scope.displayName() + "." + name,
            scope.displayName().length() + 1,
            false,
            scope.isGeneric() || !method.parameters.isEmpty(),
            null);
    draft.id = Ids.methodStruct(scope.id(), ordinal, results);
    draft.parameters = method.parameters.stream().map(Expression.Name::text).toList();
    StructTranslator translator =
        new StructTranslator(scope, names, new GenericMethod(draft.id, method.parameters));
    translator.translateParameters(draft, list);
    structs.add(draft);
    // The method's own parameters aren't bound here: Cap'n Proto's compiler leaves that out as
    // well.
    BrandScope brand = BrandScope.of(scope).push(draft.id, method.parameters.size());
    return new Signature(draft.id, names.brand(brand));
  }
}
