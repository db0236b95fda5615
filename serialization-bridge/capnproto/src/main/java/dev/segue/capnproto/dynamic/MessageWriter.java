package dev.segue.capnproto.dynamic;

import java.util.List;
import org.capnproto.DecodeException;
import org.jspecify.annotations.Nullable;

/**
 * Shows values of messages as text. Which fields are shown is what {@code capnp convert} does: all
 * numbers, pointers that aren't null, and of a union the member that is set, in text not if it is
 * the first one and a null pointer. A null pointer that is shown is so as its default.
 */
final class MessageWriter {
  /** Groups add levels that the nesting limit doesn't count; so do defaults inside defaults. */
  private static final int MAX_LEVEL_COUNT = 512;

  /** A union's first member may be a struct that begins with the same union, and so on. */
  private static final int MAX_DEFAULT_COUNT = 8;

  /**
   * Null pointers aren't shown, so a list of structs without words whose type has thousands of
   * fields would take hours and a short text.
   */
  private static final int FIELDS_PER_CHAR = 64;

  private static final int SMALLEST_FIELD_COUNT = 1 << 20;

  private final MessageSchemas schemas;
  private final MessageFormat format;
  private final boolean isJson;
  private final TextBuilder text;
  private long fieldsLeft;
  private int level;
  private int defaultCount;

  MessageWriter(MessageSchemas schemas, MessageFormat format) {
    this.schemas = schemas;
    this.format = format;
    isJson = format.syntax() == MessageFormat.Syntax.JSON;
    text = new TextBuilder(isJson, format.maxCharCount());
    fieldsLeft = (long) FIELDS_PER_CHAR * format.maxCharCount() + SMALLEST_FIELD_COUNT;
  }

  String text() {
    return text.toString();
  }

  private void enter(char bracket) {
    level++;
    if (level > MAX_LEVEL_COUNT) {
      throw new DecodeException("values are nested too deep: limit=" + MAX_LEVEL_COUNT);
    }
    text.add(bracket);
  }

  private void leave(char bracket, boolean isOnItsOwnLine) {
    level--;
    if (isOnItsOwnLine && format.isIndented()) {
      text.line(level);
    }
    text.add(bracket);
  }

  private void separate(boolean isFirst, boolean isOnItsOwnLine) {
    if (!isFirst) {
      text.add(',');
    }
    if (isOnItsOwnLine && format.isIndented()) {
      text.line(level);
    } else if (!isFirst && !isJson) {
      text.add(' ');
    }
  }

  void write(StructType type, StructAt struct) {
    enter(isJson ? '{' : '(');
    int tag = type.tag(struct);
    List<Field> fields = type.fields().all();
    fieldsLeft -= fields.size();
    if (fieldsLeft < 0) {
      throw new DecodeException(
          "the message has too many fields to look at for maxCharCount=" + format.maxCharCount());
    }
    boolean isFirst = true;
    for (Field field : fields) {
      boolean isSet = field.isSet(struct);
      boolean isShown =
          field.member().isInUnion()
              ? field.member().discriminant() == tag && (isJson || isSet || tag != 0)
              : isSet;
      if (isShown) {
        separate(isFirst, true);
        isFirst = false;
        if (isJson) {
          text.add(field.jsonName()).add(format.isIndented() ? ": " : ":");
        } else {
          text.add(field.name()).add(" = ");
        }
        if (isSet) {
          write(field, struct);
        } else {
          writeDefault(field, struct);
        }
      }
    }
    leave(isJson ? '}' : ')', !isFirst);
  }

  private void writeDefault(Field field, StructAt struct) {
    if (defaultCount == MAX_DEFAULT_COUNT) {
      text.add(isJson ? "null" : "<null pointer>");
      return;
    }
    defaultCount++;
    write(field, struct);
    defaultCount--;
  }

  /** Shows the value of a field; where it is a null pointer, the default that the schema says. */
  void write(Field field, StructAt struct) {
    switch (field.type()) {
      case StructType type -> write(type, field.struct(struct, schemas));
      case ValueType.ListType type -> list(type, field.list(struct, schemas));
      case ValueType.EnumType type -> enumerant(type, field.bits(struct));
      case Scalar type -> {
        if (field.isPointer()) {
          pointer(type, field, struct);
        } else {
          number(type, field.bits(struct));
        }
      }
    }
  }

  private void pointer(Scalar type, Field field, StructAt struct) {
    switch (type) {
      case TEXT, DATA -> blob(type, field.list(struct, schemas));
      default -> opaque(struct.kind(field.member().offset()));
    }
  }

  private void blob(Scalar type, @Nullable ListAt list) {
    if (type == Scalar.TEXT) {
      if (list != null) {
        text.checkUtf8(list.textByteSize());
      }
      text.quoted(list == null ? new byte[0] : list.textBytes());
    } else {
      text.data(list == null ? ListAt.emptyBytes() : list, format);
    }
  }

  /** Shows that a pointer is there whose type nothing says. */
  private void opaque(int kind) {
    String what =
        switch (kind) {
          case -1 -> isJson ? "null" : "<null pointer>";
          case Words.STRUCT, Words.LIST -> "<opaque pointer>";
          default -> "<external capability>";
        };
    if (isJson && kind >= 0) {
      text.quotedJson(what);
    } else {
      text.add(what);
    }
  }

  private void enumerant(ValueType.EnumType type, long value) {
    if (value < type.names().size()) {
      String name = type.names().get((int) value);
      if (isJson) {
        text.quotedJson(name);
      } else {
        text.add(name);
      }
    } else if (isJson) {
      text.number(value);
    } else {
      text.add('(');
      text.number(value);
      text.add(')');
    }
  }

  private void number(Scalar type, long bits) {
    switch (type) {
      case VOID -> text.add(isJson ? "null" : "void");
      case BOOL -> text.add(bits == 0 ? "false" : "true");
      case INT64, UINT64 -> text.wide(type, bits);
      case FLOAT32, FLOAT64 -> text.real(type, bits);
      default -> text.number(type.extended(bits));
    }
  }

  private void list(ValueType.ListType type, @Nullable ListAt list) {
    ValueType element = type.element();
    enter('[');
    boolean isOnItsOwnLine = element instanceof StructType || element instanceof ValueType.ListType;
    int count = list == null ? 0 : list.count();
    int shown = isJson ? count : Math.min(count, format.maxElementCount());
    if (list != null) {
      checkElements(element, list);
      for (int i = 0; i < shown; i++) {
        separate(i == 0, isOnItsOwnLine);
        element(element, list, i);
      }
    }
    if (shown < count) {
      separate(shown == 0, isOnItsOwnLine);
      text.add("… ").add(Integer.toString(count - shown)).add(" more");
    }
    leave(']', isOnItsOwnLine && count > 0);
  }

  static void checkElements(ValueType element, ListAt list) {
    if (element instanceof StructType) {
      list.ofStructs();
    } else if (element.bits() < 0) {
      list.ofPointers();
    } else {
      list.ofBits(element.bits());
    }
  }

  /** Shows an element of a list whose elements were checked. */
  void element(ValueType type, ListAt list, int index) {
    switch (type) {
      case StructType struct -> write(struct, list.struct(index));
      case ValueType.ListType inner -> list(inner, list.list(index));
      case ValueType.EnumType names -> enumerant(names, list.bits(index, 16));
      case Scalar scalar -> element(scalar, list, index);
    }
  }

  private void element(Scalar type, ListAt list, int index) {
    switch (type) {
      case TEXT, DATA -> blob(type, list.list(index));
      case ANY_POINTER, CAPABILITY -> opaque(list.kind(index));
      default -> number(type, list.bits(index, type.bits()));
    }
  }
}
