package dev.segue.capnproto.compiler;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A parsed file of a program. */
final class Module {
  private final Program program;
  private final SchemaFile file;
  private final Source source;
  private final Scope root;
  private final SortedMap<String, Long> typeImports = new TreeMap<>();

  Module(Program program, SchemaFile file) {
    this.program = program;
    this.file = file;
    source = new Source(file.name(), file.text().array());
    Declaration declaration = Parser.file(source, program.problems());
    long id = declaration.id != null ? declaration.id.value() : Ids.random();
    if (declaration.id == null && !program.problems().any()) {
      program
          .problems()
          .add(
              source,
              new Span(0, 0),
              "a file needs an id: add a line such as " + Ids.text(id) + ";");
    }
    root = new Scope(this, null, declaration, id);
  }

  Program program() {
    return program;
  }

  SchemaFile file() {
    return file;
  }

  Source source() {
    return source;
  }

  Scope root() {
    return root;
  }

  /** Returns the file that is imported, or {@code null} after it reported why it can't be. */
  @Nullable Scope importFile(Expression.Name path) {
    try {
      Module module = program.module(file.resolve(path.text()));
      return module.root;
    } catch (SchemaFile.UnreadableException e) {
      program.problems().add(source, path.span(), "can't import: " + e.getMessage());
      return null;
    }
  }

  byte @Nullable [] embed(Expression.Name path) {
    try {
      return file.resolve(path.text()).text().array();
    } catch (SchemaFile.UnreadableException e) {
      program.problems().add(source, path.span(), "can't embed: " + e.getMessage());
      return null;
    }
  }

  /** Lists the files that types and annotations of this file come from, by name. */
  SortedMap<String, Long> imports() {
    addImports(root.declaration());
    return Collections.unmodifiableSortedMap(typeImports);
  }

  private void addImports(Declaration declaration) {
    addImports(declaration.type);
    declaration.superclasses.forEach(this::addImports);
    addImports(declaration.arguments);
    addImports(declaration.results);
    declaration.annotations.forEach(use -> addImports(use.name()));
    declaration.members.forEach(this::addImports);
  }

  private void addImports(Declaration.@Nullable Parameters parameters) {
    if (parameters == null) {
      return;
    }
    if (parameters.isStream()) {
      addImport(new Expression.Name(Program.STREAM_FILE, parameters.span()));
    }
    addImports(parameters.struct());
    if (parameters.list() != null) {
      parameters.list().forEach(this::addImports);
    }
  }

  private void addImports(@Nullable Expression expression) {
    if (expression instanceof Expression.Import imported) {
      addImport(imported.path());
    } else if (expression instanceof Expression.Member member) {
      addImports(member.parent());
    } else if (expression instanceof Expression.Apply apply) {
      addImports(apply.function());
      apply.arguments().forEach(argument -> addImports(argument.value()));
    }
  }

  private void addImport(Expression.Name path) {
    Scope imported = importFile(path);
    if (imported != null) {
      typeImports.put(path.text(), imported.id());
    }
  }
}
