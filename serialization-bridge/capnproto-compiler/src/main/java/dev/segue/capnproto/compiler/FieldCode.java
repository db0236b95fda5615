package dev.segue.capnproto.compiler;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes the accessors of one field, for the Reader or the Builder of its struct. */
final class FieldCode {
  private static final String VOID = "org.capnproto.Void";

  private final Node node;
  private final Node.Struct struct;
  private final Node.Field field;
  private final JavaTypes types;
  private final SchemaData data;
  private final CodeRequest request;
  private final String accessor;
  private final @Nullable String doc;

  FieldCode(JavaGenerator generator, Node node, Node.Field field, @Nullable String doc) {
    this.node = node;
    this.field = field;
    this.doc = doc;
    struct = (Node.Struct) node.body();
    types = generator.types();
    data = generator.data();
    request = generator.request();
    accessor = JavaNames.accessor(field.name());
  }

  /** Writes all accessors; of a builder also those that change the field. */
  void write(JavaText java, boolean builder) throws SchemaException {
    java.line("");
    if (field.isInUnion()) {
      java.doc(doc);
      java.line("public final boolean is" + JavaNames.title(field.name()) + "() {");
      java.line("return which() == Which." + tag() + ";");
      java.line("}");
      java.line("");
    }
    if (field.isGroup()) {
      writeGroup(java, builder);
    } else if (!field.type().isPointer()) {
      writePrimitive(java, builder);
    } else if (field.type() == Type.Simple.TEXT || field.type() == Type.Simple.DATA) {
      writeBlob(java, builder);
    } else if (field.type() instanceof Type.ListOf && !types.isOpaque(field.type())) {
      writeList(java, builder);
    } else if (field.type() instanceof Type.StructOf) {
      writeStruct(java, builder);
    } else {
      writeAny(java, builder);
    }
  }

  private String tag() {
    return JavaNames.constant(field.name());
  }

  /** Lets an assertion check that the union is set to this field. */
  private void check(JavaText java) {
    if (field.isInUnion()) {
      java.line(
          "assert which() == Which."
              + tag()
              + " : \"Must check which() before get()ing a union member.\";");
    }
  }

  private void checkHas(JavaText java) {
    if (field.isInUnion()) {
      java.line("if (which() != Which." + tag() + ") {");
      java.line("return false;");
      java.line("}");
    }
  }

  private void setTag(JavaText java) {
    if (field.isInUnion()) {
      java.line(
          "_setShortField("
              + struct.discriminantOffset()
              + ", (short) Which."
              + tag()
              + ".ordinal());");
    }
  }

  private void writeHas(JavaText java) {
    java.line("public final boolean has" + accessor + "() {");
    checkHas(java);
    java.line("return !_pointerFieldIsNull(" + field.offset() + ");");
    java.line("}");
    java.line("");
  }

  private void writeGet(JavaText java, String type, String parameters, String result) {
    writeGet(java, type, parameters, "", result);
  }

  private void writeGet(
      JavaText java, String type, String parameters, String whenNull, String result) {
    java.doc(doc);
    java.line("public final " + type + " get" + accessor + "(" + parameters + ") {");
    check(java);
    if (!whenNull.isEmpty()) {
      java.line("if (_pointerFieldIsNull(" + field.offset() + ")) {");
      java.line(whenNull + ";");
      java.line("}");
    }
    java.line("return " + result + ";");
    java.line("}");
  }

  /**
   * Returns what a builder does before it gives out a pointer that isn't set: the runtime has no
   * code for defaults and for lists there.
   */
  private String whenNull(String factory, boolean list) throws SchemaException {
    Wire value = field.defaultValue().pointer();
    String at = factory + ", " + field.offset() + ", ";
    if (value != null) {
      String reader = "new org.capnproto.AnyPointer.Reader(" + data.pointerDefault(node, value);
      return "_setPointerField(" + at + reader + ", 0x7fffffff).getAs(" + factory + "))";
    }
    return list ? "_initPointerField(" + at + "0)" : "";
  }

  private void writeSet(JavaText java, String generics, String parameters, String statement) {
    java.line("");
    java.line("public final " + generics + "void set" + accessor + "(" + parameters + ") {");
    setTag(java);
    if (!statement.isEmpty()) {
      java.line(statement + ";");
    }
    java.line("}");
  }

  private void writeInit(
      JavaText java, String generics, String type, String parameters, String result) {
    java.line("");
    java.line("public final " + generics + type + " init" + accessor + "(" + parameters + ") {");
    setTag(java);
    java.line("return " + result + ";");
    java.line("}");
  }

  private void writeGroup(JavaText java, boolean builder) throws SchemaException {
    String suffix = builder ? "Builder" : "Reader";
    List<String> parameters = types.parameters(node);
    String type =
        types.className(field.groupId())
            + "."
            + suffix
            + JavaTypes.angled(parameters, name -> name + "_" + suffix);
    StringBuilder factories = new StringBuilder();
    parameters.forEach(name -> factories.append(name).append("_Factory, "));
    String made =
        "new "
            + type
            + "("
            + factories
            + "segment, data, pointers, dataSize, pointerCount"
            + (builder ? ")" : ", nestingLimit)");
    java.doc(doc);
    java.line("public final " + type + " get" + accessor + "() {");
    java.line("return " + made + ";");
    java.line("}");
    if (builder) {
      java.line("");
      java.line("public final " + type + " init" + accessor + "() {");
      setTag(java);
      for (Slots.Slot slot : Slots.of(request, request.node(field.groupId()))) {
        java.line(slot.clear());
      }
      java.line("return " + made + ";");
      java.line("}");
    }
  }

  private void writePrimitive(JavaText java, boolean builder) throws SchemaException {
    Type type = field.type();
    String name = types.name(type, "");
    boolean isVoid = type == Type.Simple.VOID;
    String mask = mask();
    String accessed = JavaNames.title(name) + "Field(" + field.offset();
    if (type instanceof Type.EnumOf of) {
      java.doc(doc);
      java.line("public final " + name + " get" + accessor + "() {");
      check(java);
      writeEnumSwitch(java, "_getShortField(" + field.offset() + mask + ")", of, name);
      java.line("}");
    } else {
      writeGet(java, name, "", isVoid ? VOID + ".VOID" : "_get" + accessed + mask + ")");
    }
    if (builder) {
      String statement =
          type instanceof Type.EnumOf
              ? "_setShortField(" + field.offset() + ", (short) value.ordinal()" + mask + ")"
              : "_set" + accessed + ", value" + mask + ")";
      writeSet(java, "", name + " value", isVoid ? "" : statement);
    }
  }

  private void writeEnumSwitch(JavaText java, String value, Type.EnumOf type, String name)
      throws SchemaException {
    java.line("return switch (" + value + ") {");
    if (request.node(type.id()).body() instanceof Node.EnumType of) {
      for (int i = 0; i < of.enumerants().size(); i++) {
        // A short is compared, in which tags from 32,768 on are below zero.
        String constant = JavaNames.constant(of.enumerants().get(i).name());
        java.line("case " + (short) i + " -> " + name + "." + constant + ";");
      }
    }
    java.line("default -> " + name + "._NOT_IN_SCHEMA;");
    java.line("};");
  }

  /** Returns what a primitive's bits are combined with, as a further argument; empty for zero. */
  private String mask() {
    long bits = field.defaultValue().bits();
    if (bits == 0) {
      return "";
    }
    String mask =
        switch (field.type().bits()) {
          case 1 -> "true";
          case 8 -> "(byte) " + (byte) bits;
          case 16 -> "(short) " + (short) bits;
          case 32 -> Integer.toString((int) bits);
          default -> bits + "L";
        };
    return ", " + mask;
  }

  private void writeBlob(JavaText java, boolean builder) throws SchemaException {
    boolean text = field.type() == Type.Simple.TEXT;
    String reader = types.name(field.type(), "Reader");
    String built = types.name(field.type(), "Builder");
    String at = types.name(field.type(), "factory") + ", " + field.offset();
    String defaults = data.blobDefault(node, field.defaultValue().pointer(), text ? 1 : 0);
    writeHas(java);
    writeGet(java, builder ? built : reader, "", "_getPointerField(" + at + ", " + defaults + ")");
    if (builder) {
      writeSet(java, "", reader + " value", "_setPointerField(" + at + ", value)");
      writeSet(
          java,
          "",
          (text ? "java.lang.String" : "byte[]") + " value",
          "_setPointerField(" + at + ", new " + reader + "(value))");
      writeInit(java, "", built, "int size", "_initPointerField(" + at + ", size)");
    }
  }

  private void writeStruct(JavaText java, boolean builder) throws SchemaException {
    String reader = types.name(field.type(), "Reader");
    String built = types.name(field.type(), "Builder");
    String at = types.factory(field.type()) + ", " + field.offset();
    String defaults = data.pointerDefault(node, field.defaultValue().pointer());
    String whenNull = builder ? whenNull(types.factory(field.type()), false) : "";
    String got =
        "_getPointerField(" + at + ", " + (whenNull.isEmpty() ? defaults : "null, 0") + ")";
    writeHas(java);
    writeGet(java, builder ? built : reader, "", whenNull, got);
    if (builder) {
      if (types.isGeneric(field.type())) {
        writeGenericSet(java, built, reader);
      } else {
        writeSet(java, "", reader + " value", "_setPointerField(" + at + ", value)");
      }
      writeInit(java, "", built, "", "_initPointerField(" + at + ", 0)");
    }
  }

  /** A builder knows the builders of its parameters alone, so readers are a method's parameters. */
  private String methodGenerics(String suffix) throws SchemaException {
    String angled = JavaTypes.angled(types.parameters(node), name -> name + "_" + suffix);
    return angled.isEmpty() ? "" : angled + " ";
  }

  private void writeGenericSet(JavaText java, String built, String reader) throws SchemaException {
    writeSet(
        java,
        methodGenerics("Reader"),
        "org.capnproto.SetPointerBuilder<"
            + built
            + ", "
            + reader
            + "> factory, "
            + reader
            + " value",
        "_setPointerField(factory, " + field.offset() + ", value)");
  }

  private void writeList(JavaText java, boolean builder) throws SchemaException {
    String reader = types.name(field.type(), "Reader");
    String built = types.name(field.type(), "Builder");
    String own = builder ? built : reader;
    writeHas(java);
    if (types.isGeneric(field.type())) {
      String factory = "org.capnproto.ListFactory<" + built + ", " + reader + "> factory";
      String whenNull = builder ? whenNull("factory", true) : "";
      String defaults =
          builder ? "" : ", " + data.pointerDefault(node, field.defaultValue().pointer());
      writeGet(
          java,
          methodGenerics(builder ? "Reader" : "Builder") + own,
          factory,
          whenNull,
          "_getPointerField(factory, " + field.offset() + defaults + ")");
      if (builder) {
        writeGenericSet(java, built, reader);
        writeInit(
            java,
            methodGenerics("Reader"),
            built,
            factory + ", int size",
            "_initPointerField(factory, " + field.offset() + ", size)");
      }
      return;
    }
    String at = types.factory(field.type()) + ", " + field.offset();
    String defaults = data.pointerDefault(node, field.defaultValue().pointer());
    String whenNull = builder ? whenNull(types.factory(field.type()), true) : "";
    String got = "_getPointerField(" + at + ", " + (builder ? "null, 0" : defaults) + ")";
    writeGet(java, own, "", whenNull, got);
    if (builder) {
      writeSet(java, "", reader + " value", "_setPointerField(" + at + ", value)");
      writeInit(java, "", built, "int size", "_initPointerField(" + at + ", size)");
    }
  }

  private void writeAny(JavaText java, boolean builder) throws SchemaException {
    String reader = types.name(field.type(), "Reader");
    String built = types.name(field.type(), "Builder");
    String at = types.factory(field.type()) + ", " + field.offset();
    writeHas(java);
    writeGet(java, builder ? built : reader, "", "_getPointerField(" + at + ")");
    if (builder) {
      writeInit(java, "", built, "", "_initPointerField(" + at + ", 0)");
      writeInit(java, "", built, "int size", "_initPointerField(" + at + ", size)");
      if (field.type() instanceof Type.Parameter) {
        writeSet(
            java,
            "<" + reader + "> ",
            "org.capnproto.SetPointerBuilder<"
                + built
                + ", "
                + reader
                + "> factory, "
                + reader
                + " value",
            "_setPointerField(factory, " + field.offset() + ", value)");
      }
    }
  }
}
