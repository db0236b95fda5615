package dev.segue.tensor;

import dev.segue.bytes.BytesReader;
import dev.segue.bytes.SegmentedBytes;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a pickle of Python and builds nothing but plain values and what its {@link Builder} makes:
 * no class is looked up, no code runs. Opcodes that a checkpoint has no use for are refused.
 *
 * <p>Source: the opcodes' descriptions in CPython's pickletools, protocols 2 to 5. The machine has
 * no recursion, and what it builds is bounded by sixteen times the pickle's size and 256 MiB, but
 * for what its {@link Builder} makes beside objects of a few words.
 */
final class Unpickler {
  /** Makes what is not a plain value. */
  interface Builder {
    /** A name that a pickle calls; an exception if it is none of those that are known. */
    Object global(String module, String name) throws TensorFormatException;

    /** Calls a known name with its arguments. */
    Object call(Object callable, List<@Nullable Object> arguments, Budget budget)
        throws TensorFormatException;

    /** Returns an object that lies outside the pickle. */
    Object persistent(@Nullable Object id, Budget budget) throws TensorFormatException;
  }

  /** The limits of a pickle, in memory and in time: it names one value as often as it likes. */
  interface Budget {
    /**
     * Takes so many bytes that are made, or looked at again.
     *
     * @throws TensorFormatException if there are no more
     */
    void spend(long byteSize) throws TensorFormatException;

    /** Takes what a key or an element costs: its text is compared with others. */
    default void spendOnKey(Object key) throws TensorFormatException {
      spend(OBJECT_BYTE_SIZE + (key instanceof String text ? text.length() : 0));
    }
  }

  private static final Object MARK = new Object();
  private static final int DEPTH_LIMIT = 1 << 20;

  /** The approximate heap that its values may take: so much, and so many times its size. */
  private static final long SPARE_BYTE_SIZE = 256L << 20;

  private static final int LARGEST_RATIO = 16;
  private static final int OBJECT_BYTE_SIZE = 64;
  private static final int REFERENCE_BYTE_SIZE = 8;

  private final BytesReader reader;
  private final Builder builder;
  private final long builtByteSizeLimit;
  private long builtByteSize;
  private final List<@Nullable Object> stack = new ArrayList<>();
  private final Map<Integer, @Nullable Object> memo = new HashMap<>();

  private Unpickler(SegmentedBytes pickle, Builder builder) {
    this.reader = pickle.reader();
    this.builder = builder;
    this.builtByteSizeLimit = SPARE_BYTE_SIZE + LARGEST_RATIO * pickle.byteSize();
  }

  static @Nullable Object read(SegmentedBytes pickle, Builder builder)
      throws TensorFormatException {
    Unpickler unpickler = new Unpickler(pickle, builder);
    try {
      return unpickler.run();
    } catch (IndexOutOfBoundsException | ClassCastException e) {
      throw unpickler.bad("it is damaged");
    }
  }

  private TensorFormatException bad(String what) {
    return new TensorFormatException(
        "pickle at byteOffset=" + reader.positionByteOffset() + ": " + what);
  }

  private @Nullable Object run() throws TensorFormatException {
    while (true) {
      int opcode = Byte.toUnsignedInt(reader.readByte());
      if (opcode == '.') {
        return pop();
      }
      step(opcode);
      spend(REFERENCE_BYTE_SIZE);
      if (stack.size() > DEPTH_LIMIT) {
        throw bad("its stack has more than " + DEPTH_LIMIT + " values");
      }
    }
  }

  private void spend(long byteSize) throws TensorFormatException {
    builtByteSize += byteSize;
    if (builtByteSize > builtByteSizeLimit) {
      throw bad("its values have more than byteSize=" + builtByteSizeLimit);
    }
  }

  private void step(int opcode) throws TensorFormatException {
    switch (opcode) {
      case 0x80 -> protocol();
      case 0x95 -> reader.skip(Long.BYTES);
      case '(' -> push(MARK);
      case '0' -> pop();
      case '1' -> marked();
      case 'N' -> push(null);
      case 0x88 -> push(true);
      case 0x89 -> push(false);
      case 'J' -> pushNew((long) reader.readInt());
      case 'K' -> push((long) uint8());
      case 'M' -> pushNew((long) Short.toUnsignedInt(reader.readShort()));
      case 0x8a -> pushNew(integer(uint8()));
      case 'G' -> pushNew(Double.longBitsToDouble(Long.reverseBytes(reader.readLong())));
      case 'X' -> pushNew(text(uint32()));
      case 0x8c -> pushNew(text(uint8()));
      case 0x8d -> pushNew(text(reader.readLong()));
      case 'U' -> pushNew(text(uint8()));
      case 'T' -> pushNew(text(uint32()));
      case 'C' -> pushNew(reader.readSlice(uint8()));
      case 'B' -> pushNew(reader.readSlice(uint32()));
      case ']' -> pushNew(new ArrayList<>());
      case '}' -> pushNew(new LinkedHashMap<>());
      case 0x8f -> pushNew(new LinkedHashSet<>());
      case ')' -> push(List.of());
      case 't' -> pushNew(Collections.unmodifiableList(marked()));
      case 0x85 -> tuple(1);
      case 0x86 -> tuple(2);
      case 0x87 -> tuple(3);
      default -> change(opcode);
    }
  }

  private void change(int opcode) throws TensorFormatException {
    switch (opcode) {
      case 'a' -> append(Collections.singletonList(pop()));
      case 'e' -> append(marked());
      case 0x90 -> addItems(marked());
      case 's' -> {
        Object value = pop();
        Object key = pop();
        setItems(Arrays.asList(key, value));
      }
      case 'u' -> setItems(marked());
      case 'q' -> keep(uint8());
      case 'r' -> keep(reader.readInt());
      case 0x94 -> keep(memo.size());
      case 'h' -> recall(uint8());
      case 'j' -> recall(reader.readInt());
      case 'c' -> pushNew(builder.global(line(), line()));
      case 0x93 -> {
        String name = string(pop());
        pushNew(builder.global(string(pop()), name));
      }
      case 'Q' -> pushNew(builder.persistent(pop(), this::spend));
      case 'R', 0x81 -> {
        List<@Nullable Object> arguments = list(pop());
        Object callable = pop();
        spend(2 * OBJECT_BYTE_SIZE);
        pushNew(builder.call(callable == null ? "None" : callable, arguments, this::spend));
      }
      // The state of an ordered dictionary: attributes, which are not part of its content.
      case 'b' -> {
        pop();
        if (!(peek() instanceof Map)) {
          throw bad("it sets the state of something that is not a dictionary");
        }
      }
      default -> throw bad("opcode=0x" + Integer.toHexString(opcode) + " is not for checkpoints");
    }
  }

  private void protocol() throws TensorFormatException {
    int protocol = uint8();
    if (protocol < 2 || protocol > 5) {
      throw bad("protocol=" + protocol + ", 2 to 5 are known");
    }
  }

  private void push(@Nullable Object value) {
    stack.add(value);
  }

  /** Counts a value that is made. */
  private void pushNew(Object value) {
    builtByteSize += value instanceof Long || value instanceof Double ? 16 : OBJECT_BYTE_SIZE;
    push(value);
  }

  private void keep(int index) throws TensorFormatException {
    builtByteSize += OBJECT_BYTE_SIZE;
    memo.put(index, peek());
  }

  private @Nullable Object pop() throws TensorFormatException {
    if (stack.isEmpty() || MARK.equals(stack.getLast())) {
      throw bad("a value is missing");
    }
    return stack.removeLast();
  }

  private @Nullable Object peek() throws TensorFormatException {
    if (stack.isEmpty() || MARK.equals(stack.getLast())) {
      throw bad("a value is missing");
    }
    return stack.getLast();
  }

  /** All down to the last mark, which goes as well. */
  private List<@Nullable Object> marked() throws TensorFormatException {
    int mark = stack.lastIndexOf(MARK);
    if (mark < 0) {
      throw bad("a mark is missing");
    }
    List<@Nullable Object> above = stack.subList(mark + 1, stack.size());
    List<@Nullable Object> values = new ArrayList<>(above);
    above.clear();
    stack.removeLast();
    return values;
  }

  private void tuple(int count) throws TensorFormatException {
    List<@Nullable Object> values = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      values.add(pop());
    }
    Collections.reverse(values);
    pushNew(Collections.unmodifiableList(values));
  }

  @SuppressWarnings("unchecked")
  private void append(List<@Nullable Object> values) throws TensorFormatException {
    if (!(peek() instanceof ArrayList<?> list)) {
      throw bad("it appends to something that is not a list");
    }
    ((List<@Nullable Object>) list).addAll(values);
  }

  @SuppressWarnings("unchecked")
  private void addItems(List<@Nullable Object> values) throws TensorFormatException {
    if (!(peek() instanceof LinkedHashSet<?> set)) {
      throw bad("it adds to something that is not a set");
    }
    for (Object value : values) {
      boolean _ = ((Set<Object>) set).add(key(value));
    }
  }

  @SuppressWarnings("unchecked")
  private void setItems(List<@Nullable Object> pairs) throws TensorFormatException {
    if (!(peek() instanceof LinkedHashMap<?, ?> map) || pairs.size() % 2 != 0) {
      throw bad("it sets items of something that is not a dictionary");
    }
    for (int i = 0; i < pairs.size(); i += 2) {
      Object _ = ((Map<Object, @Nullable Object>) map).put(key(pairs.get(i)), pairs.get(i + 1));
    }
  }

  /** Keys are plain: what can contain itself has no hash. */
  private Object key(@Nullable Object value) throws TensorFormatException {
    Object key =
        switch (value) {
          case String s -> s;
          case Long l -> l;
          case Double d -> d;
          case Boolean b -> b;
          case BigInteger b -> b;
          case null, default -> throw bad("a key is neither text nor a number");
        };
    Budget budget = this::spend;
    budget.spendOnKey(key);
    return key;
  }

  private void recall(int index) throws TensorFormatException {
    if (!memo.containsKey(index)) {
      throw bad("value=" + index + " was not kept");
    }
    push(memo.get(index));
  }

  private static String string(@Nullable Object value) {
    return String.class.cast(Objects.requireNonNullElse(value, 0));
  }

  @SuppressWarnings("unchecked")
  private List<@Nullable Object> list(@Nullable Object value) throws TensorFormatException {
    if (value instanceof List<?> list) {
      return (List<@Nullable Object>) list;
    }
    throw bad("arguments are not a tuple");
  }

  private int uint8() {
    return Byte.toUnsignedInt(reader.readByte());
  }

  private long uint32() {
    return Integer.toUnsignedLong(reader.readInt());
  }

  private String text(long byteSize) throws TensorFormatException {
    return EncodedName.decoded("PyTorch", reader.readSlice(byteSize));
  }

  private Object integer(int byteSize) {
    byte[] bytes = reader.readSlice(byteSize).copyToByteArray();
    for (int i = 0; i < bytes.length / 2; i++) {
      byte swapped = bytes[i];
      bytes[i] = bytes[bytes.length - 1 - i];
      bytes[bytes.length - 1 - i] = swapped;
    }
    BigInteger value = bytes.length == 0 ? BigInteger.ZERO : new BigInteger(bytes);
    return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
  }

  private String line() throws TensorFormatException {
    StringBuilder line = new StringBuilder();
    for (byte b = reader.readByte(); b != '\n'; b = reader.readByte()) {
      line.append((char) (b & 0xFF));
      if (line.length() > 256) {
        throw bad("a name is too long");
      }
    }
    return new String(
        line.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
  }
}
