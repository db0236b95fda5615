package dev.segue.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Headers of safetensors, as others write them and as nobody may. Quotes are written as '. */
class SafetensorsFileTest {
  private static final String A = "'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4]}";

  private static SegmentedBytes file(String header, int elementByteSize) {
    byte[] json = header.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    ByteBuffer file =
        ByteBuffer.allocate(8 + json.length + elementByteSize).order(ByteOrder.LITTLE_ENDIAN);
    return SegmentedBytes.copyOf(file.putLong(json.length).put(json).array());
  }

  private static String refusal(SegmentedBytes file) {
    TensorFormatException refused =
        assertThrows(TensorFormatException.class, () -> Safetensors.read(file));
    return String.valueOf(refused.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{" + A + "}",
        " {\t'a' : { 'shape':[ 4 ] ,'data_offsets': [0 , 4], 'dtype':\r\n'U8' } }  ",
        "{'__metadata__':{}," + A + "}",
        "{" + A + ",'__metadata__':{'k':'v'}}"
      })
  void aHeaderIsJson(String header) throws Exception {
    Tensor tensor = Safetensors.read(file(header, 4)).get("a");
    assertEquals(
        Tensor.of(ElementType.UINT8, new long[] {4}, SegmentedBytes.copyOf(new byte[4])), tensor);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[]|no '{'",
        "{'a'}|no ':'",
        "{'a':3}|no '{'",
        "{3:4}|no '\"'",
        "{'a':{}}|lacks",
        "{'a':{'dtype':'U8','shape':[4]}}|lacks",
        "{'a':{'dtype':'U8','data_offsets':[0,4]}}|lacks",
        "{'a':{'shape':[4],'data_offsets':[0,4]}}|lacks",
        "{'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4,4]}}|lacks",
        "{'a':{'dtype':'U8','shape':[4],'data_offsets':[4]}}|lacks",
        "{'a':{'dtype':'u8','shape':[4],'data_offsets':[0,4]}}|dtype=u8 is not known",
        "{'a':{'x':'U8'}}|a tensor has x",
        "{'a':{'shape':[4,]}}|a number is none",
        "{'a':{'shape':[4 4]}}|no ']'",
        "{'a':{'shape':[-4]}}|a number is none",
        "{'a':{'shape':[4.0]}}|no ']'",
        "{'a':{'shape':[0000000000000000004]}}|a number is none",
        "{'a':{'shape':4}}|no '['",
        "{'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4]} 'b'}|no '}'",
        "{'a|it ends too early",
        "{'a\\|it ends too early",
        "{'a\\u00|it ends too early",
        "{'a\\u00g0':{}}|an escape is none",
        "{'a\\u-001':{}}|an escape is none",
        "{'a\\u\u0661111':{}}|an escape is none",
        "{'a\\x':{}}|an escape is none",
        "{'a\u0001':{}}|a control character",
        "{'__metadata__':{'k':'v','k':'w'}}|has k twice",
        "{'__metadata__':{'k':3}}|no '\"'",
        "{'__metadata__':{},'__metadata__':{}}|twice",
        "{'__metadata__':[]}|no '{'",
        "{} {}|something follows"
      })
  void whatIsNotAHeaderIsRefusedAndNamed(String header, String why) {
    String said = refusal(file(header, 4));
    assertTrue(said.contains(why), said);
  }

  @Test
  void twoTensorsOfOneNameAreRefused() {
    assertTrue(refusal(file("{" + A + "," + A + "}", 4)).contains("two tensors are named a"));
  }

  @Test
  void escapesAreThoseOfJson() throws Exception {
    Map<String, String> metadata =
        Safetensors.metadata(
            file(
                "{'__metadata__':{'\\'\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u00EF\\ud83d\\ude00':' '}}",
                0));
    assertEquals(Map.of("\"\\/\b\f\n\r\t\u00e9\u00ef\ud83d\ude00", " "), metadata);
    assertThrows(UnsupportedOperationException.class, metadata::clear);
  }

  @Test
  void whatIsQuotedComesBack() throws Exception {
    StringBuilder all = new StringBuilder();
    for (char c = 0; c < 0x180; c++) {
      all.append(c);
    }
    Map<String, String> metadata = Map.of(all.toString(), "", "b", all.toString());
    SegmentedBytes file = Safetensors.write(Map.of(), metadata);
    assertEquals(metadata, Safetensors.metadata(file));
    assertTrue(file.copyToUtf8String().contains("\\u001f !\\\"#"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0,4|4,4|4", // an empty one between
        "4,6|0,4|6", // in another order
        "0,0|0,6|6"
      })
  void tensorsLieBehindEachOther(String first, String second, int byteSize) throws Exception {
    Map<String, Tensor> read = Safetensors.read(file(two(first, second), byteSize));
    assertEquals(2, read.size());
    assertEquals(size(first), Objects.requireNonNull(read.get("a")).elementCount());
    assertEquals(size(second), Objects.requireNonNull(read.get("b")).elementCount());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0,4|5,6|6|begin=5 end=6, the one before ends at 4",
        "0,4|3,6|6|begin=3",
        "1,4|4,6|6|begin=1",
        "0,4|4,7|6|begin=4 end=7",
        "0,4|4,6|7|the tensors end at 6, the file at 7",
        "0,4|4,6|5|begin=4 end=6",
        "0,4|4,3|4|begin=4 end=3"
      })
  void tensorsWithHolesOrOverlapsAreRefused(String first, String second, int byteSize, String why) {
    String said = refusal(file(two(first, second), byteSize));
    assertTrue(said.contains(why), said);
  }

  private static long size(String range) {
    String[] ends = range.split(",", -1);
    return Math.max(0, Long.parseLong(ends[1]) - Long.parseLong(ends[0]));
  }

  private static String two(String first, String second) {
    return "{'a':{'dtype':'U8','shape':["
        + size(first)
        + "],'data_offsets':["
        + first
        + "]},'b':{'dtype':'I8','shape':["
        + size(second)
        + "],'data_offsets':["
        + second
        + "]}}";
  }

  @Test
  void aShapeThatAsksForAnotherSizeIsRefused() {
    String header = "{'a':{'dtype':'U8','shape':[3],'data_offsets':[0,4]}}";
    assertTrue(refusal(file(header, 4)).contains("tensor a: "));
    String huge = "{'a':{'dtype':'U8','shape':[999999999999999999,99],'data_offsets':[0,4]}}";
    assertTrue(refusal(file(huge, 4)).contains("tensor a: "));
  }

  @Test
  void aHeaderThatTheFileHasNoRoomForIsRefused() throws Exception {
    assertTrue(refusal(SegmentedBytes.copyOf(new byte[7])).contains("too short: byteSize=7"));
    assertTrue(refusal(SegmentedBytes.copyOf(new byte[8])).contains("headerByteSize=0"));
    assertEquals(Map.of(), Safetensors.read(file("{}", 0)));
    byte[] one = file("{}", 0).copyToByteArray();
    one[0] = 1;
    assertTrue(refusal(SegmentedBytes.copyOf(one)).contains("headerByteSize=1,"));
    one[0] = 3;
    assertTrue(refusal(SegmentedBytes.copyOf(one)).contains("from 2 to 2"));
    one[7] = (byte) 0x80;
    assertTrue(refusal(SegmentedBytes.copyOf(one)).contains("headerByteSize=9223372036854775811"));
    assertEquals(100_000_000, Safetensors.checkHeaderByteSize(100_000_000, Long.MAX_VALUE));
    assertThrows(
        TensorFormatException.class,
        () -> Safetensors.checkHeaderByteSize(100_000_001, Long.MAX_VALUE));
  }

  /** So that all are aligned: the elements begin at a multiple of 64, those of many bytes first. */
  @Test
  void largeElementsComeFirst() throws Exception {
    for (int length = 0; length < 70; length++) {
      Map<String, Tensor> state = new LinkedHashMap<>();
      state.put("x".repeat(length), tensor(ElementType.UINT8, 3));
      state.put("two", tensor(ElementType.FLOAT16, 3));
      state.put("eight", tensor(ElementType.INT64, 3));
      state.put("also two", tensor(ElementType.INT16, 5));
      byte[] file = Safetensors.write(state).copyToByteArray();
      long headerByteSize = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
      assertEquals(0, (8 + headerByteSize) % 64);
      assertTrue(headerByteSize < 400, "headerByteSize=" + headerByteSize);
      Map<String, Tensor> read = Safetensors.read(SegmentedBytes.copyOf(file));
      assertEquals(state, read);
      assertEquals(
          List.of("eight", "two", "also two", "x".repeat(length)), List.copyOf(read.keySet()));
    }
  }

  private static Tensor tensor(ElementType type, int count) {
    byte[] bytes = new byte[count * type.byteSize()];
    java.util.Arrays.fill(bytes, (byte) count);
    return Tensor.of(type, new long[] {count}, SegmentedBytes.copyOf(bytes));
  }

  @Test
  void aHeaderSaysWhatOthersRead() throws Exception {
    Tensor tensor =
        Tensor.of(ElementType.BFLOAT16, new long[] {2, 3}, SegmentedBytes.copyOf(new byte[12]));
    Map<String, String> metadata = Map.of("format", "pt", "b", "c");
    String text = Safetensors.write(Map.of("w", tensor), metadata).slice(8).copyToUtf8String();
    assertTrue(
        text.startsWith(
            "{'__metadata__':{'b':'c','format':'pt'},'w':{'dtype':'BF16','shape':[2,3],"
                    .replace('\'', '"')
                + "\"data_offsets\":[0,12]}}"),
        text);
    assertArrayEquals(
        new long[] {2, 3},
        Objects.requireNonNull(Safetensors.read(Safetensors.write(Map.of("w", tensor))).get("w"))
            .shape());
  }
}
