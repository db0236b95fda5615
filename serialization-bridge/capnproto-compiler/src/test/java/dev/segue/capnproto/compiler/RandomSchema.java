package dev.segue.capnproto.compiler;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Makes structs of every shape: groups and unions in each other, ordinals in any order. */
final class RandomSchema {
  private static final List<String> SMALL =
      List.of("Bool", "Int8", "UInt16", "Int32", "UInt64", "Float32", "Float64", "Kind", "Void");
  private static final List<String> POINTERS =
      List.of(
          "Text",
          "Data",
          "AnyPointer",
          "List(Bool)",
          "List(Text)",
          "List(List(Kind))",
          "Box(Text)",
          "Box(Box(Data)).Inner",
          "List(Box(List(Int16)))");

  private final Random random;
  private final StringBuilder text = new StringBuilder();
  private final List<Member> numbered = new ArrayList<>();
  private int nextName;

  RandomSchema(Random random) {
    this.random = random;
  }

  /** A field, or a group or union where it has members. */
  private static final class Member {
    private final String name;
    private final String kind;
    private final List<Member> members = new ArrayList<>();
    private boolean hasOrdinal;
    private int ordinal;

    Member(String name, String kind) {
      this.name = name;
      this.kind = kind;
    }

    private void leaves(List<Member> leaves) {
      if (kind.equals("field")) {
        leaves.add(this);
      }
      members.forEach(member -> member.leaves(leaves));
    }
  }

  /** Returns a file with structs {@code S0}, {@code S1}…, each as its own text. */
  static String file(long id, List<String> structs) {
    StringBuilder file = new StringBuilder("@0x" + Long.toHexString(id) + ";\n");
    file.append("enum Kind { a @0; b @1; c @2; }\n");
    file.append("struct Box(T) { value @0 :T; struct Inner { own @0 :T; count @1 :UInt8; } }\n");
    structs.forEach(file::append);
    return file.toString();
  }

  String struct(String name) {
    Member root = new Member("", "struct");
    int count = 1 + random.nextInt(12);
    addMembers(root, count, 0);
    if (random.nextInt(3) == 0) {
      Member unnamed = new Member("", "union");
      addMembers(unnamed, 2 + random.nextInt(5), 1);
      root.members.add(random.nextInt(root.members.size() + 1), unnamed);
    }
    number(root);
    text.append("struct ").append(name).append(" {\n");
    root.members.forEach(member -> write(member, "  "));
    return text.append("}\n").toString();
  }

  private void addMembers(Member parent, int count, int depth) {
    for (int i = 0; i < count; i++) {
      String name = "m" + nextName++;
      int kind = depth > 3 ? 9 : random.nextInt(10);
      if (kind == 0) {
        Member union = new Member(name, "union");
        addMembers(union, 2 + random.nextInt(4), depth + 1);
        union.hasOrdinal = random.nextInt(5) == 0;
        parent.members.add(union);
      } else if (kind == 1) {
        Member group = new Member(name, "group");
        addMembers(group, 1 + random.nextInt(4), depth + 1);
        if (random.nextInt(4) == 0) {
          Member unnamed = new Member("", "union");
          addMembers(unnamed, 2 + random.nextInt(3), depth + 1);
          group.members.add(unnamed);
        }
        parent.members.add(group);
      } else {
        parent.members.add(new Member(name, "field"));
      }
    }
  }

  private void number(Member root) {
    root.leaves(numbered);
    int moves = random.nextInt(2) == 0 ? numbered.size() : random.nextInt(4);
    for (int i = 0; i < moves; i++) {
      Collections.swap(numbered, random.nextInt(numbered.size()), random.nextInt(numbered.size()));
    }
    addUnions(root);
    for (int i = 0; i < numbered.size(); i++) {
      numbered.get(i).ordinal = i;
    }
  }

  /** A union's ordinal follows at most one of its members. */
  private void addUnions(Member member) {
    member.members.forEach(this::addUnions);
    if (member.hasOrdinal) {
      List<Member> leaves = new ArrayList<>();
      member.leaves(leaves);
      // Right behind its first member: the C++ compiler refuses its own result if a field is
      // between.
      int first = leaves.stream().mapToInt(numbered::indexOf).min().orElse(0);
      numbered.add(random.nextBoolean() ? first : first + 1, member);
    }
  }

  private void write(Member member, String indent) {
    text.append(indent).append(member.name);
    if (member.kind.equals("field")) {
      text.append(" @").append(member.ordinal).append(" :").append(type()).append(";\n");
      return;
    }
    if (member.hasOrdinal) {
      text.append(" @").append(member.ordinal).append("!");
    }
    text.append(member.name.isEmpty() ? "" : " :").append(member.kind).append(" {\n");
    member.members.forEach(each -> write(each, indent + "  "));
    text.append(indent).append("}\n");
  }

  private String type() {
    if (random.nextInt(4) == 0) {
      return POINTERS.get(random.nextInt(POINTERS.size()));
    }
    String type = SMALL.get(random.nextInt(SMALL.size()));
    return random.nextInt(4) == 0 ? type + " = " + value(type) : type;
  }

  private String value(String type) {
    return switch (type) {
      case "Bool" -> Boolean.toString(random.nextBoolean());
      case "Int8" -> Integer.toString((byte) random.nextInt());
      case "UInt16" -> Integer.toString(random.nextInt(65536));
      case "Int32" -> Integer.toString(random.nextInt());
      case "UInt64" -> Long.toUnsignedString(random.nextLong());
      case "Kind" -> "b";
      case "Void" -> "void";
      default -> Float.toString(random.nextInt(1000) / 8f);
    };
  }
}
