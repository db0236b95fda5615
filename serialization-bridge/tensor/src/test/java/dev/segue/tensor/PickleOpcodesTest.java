package dev.segue.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each opcode that a checkpoint may have, as CPython's pickletools describe it. */
class PickleOpcodesTest {
  private static @Nullable Object read(Pickle pickle) throws TensorFormatException {
    return PyTorch.read(pickle.file(SegmentedBytes.empty()));
  }

  private static void assertReads(Object expected, Pickle pickle) throws TensorFormatException {
    assertEquals(expected, read(pickle));
  }

  private static void assertRefused(String why, Pickle pickle) {
    TensorFormatException refused = assertThrows(TensorFormatException.class, () -> read(pickle));
    String said = String.valueOf(refused.getMessage());
    assertTrue(said.contains(why), said);
  }

  private static Pickle pickle(int... opcodes) {
    return new Pickle().op(opcodes);
  }

  @Test
  void constantsAndNumbers() throws Exception {
    assertNull(read(pickle('N')));
    assertReads(true, pickle(0x88));
    assertReads(false, pickle(0x89));
    assertReads(-2L, pickle('J').int32(-2));
    assertReads(255L, pickle('K', 255));
    assertReads(0xFFFEL, pickle('M', 0xFE, 0xFF));
    assertReads(0L, pickle(0x8a, 0));
    assertReads(-1L, pickle(0x8a, 1, 0xFF));
    assertReads(0x0201L, pickle(0x8a, 2, 1, 2));
    assertReads(-0x7FFFL, pickle(0x8a, 2, 1, 0x80));
    assertReads(Long.MIN_VALUE, pickle(0x8a, 8, 0, 0, 0, 0, 0, 0, 0, 0x80));
    assertReads(BigInteger.ONE.shiftLeft(63), pickle(0x8a, 9, 0, 0, 0, 0, 0, 0, 0, 0x80, 0));
    assertReads(-0.5, pickle('G', 0xBF, 0xE0, 0, 0, 0, 0, 0, 0));
  }

  @Test
  void textsAndBytes() throws Exception {
    assertReads("n\u00e9", pickle('X').int32(3).raw("n\u00c3\u00a9"));
    assertReads("ab", pickle(0x8c, 2).raw("ab"));
    assertReads("ab", pickle(0x8d, 2, 0, 0, 0, 0, 0, 0, 0).raw("ab"));
    assertReads("ab", pickle('U', 2).raw("ab"));
    assertReads("ab", pickle('T').int32(2).raw("ab"));
    assertReads(SegmentedBytes.copyOfUtf8("ab"), pickle('C', 2).raw("ab"));
    assertReads(SegmentedBytes.copyOfUtf8("ab"), pickle('B').int32(2).raw("ab"));
    assertReads("x".repeat(200), pickle(0x8c, 200).raw("x".repeat(200)));
    assertReads(200L, pickle('C', 200).raw("x".repeat(200)).op('0', 'K', 200));
    assertRefused("not UTF-8", pickle(0x8c, 1, 0xFF));
    assertRefused("damaged", pickle('X').int32(-1));
    assertRefused("damaged", pickle(0x8d, 0, 0, 0, 0, 0, 0, 0, 0x80));
  }

  @Test
  void listsTuplesAndDictionaries() throws Exception {
    assertReads(List.of(), pickle(']'));
    assertReads(List.of(), pickle(')'));
    assertReads(Map.of(), pickle('}'));
    assertReads(Set.of(), pickle(0x8f));
    assertReads(List.of(1L), pickle(']', 'K', 1, 'a'));
    assertReads(List.of(1L, 2L, 3L), pickle(']', 'K', 1, 'a', '(', 'K', 2, 'K', 3, 'e'));
    assertReads(List.of(1L), pickle('K', 1, 0x85));
    assertReads(List.of(1L, 2L), pickle('K', 1, 'K', 2, 0x86));
    assertReads(List.of(1L, 2L, 3L), pickle('K', 1, 'K', 2, 'K', 3, 0x87));
    assertReads(List.of(1L, 2L), pickle('(', 'K', 1, 'K', 2, 't'));
    assertReads(Map.of(1L, 2L), pickle('}', 'K', 1, 'K', 2, 's'));
    assertReads(
        Map.of(1L, 2L, true, 4L, 0.0, 5L),
        pickle('}', '(', 'K', 1, 'K', 2, 0x88, 'K', 4, 'G', 0, 0, 0, 0, 0, 0, 0, 0, 'K', 5, 'u'));
    assertReads(Set.of(1L, 2L), pickle(0x8f, '(', 'K', 1, 'K', 2, 'K', 1, 0x90));
    assertReads(Arrays.asList((Object) null), pickle('N', 0x85));
    Pickle big = pickle('}', 0x8a, 9, 0, 0, 0, 0, 0, 0, 0, 0x80, 0, 'N', 's');
    assertEquals(
        Set.of(BigInteger.ONE.shiftLeft(63)), assertInstanceOf(Map.class, read(big)).keySet());
    List<?> tuple = assertInstanceOf(List.class, read(pickle('K', 1, 0x85)));
    assertThrows(UnsupportedOperationException.class, tuple::clear);
  }

  @Test
  void theStackAndTheMemo() throws Exception {
    assertReads(1L, pickle('K', 1, 'K', 2, '0'));
    assertReads(1L, pickle('K', 1, '(', 'K', 2, 'K', 3, '1'));
    assertReads(List.of(7L, 7L), pickle('K', 7, 'q', 200, 'h', 200, 0x86));
    assertReads(List.of(7L, 7L), pickle('K', 7, 'r').int32(300).op('j').int32(300).op(0x86));
    assertReads(
        List.of(7L, 8L, 8L, 7L), pickle('(', 'K', 7, 0x94, 'K', 8, 0x94, 'h', 1, 'h', 0, 't'));
    assertReads(Arrays.asList(null, null), pickle('N', 'q', 0, 'h', 0, 0x86));
    assertRefused("value=3 was not kept", pickle('h', 3));
    assertRefused("a value is missing", pickle('0'));
    assertRefused("a value is missing", pickle('(', '0'));
    assertRefused("a value is missing", pickle('q', 0));
    assertRefused("a value is missing", pickle('(', 'q', 0));
    assertRefused("a mark is missing", pickle('K', 1, 't'));
    assertRefused("a value is missing", pickle());
    // A frame of protocol 4 has a length and nothing that is needed.
    assertReads(1L, pickle(0x95, 3, 0, 0, 0, 0, 0, 0, 0, 'K', 1));
  }

  @Test
  void whatIsDoneToAnotherTypeIsRefused() {
    assertRefused("not a list", pickle(')', 'K', 1, 'a'));
    assertRefused("not a list", pickle('}', '(', 'K', 1, 'e'));
    assertRefused("not a set", pickle(']', '(', 'K', 1, 0x90));
    assertRefused("not a dictionary", pickle(']', 'K', 1, 'K', 1, 's'));
    assertRefused("not a dictionary", pickle('}', '(', 'K', 1, 'u'));
    assertRefused("a key is neither", pickle('}', ']', 'N', 's'));
    assertRefused("a key is neither", pickle('}', 'N', 'N', 's'));
    assertRefused("a key is neither", pickle(0x8f, '(', ')', 0x90));
    assertRefused("not a dictionary", pickle(']', 'N', 'b'));
    assertRefused("arguments are not a tuple", new Pickle().global("torch", "Size").op('N', 'R'));
    assertRefused("calls what can't be called", pickle('K', 1, ')', 'R'));
    assertRefused("calls what can't be called", pickle('N', ')', 'R'));
    assertRefused("opcode=0x69", pickle('i'));
    assertRefused("damaged", pickle('K', 1, 'K', 1, 0x93));
    assertRefused("damaged", pickle('N', 'N', 0x93));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 6, 255})
  void otherProtocolsAreRefused(int protocol) {
    assertRefused("protocol=" + protocol, pickle(0x80, protocol, 'N'));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 5})
  void protocolsOfCheckpointsAreRead(int protocol) throws Exception {
    assertReads(true, pickle(0x80, protocol, 0x88));
  }

  @Test
  void namesThatAreCalled() throws Exception {
    assertReads(Map.of(), new Pickle().global("collections", "OrderedDict").op(')', 'R'));
    assertReads(Map.of(), new Pickle().global("collections", "OrderedDict").op(')', 0x81));
    assertReads(
        Map.of(1L, 2L),
        new Pickle()
            .global("collections", "OrderedDict")
            .op(')', 'R', 'K', 1, 'K', 2, 's', '}', 'b'));
    for (String module : List.of("__builtin__", "builtins")) {
      assertReads(
          Set.of(1L, true, "a", 0.0),
          new Pickle()
              .global(module, "set")
              .op(']', '(', 'K', 1, 0x88, 'U', 1, 'a', 'G', 0, 0, 0, 0, 0, 0, 0, 0, 'e')
              .op(0x85, 'R'));
    }
    assertReads(
        List.of(2L, 3L), new Pickle().global("torch", "Size").op('K', 2, 'K', 3, 0x86, 0x85, 'R'));
    assertReads(
        SegmentedBytes.copyOf(new byte[] {(byte) 0xE9}),
        new Pickle().global("_codecs", "encode").text("\u00e9").text("latin1").op(0x86, 'R'));
    assertReads(ElementType.BFLOAT16, new Pickle().global("torch", "bfloat16"));
    // Protocol 4 has both names on the stack.
    assertReads(ElementType.FLOAT64, new Pickle().text("torch").text("float64").op(0x93));
    assertRefused("names torch.nothing", new Pickle().global("torch", "nothing"));
    assertRefused("names numpy.float32", new Pickle().global("numpy", "float32"));
    assertRefused("names numpy.FloatStorage", new Pickle().global("numpy", "FloatStorage"));
    assertRefused("a name is too long", new Pickle().global("x".repeat(257), "y"));
    assertRefused("names " + "x".repeat(120), new Pickle().global("x".repeat(256), "y"));
    assertRefused("names n\u00e9.y", new Pickle().global("n\u00c3\u00a9", "y"));
  }

  @Test
  void callsOfOtherArgumentsAreRefused() {
    assertRefused("a set has an element", set(']'));
    assertRefused("a set has an element", set('N'));
    assertRefused("argument 0 is not a List", new Pickle().global("builtins", "set").op(')', 'R'));
    assertRefused("argument 0 is not a List", new Pickle().global("torch", "Size").op(')', 'R'));
    assertRefused(
        "other than latin1",
        new Pickle().global("_codecs", "encode").text("a").text("utf8").op(0x86, 'R'));
    assertRefused(
        "argument 1 is not a String",
        new Pickle().global("_codecs", "encode").text("a").op(0x85, 'R'));
    assertRefused(
        "a storage of its own",
        new Pickle().global("torch.storage", "UntypedStorage").op(')', 'R'));
    assertRefused(
        "argument 0 is not a Tensor",
        new Pickle().global("torch._utils", "_rebuild_parameter").op('N', 0x85, 'R'));
    assertRefused(
        "argument 6 is not a ElementType",
        new Pickle().global("torch._utils", "_rebuild_tensor_v3").op(')', 'R'));
  }

  private static Pickle set(int element) {
    return new Pickle().global("builtins", "set").op(']', element, 'a', 0x85, 'R');
  }

  /** Whatever it ends in. */
  @Test
  void aPickleThatEndsTooEarlyIsRefused() {
    byte[] whole =
        new Pickle()
            .global("torch", "Size")
            .op('K', 2, 'M', 3, 0, 'J')
            .int32(4)
            .op(0x8a, 2, 1, 2, 'G', 0, 0, 0, 0, 0, 0, 0, 0)
            .text("abc")
            .op('(', 't', '.')
            .bytes()
            .copyToByteArray();
    List<String> said = new ArrayList<>();
    for (int length = 0; length < whole.length; length++) {
      SegmentedBytes cut =
          StoredZip.write(
              Map.of("a/data.pkl", SegmentedBytes.copyOf(Arrays.copyOf(whole, length))));
      TensorFormatException refused =
          assertThrows(TensorFormatException.class, () -> PyTorch.read(cut));
      said.add(String.valueOf(refused.getMessage()));
    }
    assertTrue(said.stream().allMatch(each -> each.contains("damaged")), said::toString);
  }
}
