package dev.segue.capnproto.compiler;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Collects the nodes of files: all that the files declare, what that refers to, and what lies
 * around that.
 */
final class Traversal {
  private final Program program;
  private final Map<Long, Node> nodes;
  private final Map<Long, CodeRequest.Comments> comments;
  private final Set<Scope> seen = new HashSet<>();
  private final Deque<Scope> waiting = new ArrayDeque<>();

  Traversal(Program program, Map<Long, Node> nodes, Map<Long, CodeRequest.Comments> comments) {
    this.program = program;
    this.nodes = nodes;
    this.comments = comments;
  }

  void addFile(Scope file) {
    addAll(file);
    while (!waiting.isEmpty()) {
      add(waiting.remove());
    }
  }

  private void addAll(Scope scope) {
    need(scope);
    scope.children().forEach(this::addAll);
    for (Alias alias : scope.aliases()) {
      alias.target();
    }
  }

  private void need(Scope scope) {
    if (seen.add(scope)) {
      waiting.add(scope);
    }
  }

  private void needId(long id) {
    // Groups and the structs of methods have no scope: they come with what they are part of.
    if (program.has(id)) {
      need(program.scope(id));
    }
  }

  private void add(Scope scope) {
    List<Node> found = scope.translator().nodes();
    List<CodeRequest.Comments> docs = scope.translator().comments();
    for (int i = 0; i < found.size(); i++) {
      Node node = found.get(i);
      if (nodes.putIfAbsent(node.id(), node) != null) {
        scope.problem(
            scope.declaration().name.span(),
            "the id " + Ids.text(node.id()) + " of " + node.displayName() + " is already used");
      }
      // The structs of methods lie in no scope, and have no comments.
      if (node.scopeId() != 0 || node.body() instanceof Node.File) {
        comments.put(node.id(), docs.get(i));
      }
      addNeeds(node);
    }
    Scope parent = scope.parent();
    if (parent != null) {
      need(parent);
    }
  }

  private void addNeeds(Node node) {
    addAnnotations(node.annotations());
    Node.Body body = node.body();
    if (body instanceof Node.Struct struct) {
      for (Node.Field field : struct.fields()) {
        addType(field.type());
        addAnnotations(field.annotations());
      }
    } else if (body instanceof Node.EnumType of) {
      of.enumerants().forEach(enumerant -> addAnnotations(enumerant.annotations()));
    } else if (body instanceof Node.Interface of) {
      addInterface(of);
    } else if (body instanceof Node.Const of) {
      addType(of.type());
    } else if (body instanceof Node.AnnotationType of) {
      addType(of.type());
    }
  }

  private void addInterface(Node.Interface of) {
    for (Node.Superclass superclass : of.superclasses()) {
      needId(superclass.id());
      addBrand(superclass.brand());
    }
    for (Node.Method method : of.methods()) {
      needId(method.paramStructId());
      addBrand(method.paramBrand());
      needId(method.resultStructId());
      addBrand(method.resultBrand());
      addAnnotations(method.annotations());
    }
  }

  private void addAnnotations(List<Node.Annotation> annotations) {
    annotations.forEach(annotation -> needId(annotation.id()));
  }

  private void addType(@Nullable Type type) {
    if (type instanceof Type.ListOf list) {
      addType(list.element());
    } else if (type instanceof Type.StructOf of) {
      needId(of.id());
      addBrand(of.brand());
    } else if (type instanceof Type.EnumOf of) {
      needId(of.id());
      addBrand(of.brand());
    } else if (type instanceof Type.InterfaceOf of) {
      needId(of.id());
      addBrand(of.brand());
    }
  }

  private void addBrand(Type.Brand brand) {
    for (Type.Scope scope : brand.scopes()) {
      scope.bindings().forEach(this::addType);
    }
  }
}
