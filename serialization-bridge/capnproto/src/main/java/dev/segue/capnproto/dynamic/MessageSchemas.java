package dev.segue.capnproto.dynamic;

import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.MessageView;
import dev.segue.capnproto.ReadLimits;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.capnproto.DecodeException;

/**
 * Compiled schemas, by which messages are read and written without generated classes.
 *
 * <p>They come as a {@code CodeGeneratorRequest} of Cap'n Proto's own schema.capnp: what {@code
 * capnp compile -o-} and {@code segue capnp compile --request} write, and what recordings carry.
 *
 * <pre>{@code
 * MessageSchemas schemas = MessageSchemas.fromRequest(request);
 * MessageType pose = schemas.type("robot.capnp:Pose");
 * System.out.println(pose.toText(view, MessageFormat.text()));
 * }</pre>
 *
 * <p>Owner: nobody, it has a copy of the request. Lifetime: a value. Threads: any.
 */
public final class MessageSchemas {
  private static final int MAX_WEIGHT = 1000;
  private static final int MAX_KNOWN_TYPES = 10_000;

  /**
   * A generic type has fields of its own for each binding. Where each level binds it again,
   * messages decide how many bindings there are; a schema by itself has fewer.
   */
  private static final int FEWEST_BOUND_FIELDS = 1 << 14;

  private static final int REQUEST_BYTES_FOR_A_BOUND_FIELD = 16;

  private static final OffHeapPool NOTHING_TO_GATHER = new OffHeapPool(4096);

  private final byte[] request;
  private final SegmentedBytes requestBytes;
  private final ByteBuffer[] segments;
  private final Map<Long, Declared> declarations;
  private final Set<Long> files;
  private final Map<StructType, StructType> known = new ConcurrentHashMap<>();
  private final AtomicLong boundFieldsLeft;

  private MessageSchemas(
      byte[] request, SegmentedBytes requestBytes, ByteBuffer[] segments, SchemaReader reader) {
    this.request = request;
    this.requestBytes = requestBytes;
    this.segments = segments;
    this.declarations = Map.copyOf(reader.declarations());
    this.files = Set.copyOf(reader.files());
    boundFieldsLeft =
        new AtomicLong(FEWEST_BOUND_FIELDS + request.length / REQUEST_BYTES_FOR_A_BOUND_FIELD);
  }

  /**
   * Reads a request, as a message in the stream framing. Copies it.
   *
   * @throws CapnProtoException if it isn't one
   */
  public static MessageSchemas fromRequest(byte[] request) throws CapnProtoException {
    ReadLimits limits = ReadLimits.defaults();
    // In one piece, in memory that the garbage collector frees: the view needs no end.
    SegmentedBytes copy = SegmentedBytes.copyOf(request);
    MessageView view = MessageView.of(copy, limits, NOTHING_TO_GATHER);
    // As many words as it has: pointers that share a target can't multiply declarations.
    long wordCount = copy.byteSize() / Long.BYTES;
    Words.Budget budget = new Words.Budget(wordCount + 1);
    return view.read(
        RootFactory.INSTANCE,
        _ -> {
          Words words = Words.of(view, budget, limits.nestingLimit());
          ByteBuffer[] segments = new ByteBuffer[view.segmentCount()];
          for (int i = 0; i < segments.length; i++) {
            segments[i] = words.segment(i);
          }
          return new MessageSchemas(
              request.clone(), copy, segments, SchemaReader.read(words.root(), wordCount));
        });
  }

  /**
   * Finds the type of a class that was generated from a schema, by the declarations that its file's
   * class carries, and those of the files that it imports.
   *
   * @param struct the class: {@code Frames.CameraFrame.class}
   * @throws IllegalArgumentException if it isn't such a class, or its module doesn't export its
   *     package
   */
  public static MessageType ofGenerated(Class<?> struct) {
    GeneratedSchemas generated = GeneratedSchemas.of(struct);
    ByteBuffer[] segments = generated.nodes();
    // Code of this program is trusted.
    Words words = new Words(segments, new Words.Budget(Long.MAX_VALUE), Integer.MAX_VALUE);
    Map<Long, StructAt> nodes = new LinkedHashMap<>();
    Set<Long> own = new HashSet<>();
    for (int i = 0; i < segments.length; i++) {
      StructAt node = words.struct(i, 0, 0);
      if (node != null) {
        // The same schema may have been generated twice, in several packages.
        nodes.putIfAbsent(node.int64(0), node);
        if (i < generated.ownCount()) {
          own.add(node.int64(0));
        }
      }
    }
    List<StructAt> all = List.copyOf(nodes.values());
    SchemaReader reader = SchemaReader.readNodes(all);
    byte[] request = RequestWriter.request(all);
    MessageSchemas schemas =
        new MessageSchemas(request, SegmentedBytes.copyOf(request), segments, reader);
    for (Map.Entry<Long, Declared> each : reader.declarations().entrySet()) {
      if (own.contains(each.getKey())
          && isStruct(each.getValue())
          && generated.isStruct(each.getValue().displayName())) {
        return schemas.message(each.getKey());
      }
    }
    throw new IllegalArgumentException(struct + " isn't a struct of its schema");
  }

  /** The request that these schemas are, to be published or recorded beside messages. A copy. */
  public byte[] toRequest() {
    return request.clone();
  }

  /**
   * Returns the request of {@link #toRequest}, always in the same memory, for publishing it beside
   * many topics. The garbage collector frees it.
   */
  public SegmentedBytes requestBytes() {
    return requestBytes;
  }

  /**
   * The structs of the files that the compiler was asked for, by name. Groups aren't among them.
   */
  public List<MessageType> types() {
    List<MessageType> types = new ArrayList<>();
    declarations.forEach(
        (id, declared) -> {
          if (isStruct(declared) && isInRequestedFile(declared)) {
            types.add(message(id));
          }
        });
    types.sort(Comparator.comparing(MessageType::name));
    return List.copyOf(types);
  }

  private MessageType message(long id) {
    return new MessageType(struct(id, Map.of()));
  }

  private static boolean isStruct(Declared declared) {
    return declared instanceof Declared.Struct struct && !struct.isGroup();
  }

  private boolean isInRequestedFile(Declared declared) {
    if (files.isEmpty()) {
      return true;
    }
    Declared at = declared;
    for (int i = 0; i < 64 && at instanceof Declared.Struct struct; i++) {
      if (files.contains(struct.scopeId())) {
        return true;
      }
      at = declarations.get(struct.scopeId());
    }
    return false;
  }

  /**
   * Finds a struct by its id.
   *
   * @return empty if there is none
   */
  public Optional<MessageType> find(long id) {
    Declared declared = declarations.get(id);
    return declared != null && isStruct(declared) ? Optional.of(message(id)) : Optional.empty();
  }

  /**
   * Finds a struct by its name: with its file ({@code robot.capnp:Outer.Inner}), without it ({@code
   * Outer.Inner}), or by its id ({@code @0x…}).
   *
   * @throws IllegalArgumentException if no struct or more than one has this name
   */
  public MessageType type(String name) {
    if (name.startsWith("@0x")) {
      return find(parseId(name))
          .orElseThrow(() -> new IllegalArgumentException("no struct has the id " + name));
    }
    List<MessageType> found = new ArrayList<>();
    declarations.forEach(
        (id, declared) -> {
          if (isStruct(declared) && isNamed(declared.displayName(), name)) {
            found.add(message(id));
          }
        });
    if (found.size() > 1) {
      found.removeIf(type -> !isInRequestedFile(declared(type.id())));
    }
    if (found.size() == 1) {
      return found.getFirst();
    }
    List<String> names =
        (found.isEmpty() ? types() : found).stream().map(MessageType::name).limit(20).toList();
    throw new IllegalArgumentException(
        (found.isEmpty() ? "no struct has the name " : "several structs have the name ")
            + name
            + ": there are "
            + String.join(", ", names));
  }

  private static long parseId(String name) {
    try {
      return Long.parseUnsignedLong(name.substring(3), 16);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("not an id: " + name, e);
    }
  }

  private static boolean isNamed(String displayName, String name) {
    return displayName.equals(name)
        || (displayName.endsWith(name)
            && displayName.charAt(displayName.length() - name.length() - 1) == ':');
  }

  /** The words of the schemas themselves, read at the expense of a message. */
  Words words(Words message) {
    return new Words(segments, message.budget(), message.nestingLimit());
  }

  Declared declared(long id) {
    Declared declared = declarations.get(id);
    if (declared == null) {
      throw new DecodeException("the schemas lack a declaration: @0x" + Long.toHexString(id));
    }
    return declared;
  }

  Declared.Struct declaredStruct(long id) {
    if (declared(id) instanceof Declared.Struct struct) {
      return struct;
    }
    throw new DecodeException("a declaration isn't a struct: " + declared(id).displayName());
  }

  /** Binds the parameters of a type. */
  ValueType bind(Declared.Written written, Map<Long, List<ValueType>> bindings) {
    ValueType type =
        switch (written) {
          case Declared.Plain plain -> plain.type();
          case Declared.ListOf list -> new ValueType.ListType(bind(list.element(), bindings));
          case Declared.EnumOf of -> enumType(of.id());
          case Declared.StructOf of -> struct(of.id(), bind(of.brand(), bindings));
          case Declared.Parameter parameter -> bound(parameter, bindings);
        };
    if (type.weight() > MAX_WEIGHT) {
      throw new DecodeException("a generic type grows beyond limit=" + MAX_WEIGHT);
    }
    return type;
  }

  private ValueType enumType(long id) {
    if (declared(id) instanceof Declared.EnumNames names) {
      return new ValueType.EnumType(names.displayName(), names.names());
    }
    throw new DecodeException("a declaration isn't an enum: " + declared(id).displayName());
  }

  private static ValueType bound(
      Declared.Parameter parameter, Map<Long, List<ValueType>> bindings) {
    List<ValueType> bound = bindings.getOrDefault(parameter.scopeId(), List.of());
    return parameter.index() < bound.size() ? bound.get(parameter.index()) : Scalar.ANY_POINTER;
  }

  private Map<Long, List<ValueType>> bind(
      List<Declared.Scope> brand, Map<Long, List<ValueType>> bindings) {
    Map<Long, List<ValueType>> inner = new HashMap<>();
    for (Declared.Scope scope : brand) {
      List<ValueType> types =
          scope.isInherited()
              ? bindings.getOrDefault(scope.id(), List.of())
              : scope.bindings().stream().map(binding -> bind(binding, bindings)).toList();
      if (!types.isEmpty()) {
        inner.put(scope.id(), types);
      }
    }
    return Map.copyOf(inner);
  }

  /** The one object of a type, so that its fields are worked out once. */
  StructType struct(long id, Map<Long, List<ValueType>> bindings) {
    StructType type = new StructType(this, id, bindings);
    // There are no more types without bindings than declarations.
    boolean isFull = !bindings.isEmpty() && known.size() >= MAX_KNOWN_TYPES;
    if (type.weight() > MAX_WEIGHT || isFull) {
      return known.getOrDefault(type, type);
    }
    StructType earlier = known.putIfAbsent(type, type);
    return earlier == null ? type : earlier;
  }

  /** Returns whether so many further fields of generic types have room. */
  boolean hasRoomForBound(long count) {
    return boundFieldsLeft.get() >= count;
  }

  /** Takes room for the fields of a generic type. */
  void takeBound(long count) {
    if (boundFieldsLeft.getAndUpdate(left -> left >= count ? left - count : left) < count) {
      throw new DecodeException(
          "the bindings of generic types have more fields together than there is room for: limit="
              + FEWEST_BOUND_FIELDS
              + " and one for each "
              + REQUEST_BYTES_FOR_A_BOUND_FIELD
              + " bytes of the schemas");
    }
  }
}
