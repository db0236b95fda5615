package dev.segue.capnproto.dynamic;

import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.MessageView;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A path to one value in messages of a type: {@code pose.position.x}, {@code points[3].name}.
 *
 * <p>A value is absent where a member of a union isn't set or a list is shorter. Null pointers read
 * as their defaults, as with generated classes.
 *
 * <p>Lifetime: a value. Threads: any.
 */
public final class FieldPath {
  private final String path;
  private final StructType root;
  private final List<Step> steps;

  /** One step from a value to one inside it. */
  private sealed interface Step permits IntoField, IntoList {}

  private record IntoField(StructType of, Field field) implements Step {}

  private record IntoList(ValueType element, int index) implements Step {}

  /** The place of a value. */
  private sealed interface Place permits InStruct, InList {}

  private record InStruct(Field field, StructAt struct) implements Place {}

  private record InList(ValueType type, ListAt list, int index) implements Place {}

  private FieldPath(String path, StructType root, List<Step> steps) {
    this.path = path;
    this.root = root;
    this.steps = steps;
  }

  static FieldPath of(StructType root, String path) {
    List<Step> steps = new ArrayList<>();
    ValueType at = root;
    int next = 0;
    while (next < path.length()) {
      int end = next;
      if (path.charAt(next) == '[') {
        end = path.indexOf(']', next);
        if (!(at instanceof ValueType.ListType list) || end < 0) {
          throw new IllegalArgumentException(
              path + ": at " + next + ": an index in brackets follows a list alone");
        }
        steps.add(new IntoList(list.element(), index(path, next + 1, end)));
        at = list.element();
        end++;
      } else {
        while (end < path.length() && path.charAt(end) != '.' && path.charAt(end) != '[') {
          end++;
        }
        Field field = field(at, path, path.substring(next, end));
        steps.add(new IntoField((StructType) at, field));
        at = field.type();
      }
      boolean isDot = end < path.length() && path.charAt(end) == '.';
      if (isDot && end + 1 == path.length()) {
        throw new IllegalArgumentException(path + ": a field is missing behind the last point");
      }
      next = isDot ? end + 1 : end;
    }
    if (steps.isEmpty()) {
      throw new IllegalArgumentException("a path to a field is empty");
    }
    return new FieldPath(path, root, List.copyOf(steps));
  }

  private static int index(String path, int start, int end) {
    try {
      int index = Integer.parseUnsignedInt(path, start, end, 10);
      // Of 2^31 and more, which no list has.
      return index < 0 ? Integer.MAX_VALUE : index;
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(path + ": at " + start + ": expected an index", e);
    }
  }

  private static Field field(ValueType at, String path, String name) {
    if (!(at instanceof StructType type)) {
      throw new IllegalArgumentException(path + ": " + name + " follows something without fields");
    }
    Field field = type.fields().byName().get(name);
    if (field == null) {
      throw new IllegalArgumentException(
          path
              + ": "
              + type.name()
              + " has no field "
              + name
              + ": there are "
              + String.join(", ", type.fields().byName().keySet()));
    }
    return field;
  }

  /**
   * Shows the value as the format says. In Cap'n Proto's syntax a text stands without quotes and an
   * absent value is an empty text; in JSON it is {@code null}.
   *
   * @throws CapnProtoException as {@link MessageType#toText}
   * @throws IllegalStateException as {@link MessageType#toText}
   */
  public String toText(MessageView view, MessageFormat format) throws CapnProtoException {
    return view.read(RootFactory.INSTANCE, _ -> text(Words.of(view).root(), format));
  }

  private String text(StructAt message, MessageFormat format) {
    boolean isJson = format.syntax() == MessageFormat.Syntax.JSON;
    Place place = place(message);
    if (place == null) {
      return isJson ? "null" : "";
    }
    if (!isJson && type(place) == Scalar.TEXT) {
      ListAt list = blob(place);
      return list == null ? "" : new String(list.textBytes(), StandardCharsets.UTF_8);
    }
    MessageWriter writer = new MessageWriter(root.schemas(), format);
    switch (place) {
      case InStruct in -> writer.write(in.field, in.struct);
      case InList in -> writer.element(in.type, in.list, in.index);
    }
    return writer.text();
  }

  /**
   * Reads a number: a {@link Long}, a {@link BigInteger} for a {@code UInt64} that has no room in
   * one, or a {@link Double}; a truth value is 0 or 1, an enum its value.
   *
   * @return {@code null} if the value is absent or no number
   * @throws CapnProtoException as {@link MessageType#toText}
   * @throws IllegalStateException as {@link MessageType#toText}
   */
  public @Nullable Number number(MessageView view) throws CapnProtoException {
    return view.read(
            RootFactory.INSTANCE,
            _ -> Optional.<Number>ofNullable(number(place(Words.of(view).root()))))
        .orElse(null);
  }

  private static @Nullable Number number(@Nullable Place place) {
    if (place == null) {
      return null;
    }
    ValueType type = type(place);
    if (type.bits() <= 0) {
      return null;
    }
    long bits =
        switch (place) {
          case InStruct in -> in.field.bits(in.struct);
          case InList in -> in.list.bits(in.index, type.bits());
        };
    if (!(type instanceof Scalar scalar)) {
      return bits;
    }
    if (scalar.isFloat()) {
      return scalar.asDouble(bits);
    }
    return scalar == Scalar.UINT64 && bits < 0
        ? new BigInteger(Long.toUnsignedString(bits))
        : (Number) scalar.extended(bits);
  }

  private static ValueType type(Place place) {
    return switch (place) {
      case InStruct in -> in.field.type();
      case InList in -> in.type;
    };
  }

  private @Nullable ListAt blob(Place place) {
    return switch (place) {
      case InStruct in -> in.field.list(in.struct, root.schemas());
      case InList in -> in.list.list(in.index);
    };
  }

  private @Nullable Place place(StructAt message) {
    Place place = null;
    for (Step step : steps) {
      place =
          switch (step) {
            case IntoField into -> {
              StructAt struct = place == null ? message : struct(place);
              yield isMember(into, struct) ? new InStruct(into.field, struct) : null;
            }
            case IntoList into -> {
              ListAt list = place == null ? null : blob(place);
              if (list == null || into.index >= list.count()) {
                yield null;
              }
              MessageWriter.checkElements(into.element, list);
              yield new InList(into.element, list, into.index);
            }
          };
      if (place == null) {
        return null;
      }
    }
    return place;
  }

  private static boolean isMember(IntoField into, StructAt struct) {
    Declared.Member member = into.field.member();
    return !member.isInUnion() || member.discriminant() == into.of.tag(struct);
  }

  private StructAt struct(Place place) {
    return switch (place) {
      case InStruct in -> in.field.struct(in.struct, root.schemas());
      case InList in -> in.list.struct(in.index);
    };
  }

  @Override
  public String toString() {
    return path;
  }
}
