package dev.segue.capnproto.compiler;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Evaluates expressions that stand in one scope. */
final class Values {
  private final Scope scope;
  private final Names names;

  Values(Scope scope, Names names) {
    this.scope = scope;
    this.names = names;
  }

  void problem(Span span, String message) {
    scope.problem(span, message);
  }

  private @Nullable Literal fail(Span span, String message) {
    scope.problem(span, message);
    return null;
  }

  private Program program() {
    return scope.module().program();
  }

  private StructDraft struct(long id) {
    return program().scope(id).translator().struct();
  }

  private String describe(Type type) {
    if (type instanceof Type.Simple simple) {
      return Builtin.of(simple).word();
    }
    if (type instanceof Type.ListOf list) {
      return "List(" + describe(list.element()) + ")";
    }
    if (type instanceof Type.StructOf of) {
      return program().scope(of.id()).declaration().name.text();
    }
    if (type instanceof Type.EnumOf of) {
      return program().scope(of.id()).declaration().name.text();
    }
    return type instanceof Type.AnyPointer any ? Builtin.of(any).word() : "a capability";
  }

  /** Returns the value of a type; after an error the type's zero. */
  Value value(Expression source, Type type) {
    Value value = evaluate(source, type);
    return value == null ? Value.zero(type) : value;
  }

  private @Nullable Value evaluate(Expression source, Type type) {
    program().step();
    if (type instanceof Type.Parameter || type instanceof Type.MethodParameter) {
      problem(
          source.span(), "a value can't be given here: its type is a parameter that isn't bound");
      return null;
    }
    Literal literal = literal(source, type);
    if (literal == null) {
      return null;
    }
    Value value = fit(literal, type, source.span());
    if (value == null) {
      problem(source.span(), "expected " + describe(type) + ", found " + literal.describe());
    } else if (program().sizes().of(value.pointer()).isTooLarge()) {
      problem(
          source.span(),
          "the value is too large: limits are "
              + Sizes.MAX_WORD_COUNT
              + " words and "
              + Sizes.MAX_DEPTH
              + " levels");
      return null;
    }
    return value;
  }

  /** Returns {@code null} where a literal isn't of a type. */
  private @Nullable Value fit(Literal literal, Type type, Span span) {
    int tag = type.tag();
    if (literal instanceof Literal.VoidValue) {
      return type == Type.Simple.VOID ? Value.VOID : null;
    }
    if (literal instanceof Literal.Bool bool) {
      return type == Type.Simple.BOOL ? new Value(tag, bool.value() ? 1 : 0, null) : null;
    }
    if (literal instanceof Literal.Whole whole) {
      return type instanceof Type.Simple simple ? fit(whole, simple, span) : null;
    }
    if (literal instanceof Literal.Real real) {
      return type instanceof Type.Simple simple && simple.isFloat()
          ? real(simple, real.value(), (float) real.value())
          : null;
    }
    if (literal instanceof Literal.Text text) {
      return type == Type.Simple.TEXT ? new Value(tag, 0, Blobs.text(text.value().array())) : null;
    }
    if (literal instanceof Literal.Data data) {
      return type == Type.Simple.DATA ? new Value(tag, 0, Blobs.data(data.value().array())) : null;
    }
    if (literal instanceof Literal.Enumerant enumerant) {
      return type instanceof Type.EnumOf of && of.id() == enumerant.enumId()
          ? new Value(tag, enumerant.ordinal(), null)
          : null;
    }
    Literal.Pointer pointer = (Literal.Pointer) literal;
    boolean fits = pointer.type().equals(type) || fitsAny(pointer.type(), type);
    return fits ? new Value(tag, 0, pointer.target()) : null;
  }

  private static boolean fitsAny(Type found, Type wanted) {
    if (!(wanted instanceof Type.AnyPointer any)) {
      return false;
    }
    return switch (any.kind()) {
      case Type.AnyPointer.ANY_KIND -> true;
      case Type.AnyPointer.LIST -> found instanceof Type.ListOf;
      case Type.AnyPointer.STRUCT -> found instanceof Type.StructOf;
      default -> false;
    };
  }

  private @Nullable Value fit(Literal.Whole whole, Type.Simple type, Span span) {
    if (type.isFloat()) {
      double value = whole.negative() ? whole.bits() : unsignedToDouble(whole.bits());
      float single = whole.negative() ? whole.bits() : unsignedToFloat(whole.bits());
      return real(type, value, single);
    }
    if (!type.isInteger()) {
      return null;
    }
    int bits = type.bits();
    long limit = bits == 64 ? -1 : (1L << bits) - 1;
    boolean fits;
    if (whole.negative()) {
      fits = type.isSigned() && whole.bits() >= -1L << (bits - 1);
    } else {
      fits = Long.compareUnsigned(whole.bits(), type.isSigned() ? limit >>> 1 : limit) <= 0;
    }
    if (!fits) {
      problem(span, "the number doesn't fit " + Builtin.of(type).word());
    }
    return new Value(type.tag(), whole.bits() & limit, null);
  }

  private static double unsignedToDouble(long bits) {
    return new BigDecimal(Long.toUnsignedString(bits)).doubleValue();
  }

  private static float unsignedToFloat(long bits) {
    return new BigDecimal(Long.toUnsignedString(bits)).floatValue();
  }

  private static Value real(Type.Simple type, double value, float single) {
    long bits =
        type == Type.Simple.FLOAT32
            ? Integer.toUnsignedLong(Float.floatToRawIntBits(single))
            : Double.doubleToRawLongBits(value);
    return new Value(type.tag(), bits, null);
  }

  private @Nullable Literal literal(Expression source, Type type) {
    if (source instanceof Expression.Int number) {
      boolean tooLow =
          number.negative() && number.magnitude() < 0 && number.magnitude() != Long.MIN_VALUE;
      if (tooLow) {
        return fail(source.span(), "the number is too far below zero");
      }
      long bits = number.negative() ? -number.magnitude() : number.magnitude();
      return new Literal.Whole(bits, number.negative() && bits != 0);
    }
    if (source instanceof Expression.Real number) {
      return new Literal.Real(number.value());
    }
    if (source instanceof Expression.Text text) {
      return type == Type.Simple.DATA
          ? new Literal.Data(text.value())
          : new Literal.Text(text.value());
    }
    if (source instanceof Expression.Hex hex) {
      return new Literal.Data(hex.value());
    }
    if (source instanceof Expression.Items items) {
      return type instanceof Type.ListOf list
          ? new Literal.Pointer(type, list(items, list.element()))
          : fail(source.span(), "expected " + describe(type) + ", found a list");
    }
    if (source instanceof Expression.Tuple tuple) {
      return type instanceof Type.StructOf of
          ? new Literal.Pointer(type, struct(tuple, of))
          : fail(source.span(), "expected " + describe(type) + ", found a struct");
    }
    if (source instanceof Expression.Embed embed) {
      return embed(embed, type);
    }
    if (source instanceof Expression.Relative name) {
      Literal known = known(name.name(), type);
      if (known != null) {
        return known;
      }
    }
    return constant(source);
  }

  private @Nullable Literal known(String name, Type type) {
    if (type instanceof Type.EnumOf of) {
      int ordinal = program().scope(of.id()).translator().enumerant(name);
      return ordinal < 0 ? null : new Literal.Enumerant(of.id(), ordinal);
    }
    return switch (name) {
      case "void" -> new Literal.VoidValue();
      case "true" -> new Literal.Bool(true);
      case "false" -> new Literal.Bool(false);
      case "nan" -> new Literal.Real(Double.NaN);
      case "inf" -> new Literal.Real(Double.POSITIVE_INFINITY);
      default -> null;
    };
  }

  private @Nullable Literal constant(Expression source) {
    Branded found = names.find(source, GenericMethod.NONE);
    if (found == null) {
      return null;
    }
    Resolved.Target target = found.target();
    if (target == null || target.scope() == null || !target.is(Declaration.Kind.CONST)) {
      return fail(
          source.span(),
          "expected a value, found '" + source.describe() + "', which isn't a constant");
    }
    Scope constant = target.scope();
    if (source instanceof Expression.Relative relative) {
      Scope parent = Objects.requireNonNull(constant.parent());
      String qualified = parent.declaration().name.text() + "." + relative.name();
      return fail(
          source.span(),
          "a constant's name must be qualified here: write '" + qualified + "' if that is meant");
    }
    Type type = substitute(constant.translator().type(), names.brand(found));
    Value value = constant.translator().value();
    if (type instanceof Type.EnumOf of) {
      return new Literal.Enumerant(of.id(), (int) value.bits());
    }
    return type instanceof Type.Simple simple
        ? simple(simple, value)
        : new Literal.Pointer(type, value.pointer());
  }

  private static Literal simple(Type.Simple type, Value value) {
    return switch (type) {
      case VOID -> new Literal.VoidValue();
      case BOOL -> new Literal.Bool(value.bits() != 0);
      case FLOAT32 -> new Literal.Real(Float.intBitsToFloat((int) value.bits()));
      case FLOAT64 -> new Literal.Real(Double.longBitsToDouble(value.bits()));
      case TEXT -> new Literal.Text(bytes(value.pointer(), 1));
      case DATA -> new Literal.Data(bytes(value.pointer(), 0));
      default -> whole(type, value.bits());
    };
  }

  private static Bytes bytes(@Nullable Wire pointer, int trailing) {
    return new Bytes(
        pointer instanceof Wire.Scalars list
            ? Arrays.copyOf(list.data(), list.count() - trailing)
            : new byte[0]);
  }

  private static Literal whole(Type.Simple type, long bits) {
    int unused = 64 - type.bits();
    long value = type.isSigned() ? bits << unused >> unused : bits;
    return new Literal.Whole(value, type.isSigned() && value < 0);
  }

  private @Nullable Literal embed(Expression.Embed source, Type type) {
    byte[] bytes = scope.module().embed(source.path());
    if (bytes == null) {
      return null;
    }
    if (type == Type.Simple.TEXT) {
      return new Literal.Text(new Bytes(bytes));
    }
    if (type == Type.Simple.DATA) {
      return new Literal.Data(new Bytes(bytes));
    }
    if (!(type instanceof Type.StructOf)) {
      return fail(
          source.span(),
          "a file can be embedded as Text, Data or a struct, not as " + describe(type));
    }
    try {
      return new Literal.Pointer(type, WireReader.readRoot(bytes));
    } catch (WireException e) {
      return fail(source.span(), "the file isn't a message: " + e.getMessage());
    }
  }

  private Wire list(Expression.Items source, Type element) {
    int count = source.elements().size();
    if (element instanceof Type.StructOf of) {
      StructDraft draft = struct(of.id());
      List<Wire.Struct> structs = new ArrayList<>();
      for (Expression item : source.elements()) {
        Wire found = value(item, element).pointer();
        structs.add(
            found instanceof Wire.Struct struct
                ? struct
                : new Wire.Struct(draft.dataWordCount, draft.pointerCount));
      }
      return new Wire.Structs(structs);
    }
    if (element.isPointer()) {
      Wire.Pointers list = new Wire.Pointers(count);
      for (int i = 0; i < count; i++) {
        list.set(i, value(source.elements().get(i), element).pointer());
      }
      return list;
    }
    Wire.Scalars list = Wire.Scalars.zeros(element.elementSize(), count);
    for (int i = 0; i < count; i++) {
      list.set(i, value(source.elements().get(i), element).bits());
    }
    return list;
  }

  private Wire struct(Expression.Tuple source, Type.StructOf type) {
    StructDraft draft = struct(type.id());
    Wire.Struct struct = new Wire.Struct(draft.dataWordCount, draft.pointerCount);
    fill(struct, draft, source.arguments(), type, program().scope(type.id()).translator().values());
    return struct;
  }

  /** Sets the fields that are given; {@code own} evaluates defaults, which stand in the struct. */
  private void fill(
      Wire.Struct struct,
      StructDraft draft,
      List<Expression.Argument> arguments,
      Type.StructOf type,
      Values own) {
    for (Expression.Argument argument : arguments) {
      Expression.Name name = argument.name();
      if (name == null) {
        problem(argument.value().span(), "expected a field's name and '='");
        continue;
      }
      FieldDraft field = draft.field(name.text());
      if (field == null) {
        problem(name.span(), "the struct has no field '" + name.text() + "'");
        continue;
      }
      if (field.isInUnion()) {
        struct.setBits(draft.discriminantOffset * 16L, 16, field.discriminant);
      }
      if (field.group == null) {
        set(struct, field, argument.value(), substitute(field.type, type.brand()), own);
      } else if (argument.value() instanceof Expression.Tuple tuple) {
        fill(struct, field.group, tuple.arguments(), type, own);
      } else {
        problem(argument.value().span(), "expected the fields of a group in parentheses");
      }
    }
  }

  private void set(Wire.Struct struct, FieldDraft field, Expression source, Type type, Values own) {
    Value value = evaluate(source, type);
    if (value == null) {
      return;
    }
    if (field.type.isPointer()) {
      struct.setPointer((int) field.offset, value.pointer());
    } else if (type.bits() > 0) {
      long bits = value.bits() ^ field.value(own).bits();
      struct.setBits(field.offset * type.bits(), type.bits(), bits);
    }
  }

  /** Replaces the parameters of generic declarations by what a brand binds them to. */
  private static Type substitute(Type type, Type.Brand brand) {
    if (type instanceof Type.Parameter parameter) {
      for (Type.Scope scope : brand.scopes()) {
        if (scope.id() == parameter.scopeId()) {
          boolean bound = !scope.inherited() && parameter.index() < scope.bindings().size();
          return bound ? scope.bindings().get(parameter.index()) : type;
        }
      }
      return Type.AnyPointer.ANY;
    }
    if (type instanceof Type.ListOf list) {
      return new Type.ListOf(substitute(list.element(), brand));
    }
    return type instanceof Type.StructOf of
        ? new Type.StructOf(of.id(), substitute(of.brand(), brand))
        : type;
  }

  private static Type.Brand substitute(Type.Brand inner, Type.Brand brand) {
    List<Type.Scope> scopes = new ArrayList<>();
    for (Type.Scope scope : inner.scopes()) {
      if (!scope.inherited()) {
        List<Type> bindings =
            scope.bindings().stream().map(type -> substitute(type, brand)).toList();
        scopes.add(new Type.Scope(scope.id(), false, bindings));
      } else {
        brand.scopes().stream().filter(own -> own.id() == scope.id()).forEach(scopes::add);
      }
    }
    return scopes.isEmpty() ? Type.Brand.NONE : new Type.Brand(scopes);
  }

  List<Node.Annotation> annotations(List<Declaration.Use> uses, Declaration.Target target) {
    List<Node.Annotation> annotations = new ArrayList<>();
    for (Declaration.Use use : uses) {
      Node.Annotation annotation = annotation(use, target);
      if (annotation != null) {
        annotations.add(annotation);
      }
    }
    return annotations;
  }

  private Node.@Nullable Annotation annotation(Declaration.Use use, Declaration.Target target) {
    Span span = use.name().span();
    Branded found = names.find(use.name(), GenericMethod.NONE);
    if (found == null) {
      return null;
    }
    Resolved.Target resolved = found.target();
    if (resolved == null || resolved.scope() == null || !resolved.is(Declaration.Kind.ANNOTATION)) {
      problem(span, "expected an annotation, found '" + use.name().describe() + "'");
      return null;
    }
    Scope declared = resolved.scope();
    if ((declared.declaration().targets & target.bit()) == 0) {
      problem(span, "'" + use.name().describe() + "' can't be applied here");
    }
    Type.Brand brand = names.brand(found);
    Type type = substitute(declared.translator().type(), brand);
    Value value = Value.VOID;
    if (use.value() != null) {
      value = value(use.value(), type);
    } else if (type != Type.Simple.VOID) {
      problem(span, "'" + use.name().describe() + "' needs a value: " + describe(type));
    }
    return new Node.Annotation(declared.id(), brand, value);
  }
}
