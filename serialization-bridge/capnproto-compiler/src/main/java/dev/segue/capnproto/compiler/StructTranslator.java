package dev.segue.capnproto.compiler;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Places the fields of one struct, and makes its groups. */
final class StructTranslator {
  private final Scope scope;
  private final Names names;
  private final GenericMethod method;
  private final StructLayout.Top top = new StructLayout.Top();
  private final List<Member> members = new ArrayList<>();
  private final Map<Long, List<Member>> byOrdinal = new TreeMap<>();
  private final List<StructDraft> groups = new ArrayList<>();

  StructTranslator(Scope scope, Names names, GenericMethod method) {
    this.scope = scope;
    this.names = names;
    this.method = method;
  }

  /** Returns the groups of the struct, outer ones before those in them. */
  List<StructDraft> groups() {
    return groups;
  }

  /** Places the members of a declared struct. */
  void translate(StructDraft draft, List<Declaration> declarations) {
    Member root = new Member(null, null, 0, false);
    root.draft = draft;
    addMembers(declarations, root, top);
    place(root);
  }

  /** Places a method's parameters or results, which are in the order of their ordinals. */
  void translateParameters(StructDraft draft, List<Declaration> parameters) {
    Member root = new Member(null, null, 0, false);
    root.draft = draft;
    for (int i = 0; i < parameters.size(); i++) {
      Member member = new Member(root, parameters.get(i), i, false);
      member.isParameter = true;
      member.area = top;
      add(member, (long) i);
    }
    place(root);
  }

  /** A member of the struct, of a group or of a union; the root is the struct itself. */
  private static final class Member {
    private final @Nullable Member parent;
    private final @Nullable Declaration declaration;
    private final int codeOrder;
    private final boolean isInUnion;
    private boolean isParameter;
    private StructLayout.@Nullable Area area;
    private StructLayout.@Nullable Union union;
    private @Nullable StructDraft draft;
    private @Nullable FieldDraft field;
    private int index;
    private int nextDiscriminant;

    Member(
        @Nullable Member parent,
        @Nullable Declaration declaration,
        int codeOrder,
        boolean isInUnion) {
      this.parent = parent;
      this.declaration = declaration;
      this.codeOrder = codeOrder;
      this.isInUnion = isInUnion;
    }

    StructDraft draft() {
      return Objects.requireNonNull(draft);
    }

    /** Returns the field; the first call decides its place among those of the parent. */
    FieldDraft field() {
      if (field == null) {
        Member around = Objects.requireNonNull(parent);
        index = around.draft().fields.size();
        if (index == 0 && around.parent != null) {
          around.field();
        }
        int discriminant = isInUnion ? around.nextDiscriminant++ : Node.Field.NO_DISCRIMINANT;
        field =
            new FieldDraft(
                Objects.requireNonNull(declaration), codeOrder, discriminant, isParameter);
        field.group = draft;
        around.draft().fields.add(field);
      }
      return field;
    }
  }

  private void add(Member member, @Nullable Long ordinal) {
    members.add(member);
    note(member, ordinal);
  }

  private void note(Member member, @Nullable Long ordinal) {
    if (ordinal != null) {
      byOrdinal.computeIfAbsent(ordinal, key -> new ArrayList<>()).add(member);
    }
  }

  private static @Nullable Long ordinal(Declaration declaration) {
    return declaration.ordinal == null ? null : declaration.ordinal.value();
  }

  private Member addGroup(Member parent, Declaration declaration, int codeOrder, boolean inUnion) {
    Member member = new Member(parent, declaration, codeOrder, inUnion);
    StructDraft draft = parent.draft().group(declaration.name.text(), declaration.doc);
    groups.add(draft);
    member.draft = draft;
    members.add(member);
    return member;
  }

  private void addMembers(List<Declaration> declarations, Member parent, StructLayout.Area area) {
    int codeOrder = 0;
    for (Declaration declaration : declarations) {
      switch (declaration.kind) {
        case FIELD -> {
          Member member = new Member(parent, declaration, codeOrder++, false);
          member.area = area;
          add(member, ordinal(declaration));
        }
        case UNION -> {
          StructLayout.Union union = new StructLayout.Union(area);
          if (declaration.name.text().isEmpty()) {
            parent.union = union;
            codeOrder = addUnion(declaration, parent, union, codeOrder);
          } else {
            Member member = addGroup(parent, declaration, codeOrder++, false);
            member.union = union;
            addUnion(declaration, member, union, 0);
            note(member, ordinal(declaration));
          }
        }
        case GROUP -> {
          Member member = addGroup(parent, declaration, codeOrder++, false);
          addGroupMembers(declaration, member, area);
        }
        default -> {}
      }
    }
  }

  private void addGroupMembers(Declaration declaration, Member group, StructLayout.Area area) {
    if (declaration.members.isEmpty()) {
      scope.problem(declaration.name.span(), "a group needs at least one member");
    }
    addMembers(declaration.members, group, area);
  }

  private int addUnion(
      Declaration union, Member parent, StructLayout.Union layout, int firstCodeOrder) {
    if (union.members.size() < 2) {
      scope.problem(union.name.span(), "a union needs at least two members");
    }
    int codeOrder = firstCodeOrder;
    for (Declaration declaration : union.members) {
      // Each member is laid out as a group, also where it is one field.
      StructLayout.Group group = new StructLayout.Group(layout);
      switch (declaration.kind) {
        case FIELD -> {
          Member member = new Member(parent, declaration, codeOrder++, true);
          member.area = group;
          add(member, ordinal(declaration));
        }
        case UNION -> {
          if (declaration.name.text().isEmpty()) {
            scope.problem(declaration.span, "a union can't contain a union without a name");
          } else {
            Member member = addGroup(parent, declaration, codeOrder++, true);
            StructLayout.Union inner = new StructLayout.Union(group);
            member.union = inner;
            addUnion(declaration, member, inner, 0);
            note(member, ordinal(declaration));
          }
        }
        case GROUP -> {
          Member member = addGroup(parent, declaration, codeOrder++, true);
          addGroupMembers(declaration, member, group);
        }
        default -> {}
      }
    }
    return codeOrder;
  }

  private void place(Member root) {
    Ordinals ordinals = new Ordinals(scope);
    byOrdinal.forEach(
        (ordinal, list) -> {
          for (Member member : list) {
            Declaration declaration = Objects.requireNonNull(member.declaration);
            if (declaration.ordinal != null) {
              ordinals.check(declaration.ordinal);
            }
            FieldDraft field = member.field();
            field.ordinal = ordinal.intValue();
            try {
              place(member, declaration, field);
            } catch (StructLayout.AmbiguousLayoutException e) {
              scope.problem(
                  declaration.name.span(),
                  "can't place this member of nested unions: "
                      + e.getMessage()
                      + "; give the unions' members other ordinals");
            }
          }
        });
    finish(root);
    for (Member member : members) {
      FieldDraft field = member.field();
      if (member.draft != null) {
        StructDraft parent = Objects.requireNonNull(member.parent).draft();
        member.draft().id = Ids.group(parent.id, member.index);
        member.draft().scopeId = parent.id;
        field.group = member.draft;
        finish(member);
      }
    }
    setSizes(root.draft());
  }

  private void place(Member member, Declaration declaration, FieldDraft field) {
    if (declaration.kind == Declaration.Kind.UNION) {
      if (member.union != null && !member.union.addDiscriminant()) {
        scope.problem(
            declaration.ordinal().span(),
            "a union's ordinal must be greater than that of at most one of its members");
      }
      return;
    }
    Type type = names.type(declaration.type(), method);
    field.type = type == null ? Type.Simple.VOID : type;
    StructLayout.Area area = Objects.requireNonNull(member.area);
    int bits = field.type.bits();
    if (bits < 0) {
      field.offset = area.addPointer();
    } else if (bits == 0) {
      area.addVoid();
    } else {
      field.offset = area.addData(Integer.numberOfTrailingZeros(bits));
    }
  }

  private void finish(Member member) {
    StructDraft draft = member.draft();
    StructLayout.Union union = member.union;
    if (union != null) {
      try {
        union.addDiscriminant();
      } catch (StructLayout.AmbiguousLayoutException e) {
        scope.problem(scope.declaration().name.span(), "can't place a union: " + e.getMessage());
      }
      draft.discriminantCount = member.nextDiscriminant;
      draft.discriminantOffset = union.discriminantOffset();
    }
  }

  /** Sets the sizes of the struct and its groups once all unions are placed. */
  private void setSizes(StructDraft draft) {
    draft.dataWordCount = top.dataWordCount();
    draft.pointerCount = top.pointerCount();
    for (StructDraft group : groups) {
      group.dataWordCount = draft.dataWordCount;
      group.pointerCount = draft.pointerCount;
    }
  }
}
