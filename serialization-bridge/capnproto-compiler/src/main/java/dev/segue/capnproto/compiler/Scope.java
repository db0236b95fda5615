package dev.segue.capnproto.compiler;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A declaration that names are looked up in, and that becomes a node. */
final class Scope {
  private final Module module;
  private final @Nullable Scope parent;
  private final Declaration declaration;
  private final String displayName;
  private final long id;
  private final List<Scope> children = new ArrayList<>();
  private final Map<String, Scope> childrenByName = new LinkedHashMap<>();
  private final Map<String, Alias> aliases = new LinkedHashMap<>();
  private @Nullable Translator translator;

  /** Makes the scope of a declaration and those of what it contains. */
  Scope(Module module, @Nullable Scope parent, Declaration declaration, long id) {
    this.module = module;
    this.parent = parent;
    this.declaration = declaration;
    displayName =
        parent == null
            ? module.source().name()
            : parent.displayName + (parent.parent == null ? ':' : '.') + declaration.name.text();
    this.id = module.program().register(this, id);
    for (Declaration member : declaration.members) {
      add(member);
    }
  }

  private void add(Declaration member) {
    String name = member.name.text();
    if (member.kind == Declaration.Kind.USING) {
      aliases.putIfAbsent(name, new Alias(this, member));
    } else if (member.kind.isNode()) {
      long own = member.id != null ? member.id.value() : Ids.child(id, name);
      Scope child = new Scope(module, this, member, own);
      children.add(child);
      childrenByName.putIfAbsent(name, child);
    }
  }

  Module module() {
    return module;
  }

  @Nullable Scope parent() {
    return parent;
  }

  Scope file() {
    return parent == null ? this : parent.file();
  }

  Declaration declaration() {
    return declaration;
  }

  Declaration.Kind kind() {
    return declaration.kind;
  }

  String displayName() {
    return displayName;
  }

  long id() {
    return id;
  }

  int parameterCount() {
    return declaration.parameters.size();
  }

  boolean isGeneric() {
    return parameterCount() > 0 || (parent != null && parent.isGeneric());
  }

  List<Scope> children() {
    return children;
  }

  Iterable<Alias> aliases() {
    return aliases.values();
  }

  /** Returns what makes this scope's node; made when it is first needed. */
  Translator translator() {
    if (translator == null) {
      translator = new Translator(this);
      translator.translate();
    }
    return translator;
  }

  void problem(Span span, String message) {
    module.program().problems().add(module.source(), span, message);
  }

  /** Returns what a name means here: a member, a parameter, or what it means in the parent. */
  @Nullable Resolved resolve(String name) {
    Resolved member = member(name);
    if (member != null) {
      return member;
    }
    for (int i = 0; i < declaration.parameters.size(); i++) {
      if (declaration.parameters.get(i).text().equals(name)) {
        return new Resolved.Variable(id, i);
      }
    }
    if (parent != null) {
      return parent.resolve(name);
    }
    Builtin builtin = Builtin.named(name);
    return builtin == null ? null : new Resolved.Found(builtin.target(), 0, null);
  }

  @Nullable Resolved member(String name) {
    Scope child = childrenByName.get(name);
    if (child != null) {
      return new Resolved.Found(new Resolved.Target(child, null), id, null);
    }
    Alias alias = aliases.get(name);
    return alias == null ? null : alias.target();
  }
}
