package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.testkit.Seeds;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Names of encodings against those of the core, both ways. */
class EncodingTest {
  private static final KeyExpr KEY = KeyExpr.of("test/encoding");
  private static final int PREDEFINED_COUNT = 53;
  private static Session session;
  private static Subscriber subscriber;

  @BeforeAll
  static void open() throws ZenohException {
    session = Session.open(Config.isolated());
    subscriber = session.declareSubscriber(KEY);
  }

  @AfterAll
  static void close() {
    session.close();
  }

  private static Encoding sent(Encoding encoding) throws Exception {
    session.put(KEY, SegmentedBytes.empty(), Qos.defaults(), PutOptions.none().encoding(encoding));
    try (Sample sample = subscriber.receive(Await.LONG).orElseThrow()) {
      return sample.encoding();
    }
  }

  @Test
  void eachPredefinedEncodingHasTheNameOfTheCore() throws Exception {
    for (int id = 0; id < PREDEFINED_COUNT; id++) {
      Encoding encoding = Encoding.of(id, null);
      assertEquals(encoding, sent(encoding));
    }
    assertEquals("unknown(" + PREDEFINED_COUNT + ")", Encoding.of(PREDEFINED_COUNT, null).text());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/capnp",
        "text/plain;utf-8",
        "application/capnp;CameraFrame",
        "video/raw;1920x1536;rgba",
        "ünïcode",
        "x"
      })
  void anyTextIsCarriedAsItIs(String text) throws Exception {
    assertEquals(text, sent(new Encoding(text)).text());
  }

  @Test
  void aSchemaOf255BytesCrossesTheNetworkAndALongerOneIsRefused() throws Exception {
    Encoding longest = Encoding.APPLICATION_PROTOBUF.withSchema("s".repeat(255));
    Encoding custom = new Encoding("x".repeat(255));
    try (Pair pair = Pair.overNetwork();
        Style.Source source = Style.RECEIVE.subscribe(pair.far(), KEY);
        Publisher publisher = pair.publisher(KEY)) {
      publisher.put(SegmentedBytes.empty(), PutOptions.none().encoding(longest));
      publisher.put(SegmentedBytes.empty(), PutOptions.none().encoding(custom));
      assertEquals(longest, source.next().encoding());
      assertEquals(custom, source.next().encoding());
    }
    assertThrows(
        IllegalArgumentException.class, () -> Encoding.TEXT_PLAIN.withSchema("ü".repeat(128)));
    assertThrows(IllegalArgumentException.class, () -> new Encoding("x".repeat(256)));
  }

  @Test
  void noNumberAndNoSchemaOfAPeerThrows() {
    byte[] bytes = new byte[255];
    Random random = Seeds.random("EncodingTest");
    for (int round = 0; round < 20_000; round++) {
      random.nextBytes(bytes);
      if (round % 2 == 0) {
        java.util.Arrays.fill(bytes, (byte) (round / 2));
      }
      String schema =
          new String(bytes, 0, random.nextInt(256), java.nio.charset.StandardCharsets.UTF_8);
      for (int id : new int[] {0, 7, 52, 53, 54, 0x7FFF, 0xFFFE, 0xFFFF}) {
        Encoding encoding = Encoding.of(id, schema);
        assertEquals(encoding, new Encoding(encoding.text()), "it may be sent again");
      }
    }
    assertEquals("unknown(53);" + "s".repeat(243), Encoding.of(53, "s".repeat(255)).text());
    assertEquals("text/plain;" + "\uFFFD".repeat(85), Encoding.of(4, "\uFFFD".repeat(255)).text());
  }

  @Test
  void aPublisherSaysItsEncodingOnce() throws Exception {
    PublisherOptions options = PublisherOptions.defaults().encoding(Encoding.VIDEO_RAW);
    try (Publisher publisher = session.declarePublisher(KEY, options)) {
      publisher.put(SegmentedBytes.empty());
      try (Sample sample = subscriber.receive(Await.LONG).orElseThrow()) {
        assertEquals(Encoding.VIDEO_RAW, sample.encoding());
      }
    }
  }

  @Test
  void aSecondSchemaIsRefused() {
    Encoding encoding = Encoding.TEXT_PLAIN.withSchema("utf-8");
    assertThrows(IllegalArgumentException.class, () -> encoding.withSchema("utf-16"));
  }
}
