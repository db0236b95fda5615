package dev.segue.capnproto.compiler;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Makes declarations of statements. A statement with an error is reported and left out. */
final class Parser {
  private final Source source;
  private final Problems problems;

  private Parser(Source source, Problems problems) {
    this.source = source;
    this.problems = problems;
  }

  /** Returns the file as one declaration, whose id is null where the file has none. */
  static Declaration file(Source source, Problems problems) {
    Parser parser = new Parser(source, problems);
    Declaration file =
        new Declaration(Declaration.Kind.FILE, new Expression.Name("", Span.NONE), new Span(0, 1));
    List<Declaration.Use> annotations = new ArrayList<>();
    for (Statement statement : Lexer.statements(source, problems)) {
      Optional<Declaration> declaration = parser.declaration(statement, file.kind);
      declaration.ifPresent(
          found -> {
            if (found.kind == Declaration.Kind.ID) {
              parser.setId(file, found);
            } else if (found.kind == Declaration.Kind.FILE_ANNOTATION) {
              annotations.addAll(found.annotations);
            } else {
              file.members.add(found);
            }
          });
    }
    file.annotations = annotations;
    return file;
  }

  private void setId(Declaration file, Declaration found) {
    if (file.id != null) {
      problems.add(source, found.span, "a second id: a file has one");
      return;
    }
    file.id = found.id;
    file.doc = found.doc;
  }

  private Optional<Declaration> declaration(Statement statement, Declaration.Kind parent) {
    try {
      Tokens tokens = new Tokens(statement.tokens(), statement.span());
      Declaration declaration = declaration(tokens, parent);
      tokens.expectEnd();
      declaration.doc = statement.doc();
      declaration.span = statement.span();
      addBlock(declaration, statement);
      return Optional.of(declaration);
    } catch (SyntaxException e) {
      problems.add(source, e.span(), e.reason());
      return Optional.empty();
    }
  }

  private void addBlock(Declaration declaration, Statement statement) throws SyntaxException {
    boolean wanted =
        switch (declaration.kind) {
          case ENUM, STRUCT, INTERFACE, UNION, GROUP -> true;
          default -> false;
        };
    List<Statement> block = statement.block();
    if (wanted != (block != null)) {
      int end = statement.tokens().get(statement.tokens().size() - 1).span().end();
      throw new SyntaxException(
          new Span(end, end),
          declaration.kind
              + (wanted ? " needs a block: expected '{'" : " has no block: expected ';'"));
    }
    if (block != null) {
      for (Statement member : block) {
        declaration(member, declaration.kind).ifPresent(declaration.members::add);
      }
    }
  }

  private Declaration declaration(Tokens tokens, Declaration.Kind parent) throws SyntaxException {
    if (parent == Declaration.Kind.ENUM) {
      return enumerant(tokens);
    }
    boolean inStruct = parent == Declaration.Kind.STRUCT || parent.isMember();
    boolean named = tokens.isOperator(1, "@") || tokens.isOperator(1, ":");
    if (inStruct && (named || tokens.isWord(0, "union"))) {
      return member(tokens);
    }
    if (parent == Declaration.Kind.UNION || parent == Declaration.Kind.GROUP) {
      throw tokens.expected("a field, union or group");
    }
    if (parent == Declaration.Kind.INTERFACE && tokens.isOperator(1, "@")) {
      return method(tokens);
    }
    if (parent == Declaration.Kind.FILE && tokens.isOperator(0, "@")) {
      Declaration id =
          new Declaration(
              Declaration.Kind.ID, new Expression.Name("", tokens.here()), tokens.here());
      id.id = tokens.id();
      return id;
    }
    if (parent == Declaration.Kind.FILE && tokens.isOperator(0, "$")) {
      Declaration use =
          new Declaration(
              Declaration.Kind.FILE_ANNOTATION,
              new Expression.Name("", tokens.here()),
              tokens.here());
      use.annotations = tokens.annotations();
      return use;
    }
    return general(tokens, inStruct ? "a field or a declaration" : "a declaration");
  }

  private Declaration general(Tokens tokens, String what) throws SyntaxException {
    if (tokens.acceptWord("using")) {
      return using(tokens);
    }
    if (tokens.acceptWord("const")) {
      return constant(tokens);
    }
    if (tokens.acceptWord("annotation")) {
      return annotation(tokens);
    }
    if (tokens.acceptWord("enum")) {
      return node(tokens, Declaration.Kind.ENUM);
    }
    if (tokens.acceptWord("struct")) {
      return node(tokens, Declaration.Kind.STRUCT);
    }
    if (tokens.acceptWord("interface")) {
      return node(tokens, Declaration.Kind.INTERFACE);
    }
    throw tokens.expected(what + " (using, const, annotation, enum, struct, interface)");
  }

  private static Declaration named(Tokens tokens, Declaration.Kind kind) throws SyntaxException {
    Expression.Name name = tokens.name("the name of " + kind);
    return new Declaration(kind, name, name.span());
  }

  private static Declaration enumerant(Tokens tokens) throws SyntaxException {
    Declaration enumerant = named(tokens, Declaration.Kind.ENUMERANT);
    enumerant.ordinal = tokens.ordinal();
    enumerant.annotations = tokens.annotations();
    return enumerant;
  }

  private static Declaration member(Tokens tokens) throws SyntaxException {
    if (tokens.isWord(0, "union") && !tokens.isOperator(1, "@") && !tokens.isOperator(1, ":")) {
      Span span = tokens.here();
      tokens.acceptWord("union");
      return new Declaration(Declaration.Kind.UNION, new Expression.Name("", span), span);
    }
    Expression.Name name = tokens.name("a name");
    Declaration.Numbered ordinal = tokens.isOperator(0, "@") ? tokens.ordinal() : null;
    boolean kept = ordinal != null && (tokens.acceptOperator("!") || tokens.isOperator(0, "!:"));
    boolean colon = tokens.acceptOperator(":") || tokens.acceptOperator("!:");
    if (tokens.acceptWord("union")) {
      if (ordinal != null && !kept) {
        throw new SyntaxException(
            ordinal.span(),
            "a union has no ordinal: remove it, or write it with '!' where an old schema needs it");
      }
      if (!colon) {
        throw new SyntaxException(name.span(), "expected ':' before 'union' of a named union");
      }
      Declaration union = new Declaration(Declaration.Kind.UNION, name, name.span());
      union.ordinal = ordinal;
      union.annotations = tokens.annotations();
      return union;
    }
    if (ordinal == null && tokens.acceptWord("group")) {
      Declaration group = new Declaration(Declaration.Kind.GROUP, name, name.span());
      group.annotations = tokens.annotations();
      return group;
    }
    if (ordinal == null) {
      throw new SyntaxException(
          name.span(), "expected an ordinal such as @0 after the name, or 'union' or 'group'");
    }
    if (!colon || kept) {
      throw tokens.expected("':' and a type after the ordinal");
    }
    Declaration field = new Declaration(Declaration.Kind.FIELD, name, name.span());
    field.ordinal = ordinal;
    finishField(tokens, field);
    return field;
  }

  private static void finishField(Tokens tokens, Declaration field) throws SyntaxException {
    field.type = tokens.expression("a type");
    if (tokens.acceptOperator("=")) {
      field.value = tokens.expression("a default value");
    }
    field.annotations = tokens.annotations();
  }

  private static Declaration using(Tokens tokens) throws SyntaxException {
    Expression.Name name = null;
    if (tokens.peek() instanceof Token.Word && tokens.isOperator(1, "=")) {
      name = tokens.name("a name");
      tokens.acceptOperator("=");
    }
    Expression target = tokens.expression("the name of a declaration");
    if (name == null && target instanceof Expression.Member member) {
      name = member.name();
    }
    if (name == null) {
      throw new SyntaxException(
          target.span(),
          "expected 'using Name = …', or the name of a declaration in another scope");
    }
    Declaration using = new Declaration(Declaration.Kind.USING, name, name.span());
    using.type = target;
    return using;
  }

  private static Declaration constant(Tokens tokens) throws SyntaxException {
    Declaration constant = named(tokens, Declaration.Kind.CONST);
    constant.id = tokens.id();
    tokens.expectOperator(":", "a constant's name");
    constant.type = tokens.expression("a type");
    tokens.expectOperator("=", "a constant's type");
    constant.value = tokens.expression("a value");
    constant.annotations = tokens.annotations();
    return constant;
  }

  private static Declaration node(Tokens tokens, Declaration.Kind kind) throws SyntaxException {
    Declaration node = named(tokens, kind);
    node.id = tokens.id();
    if (kind != Declaration.Kind.ENUM) {
      node.parameters = tokens.names(false);
    }
    if (kind == Declaration.Kind.INTERFACE && tokens.acceptWord("extends")) {
      if (!tokens.isGroup(false)) {
        throw tokens.expected("'(' and the names of interfaces after 'extends'");
      }
      List<Expression> superclasses = new ArrayList<>();
      for (Tokens item : tokens.items(false)) {
        superclasses.add(item.expression("an interface"));
        item.expectEnd();
      }
      node.superclasses = superclasses;
    }
    node.annotations = tokens.annotations();
    return node;
  }

  private static Declaration annotation(Tokens tokens) throws SyntaxException {
    Declaration annotation = named(tokens, Declaration.Kind.ANNOTATION);
    annotation.id = tokens.id();
    if (!tokens.isGroup(false)) {
      throw tokens.expected("'(' and what the annotation may be applied to");
    }
    List<Tokens> items = tokens.items(false);
    for (Tokens item : items) {
      Span span = item.here();
      if (item.acceptOperator("*")) {
        if (items.size() > 1) {
          throw new SyntaxException(span, "'*' stands for everything: expected no other target");
        }
        annotation.targets = Declaration.Target.ALL;
      } else {
        int bit = target(item.name("what the annotation may be applied to"));
        if ((annotation.targets & bit) != 0) {
          throw new SyntaxException(span, "the same target twice");
        }
        annotation.targets |= bit;
      }
      item.expectEnd();
    }
    tokens.expectOperator(":", "an annotation's targets");
    annotation.type = tokens.expression("a type");
    annotation.annotations = tokens.annotations();
    return annotation;
  }

  private static int target(Expression.Name name) throws SyntaxException {
    for (Declaration.Target target : Declaration.Target.values()) {
      if (target.name().toLowerCase(Locale.ROOT).equals(name.text())) {
        return target.bit();
      }
    }
    throw new SyntaxException(
        name.span(),
        "not a target: expected file, const, enum, enumerant, struct, field, union, group,"
            + " interface, method, param, annotation or *");
  }

  private static Declaration method(Tokens tokens) throws SyntaxException {
    Declaration method = named(tokens, Declaration.Kind.METHOD);
    method.ordinal = tokens.ordinal();
    method.parameters = tokens.names(true);
    method.arguments = parameters(tokens);
    if (tokens.acceptOperator("->")) {
      method.results = parameters(tokens);
    }
    method.annotations = tokens.annotations();
    return method;
  }

  private static Declaration.Parameters parameters(Tokens tokens) throws SyntaxException {
    Span span = tokens.here();
    if (tokens.isGroup(false)) {
      List<Declaration> list = new ArrayList<>();
      for (Tokens item : tokens.items(false)) {
        Declaration parameter = named(item, Declaration.Kind.FIELD);
        item.expectOperator(":", "a parameter's name");
        finishField(item, parameter);
        item.expectEnd();
        list.add(parameter);
      }
      return new Declaration.Parameters(list, null, span);
    }
    if (tokens.acceptWord("stream")) {
      return new Declaration.Parameters(null, null, span);
    }
    return new Declaration.Parameters(null, tokens.expression("'(' or a struct"), span);
  }
}
