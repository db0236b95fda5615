package dev.segue.capnproto.dynamic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.util.Locale;
import org.capnproto.Data;
import org.capnproto.Text;
import org.jspecify.annotations.Nullable;

/** Reads and builds messages by the accessors of their generated classes. */
@SuppressWarnings("EnumOrdinal") // it is what stands in a message
final class GeneratedAccess {
  private final GeneratedClasses classes;

  GeneratedAccess(GeneratedClasses classes) {
    this.classes = classes;
  }

  /** Shows what a Reader's or Builder's accessors return as the dynamic reader's JSON does. */
  String json(StructType type, Object accessors) throws ReflectiveOperationException {
    TextBuilder json = new TextBuilder(true, Integer.MAX_VALUE);
    struct(type, accessors, json);
    return json.toString();
  }

  private void struct(StructType type, Object accessors, TextBuilder json)
      throws ReflectiveOperationException {
    json.add("{");
    boolean isFirst = true;
    int tag = tag(type, accessors);
    for (Field field : type.fields().all()) {
      String name = title(field.name());
      boolean isSet = !field.isPointer() || (boolean) call(accessors, "has" + name);
      if (field.member().isInUnion()) {
        boolean isMember = field.member().discriminant() == tag;
        assertEquals(isMember, call(accessors, "is" + name), field.name());
        if (!isMember) {
          assertFalse(field.isPointer() && isSet, field.name());
          continue;
        }
      } else if (!isSet) {
        continue;
      }
      json.add(isFirst ? "" : ",").add(field.jsonName()).add(":");
      isFirst = false;
      value(field.type(), get(field, accessors), json);
    }
    json.add("}");
  }

  private static int tag(StructType type, Object accessors) throws ReflectiveOperationException {
    return type.fields().declared().discriminantCount() == 0
        ? Declared.Member.NO_DISCRIMINANT
        : ((Enum<?>) call(accessors, "which")).ordinal();
  }

  /** Calls the getter; that of a list of a generic type takes a factory. */
  Object get(Field field, Object accessors) throws ReflectiveOperationException {
    String name = "get" + title(field.name());
    return find(accessors, name, 0) != null
        ? call(accessors, name)
        : call(accessors, name, classes.factory((ValueType.ListType) field.type()));
  }

  /** Shows a value that a getter returned. */
  void value(ValueType type, Object value, TextBuilder json) throws ReflectiveOperationException {
    switch (type) {
      case StructType of -> struct(of, value, json);
      case ValueType.ListType list -> {
        int count = (int) call(value, "size");
        json.add("[");
        for (int i = 0; i < count; i++) {
          json.add(i == 0 ? "" : ",");
          // A Builder's list of nothing has no getter.
          boolean isVoid = list.element() == Scalar.VOID;
          value(list.element(), isVoid ? "" : call(value, "get", i), json);
        }
        json.add("]");
      }
      case ValueType.EnumType names -> {
        Enum<?> of = (Enum<?>) value;
        String name = names.names().get(of.ordinal());
        assertEquals(name.toUpperCase(Locale.ROOT), of.name());
        json.quotedJson(name);
      }
      case Scalar scalar -> scalar(scalar, value, json);
    }
  }

  private static void scalar(Scalar type, Object value, TextBuilder json) {
    switch (type) {
      case VOID -> json.add("null");
      case BOOL -> json.add(value.toString());
      case INT8, INT16, INT32 -> json.number(((Number) value).longValue());
      case UINT8, UINT16, UINT32 ->
          json.number(((Number) value).longValue() & (-1L >>> (Long.SIZE - type.bits())));
      case INT64, UINT64 -> json.wide(type, (long) value);
      case FLOAT32 ->
          json.real(type, Integer.toUnsignedLong(Float.floatToRawIntBits((float) value)));
      case FLOAT64 -> json.real(type, Double.doubleToRawLongBits((double) value));
      case TEXT -> json.quotedJson(value.toString());
      case DATA -> {
        ByteBuffer bytes =
            value instanceof Data.Reader reader
                ? reader.asByteBuffer()
                : ((Data.Builder) value).asByteBuffer();
        json.add("[");
        for (String separator = ""; bytes.hasRemaining(); separator = ",") {
          json.add(separator).number(bytes.get() & 0xff);
        }
        json.add("]");
      }
      case ANY_POINTER, CAPABILITY -> throw new AssertionError("no values of these: " + type);
    }
  }

  /** Sets each field of a Builder that a Reader has, one by one. */
  void copy(StructType type, Object reader, Object builder) throws ReflectiveOperationException {
    int tag = tag(type, reader);
    for (Field field : type.fields().all()) {
      String name = title(field.name());
      boolean isInUnion = field.member().isInUnion();
      boolean isSet = !field.isPointer() || (boolean) call(reader, "has" + name);
      if (isInUnion ? field.member().discriminant() != tag : !isSet) {
        continue;
      }
      Object value = get(field, reader);
      switch (field.type()) {
        case StructType of -> {
          boolean isGot = field.isGroup() && !isInUnion;
          copy(of, value, call(builder, (isGot ? "get" : "init") + name));
        }
        case ValueType.ListType list -> {
          int count = (int) call(value, "size");
          Object own =
              find(builder, "init" + name, 1) != null
                  ? call(builder, "init" + name, count)
                  : call(builder, "init" + name, classes.factory(list), count);
          copy(list, value, own, count);
        }
        case Scalar scalar when scalar == Scalar.TEXT || scalar == Scalar.DATA ->
            blob(value, call(builder, "init" + name, (int) call(value, "size")));
        default -> call(builder, "set" + name, value);
      }
    }
  }

  private void copy(ValueType.ListType list, Object from, Object to, int count)
      throws ReflectiveOperationException {
    for (int i = 0; i < count; i++) {
      Object value = call(from, "get", i);
      switch (list.element()) {
        case StructType of -> copy(of, value, call(to, "get", i));
        case ValueType.ListType inner -> {
          int innerCount = (int) call(value, "size");
          copy(inner, value, call(to, "init", i, innerCount), innerCount);
        }
        case Scalar scalar when scalar == Scalar.VOID -> {}
        default -> call(to, "set", i, value);
      }
    }
  }

  private static void blob(Object from, Object to) {
    if (from instanceof Text.Reader text) {
      ((Text.Builder) to).asByteBuffer().put(text.asByteBuffer());
    } else {
      ((Data.Builder) to).asByteBuffer().put(((Data.Reader) from).asByteBuffer());
    }
  }

  private static String title(String name) {
    return name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
  }

  private static Object call(Object target, String name, Object... arguments)
      throws ReflectiveOperationException {
    Method method = find(target, name, arguments.length);
    if (method == null) {
      throw new AssertionError(target.getClass() + " has no " + name + "/" + arguments.length);
    }
    return method.invoke(target, arguments);
  }

  private static @Nullable Method find(Object target, String name, int count) {
    for (Method method : target.getClass().getMethods()) {
      if (method.getName().equals(name)
          && method.getParameterCount() == count
          && !method.isBridge()) {
        return method;
      }
    }
    return null;
  }
}
