package dev.segue.capnproto.compiler;

import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** Writes the class of a struct or group: its sizes, its Factory, Builder and Reader. */
final class StructCode {
  static final String SIZE_CONSTANT = "STRUCT_SIZE";

  private static final String BUILDER_ARGUMENTS =
      "org.capnproto.SegmentBuilder segment, int data, int pointers, int dataSize, short pointerCount";
  private static final String READER_ARGUMENTS =
      "org.capnproto.SegmentReader segment, int data, int pointers, int dataSize, short pointerCount, int nestingLimit";
  private static final String BUILDER_VALUES = "segment, data, pointers, dataSize, pointerCount";
  private static final String READER_VALUES = BUILDER_VALUES + ", nestingLimit";

  private final JavaGenerator generator;
  private final JavaText java;
  private final Node node;
  private final Node.Struct struct;
  private final CodeRequest.Comments comments;
  private final List<String> parameters;
  private final String builders;
  private final String readers;
  private final String both;
  private final String factories;

  StructCode(JavaGenerator generator, JavaText java, Node node) throws SchemaException {
    this.generator = generator;
    this.java = java;
    this.node = node;
    struct = (Node.Struct) node.body();
    comments = generator.comments(node);
    parameters = generator.types().parameters(node);
    builders = JavaTypes.angled(parameters, name -> name + "_Builder");
    readers = JavaTypes.angled(parameters, name -> name + "_Reader");
    both = JavaTypes.angled(parameters, name -> name + "_Builder, " + name + "_Reader");
    factories = parameters.stream().map(name -> name + "_Factory, ").collect(Collectors.joining());
  }

  void write() throws SchemaException {
    String name = generator.names().simple(node.id());
    java.doc(comments.node());
    java.line("public static class " + name + " {");
    java.line("public " + name + "() {}");
    java.line("");
    java.line(
        "public static final org.capnproto.StructSize STRUCT_SIZE = new org.capnproto.StructSize((short) "
            + (short) struct.dataWordCount()
            + ", (short) "
            + (short) struct.pointerCount()
            + ");");
    java.line("");
    writeFactory(name);
    java.line("");
    writeBuilder(name);
    java.line("");
    writeReader();
    writeWhich();
    generator.writeNested(java, node);
    java.line("}");
  }

  private String factoryParameters() {
    return parameters.stream()
        .map(name -> pointerFactory(name + "_Builder, " + name + "_Reader", name))
        .collect(Collectors.joining(", "));
  }

  private static String pointerFactory(String arguments, String name) {
    return "org.capnproto.PointerFactory<" + arguments + "> " + name + "_Factory";
  }

  private void assignFactories() {
    for (String parameter : parameters) {
      java.line("this." + parameter + "_Factory = " + parameter + "_Factory;");
    }
  }

  private void writeFactory(String name) {
    java.line(
        "public static final class Factory"
            + both
            + " extends org.capnproto.StructFactory<Builder"
            + builders
            + ", Reader"
            + readers
            + "> {");
    for (String parameter : parameters) {
      java.line(
          "final "
              + pointerFactory(parameter + "_Builder, " + parameter + "_Reader", parameter)
              + ";");
    }
    java.line("");
    java.line("public Factory(" + factoryParameters() + ") {");
    assignFactories();
    java.line("}");
    method("Reader" + readers + " constructReader(" + READER_ARGUMENTS + ")");
    java.line("return new Reader" + readers + "(" + factories + READER_VALUES + ");");
    java.line("}");
    method("Builder" + builders + " constructBuilder(" + BUILDER_ARGUMENTS + ")");
    java.line("return new Builder" + builders + "(" + factories + BUILDER_VALUES + ");");
    java.line("}");
    method("org.capnproto.StructSize structSize()");
    java.line("return " + name + ".STRUCT_SIZE;");
    java.line("}");
    method("Reader" + readers + " asReader(Builder" + builders + " builder)");
    java.line("return builder.asReader(" + (parameters.isEmpty() ? "" : "this") + ");");
    java.line("}");
    java.line("}");
    java.line("");
    if (parameters.isEmpty()) {
      java.line("public static final Factory factory = new Factory();");
      java.line("");
      java.line(
          "public static final org.capnproto.StructList.Factory<Builder, Reader> listFactory =");
      java.line("    new org.capnproto.StructList.Factory<Builder, Reader>(factory);");
    } else {
      java.line(
          "public static final "
              + both
              + " Factory"
              + both
              + " newFactory("
              + factoryParameters()
              + ") {");
      String arguments =
          parameters.stream().map(each -> each + "_Factory").collect(Collectors.joining(", "));
      java.line("return new Factory" + both + "(" + arguments + ");");
      java.line("}");
    }
  }

  private void method(String signature) {
    java.line("");
    java.line("@java.lang.Override");
    java.line("public final " + signature + " {");
  }

  /** Writes the fields and the constructor of a Builder or Reader, up to its first method. */
  private void open(String name, String generics, String superclass, boolean builder) {
    java.line(
        "public static final class "
            + name
            + generics
            + " extends org.capnproto."
            + superclass
            + " {");
    StringBuilder arguments = new StringBuilder();
    for (String parameter : parameters) {
      String bound = builder ? parameter + "_Builder, ?" : "?, " + parameter + "_Reader";
      java.line("final " + pointerFactory(bound, parameter) + ";");
      arguments.append(pointerFactory(bound, parameter)).append(", ");
    }
    if (!parameters.isEmpty()) {
      java.line("");
    }
    java.line(name + "(" + arguments + (builder ? BUILDER_ARGUMENTS : READER_ARGUMENTS) + ") {");
    java.line("super(" + (builder ? BUILDER_VALUES : READER_VALUES) + ");");
    assignFactories();
    java.line("}");
    writeWhichMethod();
  }

  private void writeBuilder(String name) throws SchemaException {
    open("Builder", builders, "StructBuilder", true);
    java.line("");
    String generics = readers.isEmpty() ? "" : readers + " ";
    String factory = parameters.isEmpty() ? "" : name + ".Factory" + both + " factory";
    String own =
        parameters.stream()
            .map(each -> "factory." + each + "_Factory, ")
            .collect(Collectors.joining());
    java.line("public final " + generics + "Reader" + readers + " asReader(" + factory + ") {");
    java.line("return new Reader" + readers + "(" + own + BUILDER_VALUES + ", 0x7fffffff);");
    java.line("}");
    writeFields(true);
    java.line("}");
  }

  private void writeReader() throws SchemaException {
    open("Reader", readers, "StructReader", false);
    writeFields(false);
    java.line("}");
  }

  private void writeFields(boolean builder) throws SchemaException {
    for (int i = 0; i < struct.fields().size(); i++) {
      Node.Field field = struct.fields().get(i);
      if (generator.isSupported(node, field)) {
        new FieldCode(generator, node, field, comments.member(i)).write(java, builder);
      }
    }
  }

  private List<Node.Field> unionFields() {
    return struct.fields().stream()
        .filter(Node.Field::isInUnion)
        .sorted(Comparator.comparingInt(Node.Field::discriminant))
        .toList();
  }

  private void writeWhichMethod() {
    if (struct.discriminantCount() == 0) {
      return;
    }
    java.line("");
    java.line("public Which which() {");
    java.line("return switch (_getShortField(" + struct.discriminantOffset() + ")) {");
    for (Node.Field field : unionFields()) {
      java.line(
          "case "
              + (short) field.discriminant()
              + " -> Which."
              + JavaNames.constant(field.name())
              + ";");
    }
    java.line("default -> Which._NOT_IN_SCHEMA;");
    java.line("};");
    java.line("}");
  }

  private void writeWhich() {
    if (struct.discriminantCount() == 0) {
      return;
    }
    java.line("");
    java.line("public enum Which {");
    for (Node.Field field : unionFields()) {
      java.line(JavaNames.constant(field.name()) + ",");
    }
    java.line("_NOT_IN_SCHEMA,");
    java.line("}");
  }
}
