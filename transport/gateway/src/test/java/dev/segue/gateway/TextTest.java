package dev.segue.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.http2.Headers;
import dev.segue.zenoh.Encoding;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients and publishers write, taken apart and put together. */
class TextTest {
  @Test
  void whatWasEncodedIsDecoded() throws Exception {
    Random random = new Random(1);
    for (int i = 0; i < 2000; i++) {
      String text = text(random);
      String encoded = URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
      assertEquals(text, Target.decode(encoded));
      assertEquals(text, Target.parse("/x?q=" + encoded).query("q", ""));
    }
  }

  /** Characters of all planes, no control characters, no lone surrogates. */
  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(20); i > 0; i--) {
      int c = random.nextInt(random.nextBoolean() ? 0x80 : 0x11_0000);
      if (c >= 0x20 && c != 0x7F && (c < 0xD800 || c > 0xDFFF)) {
        text.appendCodePoint(c);
      }
    }
    return text.toString();
  }

  /** What is bounded is memory: a client could take three times as much as was counted. */
  @Test
  void textsAreCountedInBytes() {
    Random random = new Random(2);
    for (int i = 0; i < 2000; i++) {
      String text = text(random) + (random.nextBoolean() ? "<\"\\\u0001\u2028" : "");
      assertEquals(text.getBytes(StandardCharsets.UTF_8).length, TextSize.ofUtf8(text), text);
      boolean wide = text.chars().anyMatch(c -> c > 0xFF);
      assertEquals(wide ? 2L * text.length() : text.length(), TextSize.ofHeap(text), text);
      String value = new Json().value(text).toString();
      assertEquals(
          Math.max(value.getBytes(StandardCharsets.UTF_8).length - 2, TextSize.ofHeap(text)),
          Json.byteSizeOf(text),
          text);
    }
  }

  /** Three bytes of a request cost 150 of heap, as long as nobody read the answer. */
  @Test
  void aQueryHasSoManyParametersAtMost() throws Exception {
    StringBuilder path = new StringBuilder("/?");
    for (int i = 0; i < 64; i++) {
      path.append('a').append(i).append("=1&&");
    }
    assertEquals(64, Target.parse(path.toString()).query().size());
    assertEquals(400, assertThrows(HttpException.class, () -> Target.parse(path + "b")).status());
  }

  /** By the square of its length it would take hours. */
  @Test
  void blanksAndParametersTakeTimeByTheirNumber() throws Exception {
    String blanks = " ".repeat(3_000_000);
    assertEquals(
        "text/plain;a=b;c=d",
        MediaTypes.encodingOf("Text/Plain ;" + blanks + "a=b" + blanks + ";c=d" + blanks).text());
    String parameters = "a=b;".repeat(60);
    assertEquals(
        "text/plain; " + parameters, MediaTypes.of(new Encoding("text/plain;" + parameters)));
    String wrong = "a=" + "b".repeat(200) + "\u0001";
    assertEquals("text/plain", MediaTypes.of(new Encoding("text/plain;" + wrong)));
  }

  @Test
  void anEncodingThatWasWrittenIntoAHeaderIsReadBack() throws Exception {
    for (String text : java.util.List.of("zenoh/bytes", "text/plain;a b%\u00e9", "x;\"q\"")) {
      String written = MediaTypes.headerText(text);
      assertEquals(text, MediaTypes.encodingOfHeader(written).text());
    }
  }

  @Test
  void anythingElseIsARefusalAndNothingWorse() {
    Random random = new Random(2);
    int refused = 0;
    for (int i = 0; i < 20_000; i++) {
      StringBuilder path = new StringBuilder("/");
      for (int n = random.nextInt(12); n > 0; n--) {
        path.append("%%%0Fe2?&=+/\u00e9\n".charAt(random.nextInt(12)));
      }
      try {
        Target.decode(Target.parse(path.toString()).path());
      } catch (HttpException e) {
        assertEquals(400, e.status());
        refused++;
      }
    }
    assertTrue(refused > 1000, "refused " + refused);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"%", "%1", "%g0", "%00", "%0a", "%7f", "%ff", "%c0%ae", "%ed%a0%80", "é", " %\n"})
  void whatIsNoTextIsRefused(String encoded) {
    assertThrows(HttpException.class, () -> Target.decode(encoded));
  }

  @ParameterizedTest
  @CsvSource({
    "zenoh/bytes,application/octet-stream",
    "zenoh/string,text/plain; charset=utf-8",
    "zenoh/bytes;x,application/octet-stream",
    "image/png,image/png",
    "image/png;depth,image/png",
    "text/plain;charset=utf-8,text/plain; charset=utf-8",
    "application/capnp,application/capnp",
    "no type,application/octet-stream",
    "text/html<CRLF>set-cookie: x,application/octet-stream",
    "text/plain;charset=a<CRLF>x: y,text/plain",
    "'',application/octet-stream",
    "unknown/(77),application/octet-stream"
  })
  void anEncodingBecomesAMediaType(String encoding, String mediaType) {
    Encoding hostile = new Encoding(encoding.replace("<CRLF>", "\r\n"));
    assertEquals(mediaType, MediaTypes.of(hostile));
  }

  @ParameterizedTest
  @CsvSource({
    "'',zenoh/bytes",
    "Image/PNG,image/png",
    "text/plain; charset=UTF-8 ; a=b,text/plain;charset=UTF-8;a=b",
    "application/x-own,application/x-own"
  })
  void aMediaTypeBecomesAnEncoding(String contentType, String encoding) throws Exception {
    assertEquals(encoding, MediaTypes.encodingOf(contentType).text());
  }

  @Test
  void aHostileEncodingMakesNoHostileHeader() {
    Random random = new Random(3);
    for (int i = 0; i < 2000; i++) {
      StringBuilder text = new StringBuilder("text/");
      for (int n = random.nextInt(20); n > 0; n--) {
        text.append((char) random.nextInt(300));
      }
      Encoding encoding = new Encoding(text.toString());
      // It throws for what HTTP forbids.
      Headers.of("a", MediaTypes.of(encoding), "b", MediaTypes.headerText(encoding.text()));
    }
  }

  @Test
  void jsonIsEscaped() {
    assertEquals(
        "{\"a\\\"b\":\"\\u003c/script>\\u000a\\\\\\u2028\",\"n\":[1,2.500,3],\"o\":{},\"t\":true}",
        new Json()
            .beginObject()
            .field("a\"b", "</script>\n\\\u2028")
            .name("n")
            .beginArray()
            .value(1)
            .value(2.5)
            .value(3.0)
            .endArray()
            .name("o")
            .beginObject()
            .endObject()
            .field("t", true)
            .endObject()
            .toString());
  }

  @Test
  void latenciesLieInTheirBuckets() {
    for (long micros = 0; micros < 100_000; micros++) {
      int index = Latencies.indexOf(micros);
      assertTrue(micros < Latencies.upperMicros(index), "micros=" + micros);
      assertTrue(index == 0 || micros >= Latencies.upperMicros(index - 1), "micros=" + micros);
    }
    assertEquals(127, Latencies.indexOf(Long.MAX_VALUE / 1000));
  }

  @Test
  void latenciesOfAMinuteAgoAreForgotten() {
    Latencies latencies = new Latencies();
    for (int i = 1; i <= 100; i++) {
      latencies.record(30, i * 1_000_000L);
    }
    Latencies.Snapshot all = java.util.Objects.requireNonNull(latencies.snapshot(59));
    assertEquals(100, all.count());
    assertEquals(100_000, all.maxMicros());
    assertTrue(all.p50Micros() >= 50_000 && all.p50Micros() <= 65_000, "" + all.p50Micros());
    assertTrue(all.p99Micros() >= 99_000, "" + all.p99Micros());
    assertTrue(latencies.snapshot(89) != null);
    assertTrue(latencies.snapshot(90) == null);
  }
}
