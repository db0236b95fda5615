package dev.segue.capnproto.compiler;

import org.jspecify.annotations.Nullable;

/** Writes the value of a constant. */
final class ConstantCode {
  private final JavaGenerator generator;
  private final Node node;
  private final Type type;
  private final Value value;

  ConstantCode(JavaGenerator generator, Node node, Type type, Value value) {
    this.generator = generator;
    this.node = node;
    this.type = type;
    this.value = value;
  }

  String value() throws SchemaException {
    if (type instanceof Type.EnumOf of) {
      return enumerant(of);
    }
    if (type instanceof Type.Simple simple) {
      return switch (simple) {
        case VOID -> "org.capnproto.Void.VOID";
        case BOOL -> value.bits() == 0 ? "false" : "true";
        case INT8, UINT8 -> Byte.toString((byte) value.bits());
        case INT16, UINT16 -> Short.toString((short) value.bits());
        case INT32, UINT32 -> Integer.toString((int) value.bits());
        case INT64, UINT64 -> value.bits() + "L";
        case FLOAT32 -> real(Float.intBitsToFloat((int) value.bits()));
        case FLOAT64 -> real(Double.longBitsToDouble(value.bits()));
        case TEXT -> blob("Text", 1);
        case DATA -> blob("Data", 0);
      };
    }
    Wire target = value.pointer();
    if (target == null) {
      throw new SchemaException("a constant has no value: " + node.displayName());
    }
    return "new org.capnproto.AnyPointer.Reader("
        + generator.data().pointerDefault(node, target)
        + ", 0x7fffffff).getAs("
        + generator.types().factory(type)
        + ")";
  }

  private String blob(String kind, int trailing) throws SchemaException {
    @Nullable Wire target = value.pointer();
    return target == null
        ? "new org.capnproto." + kind + ".Reader()"
        : "new org.capnproto."
            + kind
            + ".Reader("
            + generator.data().blob(node, target, trailing)
            + ")";
  }

  private String enumerant(Type.EnumOf of) throws SchemaException {
    String constant = "_NOT_IN_SCHEMA";
    if (generator.request().node(of.id()).body() instanceof Node.EnumType body
        && value.bits() < body.enumerants().size()) {
      constant = JavaNames.constant(body.enumerants().get((int) value.bits()).name());
    }
    return generator.types().className(of.id()) + "." + constant;
  }

  private static String real(float value) {
    if (Float.isNaN(value)) {
      return "java.lang.Float.NaN";
    }
    if (Float.isInfinite(value)) {
      return "java.lang.Float." + (value < 0 ? "NEGATIVE" : "POSITIVE") + "_INFINITY";
    }
    return value + "f";
  }

  private static String real(double value) {
    if (Double.isNaN(value)) {
      return "java.lang.Double.NaN";
    }
    if (Double.isInfinite(value)) {
      return "java.lang.Double." + (value < 0 ? "NEGATIVE" : "POSITIVE") + "_INFINITY";
    }
    return Double.toString(value);
  }
}
