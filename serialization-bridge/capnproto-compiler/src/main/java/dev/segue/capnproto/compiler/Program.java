package dev.segue.capnproto.compiler;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** All files of one run of the compiler, and what they declare. */
final class Program {
  static final String STREAM_FILE = "/capnp/stream.capnp";
  static final long STREAM_RESULT_ID = 0x995f9a3377c0b16eL;

  private static final int MAX_STEP_COUNT = 20_000_000;

  /** Types are kept: as many of them take some 200 MB. */
  private static final int MAX_TYPE_COUNT = 2_000_000;

  private final Problems problems = new Problems();
  private final Map<Object, Module> modules = new HashMap<>();
  private final Map<Long, Scope> scopes = new HashMap<>();
  private final Map<Long, Node> nodes = new LinkedHashMap<>();
  private final Map<Long, CodeRequest.Comments> comments = new LinkedHashMap<>();
  private final Sizes sizes = new Sizes();
  private long nextSpareId = 1;
  private int stepCount;
  private int typeCount;

  /** More work than any schema that a person wrote needs. */
  private static final class ExhaustedException extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  /** Compiles files and what they need of those that they import. */
  static CodeRequest compile(List<SchemaFile> files) throws SchemaException {
    Program program = new Program();
    try {
      return program.run(files);
    } catch (ExhaustedException e) {
      throw new SchemaException(
          "schemas take too long to compile: limits are types="
              + MAX_TYPE_COUNT
              + " and steps="
              + MAX_STEP_COUNT
              + "; generic types may multiply");
    } catch (StackOverflowError e) {
      throw new SchemaException("a schema is nested too deep to be compiled");
    }
  }

  private CodeRequest run(List<SchemaFile> files) throws SchemaException {
    List<Module> requested = files.stream().map(this::module).toList();
    // Names that are looked up in files with errors would be reported as missing.
    problems.check();
    Traversal traversal = new Traversal(this, nodes, comments);
    List<CodeRequest.File> described = new ArrayList<>();
    for (Module module : requested) {
      traversal.addFile(module.root());
    }
    problems.check();
    for (Module module : requested) {
      List<CodeRequest.Import> imports = new ArrayList<>();
      module.imports().forEach((name, id) -> imports.add(new CodeRequest.Import(id, name)));
      described.add(new CodeRequest.File(module.root().id(), module.file().name(), imports));
    }
    problems.check();
    Map<Long, CodeRequest.Place> places = new HashMap<>();
    for (Module module : modules.values()) {
      Scope root = module.root();
      places.put(root.id(), new CodeRequest.Place(module.source(), nameOf(root)));
    }
    return new CodeRequest(nodes, comments, described, places);
  }

  Problems problems() {
    return problems;
  }

  Sizes sizes() {
    return sizes;
  }

  /** Counts work whose amount can grow faster than the schemas. */
  void step() {
    stepCount++;
    if (stepCount > MAX_STEP_COUNT) {
      throw new ExhaustedException();
    }
  }

  /** Counts a part of a type: a few lines can stand for more of them than there is memory. */
  void typeStep() {
    step();
    typeCount++;
    if (typeCount > MAX_TYPE_COUNT) {
      throw new ExhaustedException();
    }
  }

  Module module(SchemaFile file) {
    Module module = modules.get(file.identity());
    if (module == null) {
      module = new Module(this, file);
      modules.put(file.identity(), module);
    }
    return module;
  }

  /** Notes a scope's id; returns it, or another one if it is taken. */
  long register(Scope scope, long id) {
    Scope other = scopes.putIfAbsent(id, scope);
    if (other == null) {
      return id;
    }
    long spare = nextSpareId++;
    scopes.put(spare, scope);
    if (problems.isFull()) {
      return spare;
    }
    Span span = nameOf(scope);
    Diagnostic first = other.module().source().diagnostic(nameOf(other), "");
    scope.problem(
        span,
        "duplicate id "
            + Ids.text(id)
            + ": it is that of "
            + first.file()
            + ":"
            + first.line()
            + ":"
            + first.column());
    return spare;
  }

  private static Span nameOf(Scope scope) {
    Declaration declaration = scope.declaration();
    Declaration.Numbered id = declaration.id;
    return id != null ? id.span() : declaration.name.span();
  }

  Scope scope(long id) {
    Scope scope = scopes.get(id);
    if (scope == null) {
      throw new IllegalStateException("no declaration has this id: " + Ids.text(id));
    }
    return scope;
  }

  boolean has(long id) {
    return scopes.containsKey(id);
  }
}
