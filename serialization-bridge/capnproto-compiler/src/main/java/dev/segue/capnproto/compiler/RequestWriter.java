package dev.segue.capnproto.compiler;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Encodes nodes and requests as the structs of schema.capnp. */
final class RequestWriter {
  /** The version of the compiler in a request: the one whose schema.capnp this is. */
  private static final int MAJOR = 0;

  private static final int MINOR = 9;
  private static final int MICRO = 2;

  private RequestWriter() {}

  static byte[] message(CodeRequest request) {
    List<Wire.Struct> comments = new ArrayList<>();
    request.comments().forEach((id, of) -> comments.add(sourceInfo(id, of)));
    Wire.Struct version = new Wire.Struct(1, 0);
    version.int16(0, MAJOR).setBits(16, 8, MINOR);
    version.setBits(24, 8, MICRO);
    return WireWriter.message(
        new Wire.Struct(0, 4)
            .pointer(0, list(List.copyOf(request.nodes().values()), RequestWriter::node))
            .pointer(1, list(request.files(), RequestWriter::file))
            .pointer(2, version)
            .pointer(3, new Wire.Structs(comments)));
  }

  private static <T> Wire.Structs list(List<T> items, Function<T, Wire.Struct> encoder) {
    return new Wire.Structs(items.stream().map(encoder).toList());
  }

  private static <T> Wire.@Nullable Structs orNull(
      List<T> items, Function<T, Wire.Struct> encoder) {
    return items.isEmpty() ? null : list(items, encoder);
  }

  private static Wire.Struct named(String name) {
    return new Wire.Struct(0, 1).text(0, name);
  }

  private static Wire.Struct file(CodeRequest.File file) {
    return new Wire.Struct(1, 2)
        .int64(0, file.id())
        .text(0, file.name())
        .pointer(
            1,
            list(
                file.imports(),
                imported ->
                    new Wire.Struct(1, 1).int64(0, imported.id()).text(0, imported.name())));
  }

  private static Wire.Struct sourceInfo(long id, CodeRequest.Comments comments) {
    return new Wire.Struct(1, 2)
        .int64(0, id)
        .text(0, comments.node())
        .pointer(
            1, orNull(comments.members(), member -> new Wire.Struct(0, 1).text(0, member.text())));
  }

  static Wire.Struct node(Node node) {
    Wire.Struct struct =
        new Wire.Struct(5, 6)
            .int64(0, node.id())
            .text(0, node.displayName())
            .int32(8, Blobs.utf8ByteSize(node.displayName().substring(0, node.prefixLength())))
            .int64(16, node.scopeId())
            .bool(288, node.isGeneric())
            .pointer(
                1,
                isDeclared(node)
                    ? list(
                        node.nested(),
                        nested ->
                            new Wire.Struct(1, 1).int64(0, nested.id()).text(0, nested.name()))
                    : null)
            .pointer(2, orNull(node.annotations(), RequestWriter::annotation))
            .pointer(5, orNull(node.parameters(), RequestWriter::named));
    addBody(node.body(), struct);
    return struct;
  }

  /** Nothing is declared in groups and in the structs of methods. */
  private static boolean isDeclared(Node node) {
    return !(node.body() instanceof Node.Struct struct)
        || (!struct.isGroup() && node.scopeId() != 0);
  }

  private static void addBody(Node.Body body, Wire.Struct node) {
    if (body instanceof Node.Struct struct) {
      node.int16(12, 1)
          .int16(14, struct.dataWordCount())
          .int16(24, struct.pointerCount())
          .int16(26, Wire.COMPOSITE)
          .bool(224, struct.isGroup())
          .int16(30, struct.discriminantCount())
          .int32(32, struct.discriminantOffset())
          .pointer(3, orNull(struct.fields(), RequestWriter::field));
    } else if (body instanceof Node.EnumType of) {
      node.int16(12, 2)
          .pointer(
              3,
              list(
                  of.enumerants(),
                  enumerant ->
                      new Wire.Struct(1, 2)
                          .text(0, enumerant.name())
                          .int16(0, enumerant.codeOrder())
                          .pointer(1, orNull(enumerant.annotations(), RequestWriter::annotation))));
    } else if (body instanceof Node.Interface of) {
      node.int16(12, 3)
          .pointer(3, list(of.methods(), RequestWriter::method))
          .pointer(
              4,
              list(
                  of.superclasses(),
                  superclass ->
                      new Wire.Struct(1, 1)
                          .int64(0, superclass.id())
                          .pointer(0, brand(superclass.brand()))));
    } else if (body instanceof Node.Const of) {
      node.int16(12, 4).pointer(3, type(of.type())).pointer(4, value(of.value()));
    } else if (body instanceof Node.AnnotationType of) {
      node.int16(12, 5).pointer(3, type(of.type())).setBits(112, 16, of.targets());
    }
  }

  private static Wire.Struct field(Node.Field field) {
    Wire.Struct struct =
        new Wire.Struct(3, 4)
            .text(0, field.name())
            .int16(0, field.codeOrder())
            .pointer(1, orNull(field.annotations(), RequestWriter::annotation))
            .int16(2, field.discriminant() ^ Node.Field.NO_DISCRIMINANT);
    if (field.ordinal() >= 0) {
      struct.int16(10, 1).int16(12, field.ordinal());
    }
    if (field.isGroup()) {
      return struct.int16(8, 1).int64(16, field.groupId());
    }
    return struct
        .int32(4, field.offset())
        .pointer(2, type(field.type()))
        .pointer(3, value(field.defaultValue()))
        .bool(128, field.hadExplicitDefault());
  }

  private static Wire.Struct method(Node.Method method) {
    return new Wire.Struct(3, 5)
        .text(0, method.name())
        .int16(0, method.codeOrder())
        .int64(8, method.paramStructId())
        .int64(16, method.resultStructId())
        .pointer(1, orNull(method.annotations(), RequestWriter::annotation))
        .pointer(2, brand(method.paramBrand()))
        .pointer(3, brand(method.resultBrand()))
        .pointer(4, list(method.implicitParameters(), RequestWriter::named));
  }

  private static Wire.Struct annotation(Node.Annotation annotation) {
    return new Wire.Struct(1, 2)
        .int64(0, annotation.id())
        .pointer(0, value(annotation.value()))
        .pointer(
            1,
            annotation.brand().scopes().isEmpty()
                ? new Wire.Struct(0, 1)
                : brand(annotation.brand()));
  }

  private static Wire.@Nullable Struct brand(Type.Brand brand) {
    if (brand.scopes().isEmpty()) {
      return null;
    }
    return new Wire.Struct(0, 1).pointer(0, list(brand.scopes(), RequestWriter::scope));
  }

  private static Wire.Struct scope(Type.Scope scope) {
    Wire.Struct struct = new Wire.Struct(2, 1).int64(0, scope.id());
    if (scope.inherited()) {
      return struct.int16(8, 1);
    }
    return struct.pointer(
        0,
        list(scope.bindings(), type -> new Wire.Struct(1, 1).int16(0, 1).pointer(0, type(type))));
  }

  private static Wire.Struct type(Type type) {
    Wire.Struct struct = new Wire.Struct(3, 1).int16(0, type.tag());
    if (type instanceof Type.ListOf list) {
      struct.pointer(0, type(list.element()));
    } else if (type instanceof Type.EnumOf of) {
      struct.int64(8, of.id()).pointer(0, brand(of.brand()));
    } else if (type instanceof Type.StructOf of) {
      struct.int64(8, of.id()).pointer(0, brand(of.brand()));
    } else if (type instanceof Type.InterfaceOf of) {
      struct.int64(8, of.id()).pointer(0, brand(of.brand()));
    } else if (type instanceof Type.AnyPointer any) {
      struct.int16(10, any.kind());
    } else if (type instanceof Type.Parameter parameter) {
      struct.int16(8, 1).int16(10, parameter.index()).int64(16, parameter.scopeId());
    } else if (type instanceof Type.MethodParameter parameter) {
      struct.int16(8, 2).int16(10, parameter.index());
    }
    return struct;
  }

  private static Wire.Struct value(Value value) {
    Wire.Struct struct = new Wire.Struct(2, 1).int16(0, value.tag()).pointer(0, value.pointer());
    switch (value.tag()) {
      case 1 -> struct.setBits(16, 1, value.bits());
      case 2, 6 -> struct.setBits(16, 8, value.bits());
      case 3, 7, 15 -> struct.int16(2, (int) value.bits());
      case 4, 8, 10 -> struct.int32(4, value.bits());
      case 5, 9, 11 -> struct.int64(8, value.bits());
      default -> {}
    }
    return struct;
  }
}
