package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.testkit.Seeds;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Configurations from everywhere, good and bad. */
class ConfigTest {
  @ParameterizedTest
  @EnumSource
  void eachSetterSetsTheKeyOfTheCore(Mode mode) {
    Config config =
        Config.defaults()
            .mode(mode)
            .connect("tcp/a:1", "udp/b:2")
            .listen()
            .scouting(false)
            .sharedMemory(false)
            .sharedMemoryForLargePayloads(false)
            .timestamping(true);
    assertEquals('"' + mode.name().toLowerCase(java.util.Locale.ROOT) + '"', config.get("mode"));
    assertEquals("[\"tcp/a:1\",\"udp/b:2\"]", config.get("connect/endpoints"));
    assertEquals("[]", config.get("listen/endpoints"));
    assertEquals("false", config.get("scouting/multicast/enabled"));
    assertEquals("false", config.get("transport/shared_memory/enabled"));
    assertEquals("false", config.get("transport/shared_memory/transport_optimization/enabled"));
    assertEquals("true", config.get("timestamping/enabled"));
  }

  @ParameterizedTest
  @CsvSource({"data,0", "data,17", "control,18446744073709551615", "background,0"})
  void aQueueSizeThatNoSessionOpensWithIsRefusedByName(String priority, String size) {
    String key = "transport/link/tx/queue/size/" + priority;
    String message =
        assertThrows(IllegalArgumentException.class, () -> Config.defaults().set(key, size))
            .getMessage();
    assertEquals(
        "configuration key=" + key + " value=" + size + ": each size of a queue is from 1 to 16",
        message);
    assertEquals("16", Config.defaults().set(key, "16").get(key));
    assertEquals("1", Config.defaults().set(key, "1").get(key));
  }

  @Test
  void whatHoldsMessagesBackIsSetAsTheCoreHasIt() {
    Interceptor where =
        Interceptor.of(DataMessage.PUT, DataMessage.REPLY)
            .flow(InterceptorFlow.INGRESS)
            .linkProtocols(LinkProtocol.UNIXSOCK_STREAM)
            .interfaces("eth\"0");
    Config config =
        Config.defaults()
            .downsampling(
                Downsampling.of(KeyExpr.of("a/*"), 0.5).where(where).rule(KeyExpr.of("b"), 0))
            .lowPassFilter(LowPassFilter.of(KeyExpr.of("a/**"), 7));
    assertEquals(
        "[{\"id\":null,\"interfaces\":[\"eth\\\"0\"],\"link_protocols\":[\"unixsock-stream\"],"
            + "\"messages\":[\"put\",\"reply\"],\"rules\":[{\"key_expr\":\"a/*\",\"freq\":0.5},"
            + "{\"key_expr\":\"b\",\"freq\":0.0}],\"flows\":[\"ingress\"]}]",
        config.get("downsampling"));
    assertEquals(
        "[{\"id\":null,\"interfaces\":null,\"link_protocols\":null,\"flows\":null,"
            + "\"messages\":[\"put\"],\"key_exprs\":[\"a/**\"],\"size_limit\":7}]",
        config.get("low_pass_filter"));
    assertEquals("[]", config.downsampling().get("downsampling"));
    assertThrows(
        IllegalArgumentException.class, () -> Downsampling.of(KeyExpr.of("a"), Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> Downsampling.of(KeyExpr.of("a"), -1));
    assertThrows(IllegalArgumentException.class, () -> LowPassFilter.of(KeyExpr.of("a"), -1));
  }

  @Test
  void aPasswordIsSetWithItsUserAndIsInNoText() {
    Config config =
        Config.defaults()
            .userPasswordFile(Path.of("/etc/users"))
            .userPassword("me", "s3\"\t\ncret");
    assertEquals("\"s3\\\"\\t\\ncret\"", config.get("transport/auth/usrpwd/password"));
    assertEquals("\"/etc/users\"", config.get("transport/auth/usrpwd/dictionary_file"));
    assertFalse(config.toString().contains("cret"), config::toString);
    Config text = config.set("transport/link/tls/listen_private_key_base64", "\"s3cret\"");
    assertNotEquals(config, text);
    assertFalse(text.toString().contains("cret"), text::toString);
    assertEquals("\"s3cret\"", text.get("transport/link/tls/listen_private_key_base64"));
  }

  @Test
  void aSetterLeavesTheConfigurationThatItWasCalledOn() {
    Config one = Config.defaults().mode(Mode.PEER);
    Config other = one.mode(Mode.CLIENT);
    assertEquals("\"peer\"", one.get("mode"));
    assertEquals("\"client\"", other.get("mode"));
  }

  @Test
  void aConfigurationIsReadFromJson5AndChangedFurther() {
    Config config =
        Config.fromJson5("{ mode: 'router', /* comment */ listen: { endpoints: ['tcp/x:1'], } }");
    assertEquals("\"router\"", config.get("mode"));
    assertEquals("\"client\"", config.mode(Mode.CLIENT).get("mode"));
    assertTrue(config.toString().contains("tcp/x:1"));
  }

  @ParameterizedTest
  @CsvSource({"json5,{ mode: 'client' }", "json,{ \"mode\": \"client\" }", "yaml,mode: client"})
  void aConfigurationIsReadFromAFile(String ending, String text, @TempDir Path folder)
      throws Exception {
    Path file = Files.writeString(folder.resolve("zenoh." + ending), text);
    assertEquals("\"client\"", Config.fromFile(file).get("mode"));
  }

  @Test
  void aFileIsReadOnce(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("zenoh.json5"), "{ mode: 'client' }");
    Config config = Config.fromFile(file);
    Files.writeString(file, "{ mode: 'router', listen: { endpoints: ['tcp/x:1'] } }");
    assertEquals("\"client\"", config.timestamping(true).get("mode"));
    Files.delete(file);
    assertEquals("\"client\"", config.scouting(false).get("mode"));
  }

  @Test
  void configurationsOfTheSameSettingsAreEqualWhereverTheyCameFrom(@TempDir Path folder)
      throws Exception {
    Path file = Files.writeString(folder.resolve("zenoh.yaml"), "mode: client");
    Config one = Config.fromFile(file).connect("tcp/a:1").scouting(false);
    Config other = Config.fromJson5("{}").scouting(false).mode(Mode.CLIENT).connect("tcp/a:1");
    assertEquals(one, other);
    assertEquals(one.hashCode(), other.hashCode());
    assertNotEquals(one, other.connect("tcp/a:2"));
    assertNotEquals(one, null);
  }

  @Test
  void defaultsDifferFromZenohsOwnInThreeSettingsThatCallersCanSetBack() {
    Config zenohs = Config.fromJson5("{}");
    String queue = "transport/link/tx/queue/size/data";
    String wait = "transport/link/tx/queue/congestion_control/drop/max_wait_before_drop_fragments";
    assertEquals("16", Config.defaults().get(queue));
    assertEquals("1000000", Config.defaults().get(wait));
    assertEquals("16", Config.isolated().get(queue));
    assertNotEquals(zenohs, Config.defaults());
    assertEquals(
        zenohs,
        Config.defaults()
            .set(queue, zenohs.get(queue))
            .set(wait, zenohs.get(wait))
            .sharedMemoryForLargePayloads(true));
  }

  @Test
  void aWholeConfigurationComesBackFromItsText() {
    Config config =
        Config.fromJson5(
            "{ mode: 'router', metadata: { place: 'lab' }, connect: { timeout_ms: { router: -1, peer:"
                + " 7 } }, transport: { auth: { usrpwd: { user: 'u', password: 'p\\\"w' } } } }");
    assertEquals(config, Config.fromJson5(config.get("")));
    assertEquals("{\"place\":\"lab\"}", config.get("metadata"));
  }

  @Test
  void aSecretIsInNoTextThatPeopleRead() {
    String secret = "s3cr\\\"et";
    Config config =
        Config.fromJson5(
                "{ transport: { auth: { usrpwd: { user: 'me', password: '"
                    + secret
                    + "', dictionary_file: '/etc/users' } },"
                    + " link: { tls: { connect_private_key_base64: '"
                    + secret
                    + "', connect_private_key: '/etc/key.pem' } } } }")
            .connect("tls/a:1#connect_private_key_base64=s3cr;so_sndbuf=7")
            .set("transport/auth/usrpwd/user", "\"you\"");
    String text = config.toString();
    assertFalse(text.contains("s3cr"), text);
    assertTrue(text.contains("\"password\":\"***\""), text);
    assertTrue(text.contains("\"/etc/users\"") && text.contains("so_sndbuf=7"), text);
    assertTrue(config.get("transport/auth/usrpwd/password").contains("s3cr"));
    String message =
        Threads.messageOf(
            IllegalArgumentException.class,
            () -> config.set("transport/auth/usrpwd/password", "{ s3cr: 7"));
    assertFalse(message.contains("s3cr"), message);
    String ofText =
        Threads.messageOf(
            IllegalArgumentException.class,
            () -> Config.fromJson5("{ transport: { auth: { usrpwd: { password: 's3cr' , } ] }"));
    assertFalse(ofText.contains("s3cr"), ofText);
  }

  @Test
  void aSecretIsInNoErrorOfTheEnvironmentsFile(@TempDir Path folder) throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("zenoh.json5"),
            "{ transport: { auth: { usrpwd: { user: 'u', password: 's3cret' oops } } } }");
    try (ChildJvm child =
        ChildJvm.start(
            List.of(),
            ChildJvm.classPath(),
            Map.of("ZENOH_CONFIG", file.toString()),
            "environment")) {
      String message = child.line("Exception in thread");
      assertTrue(message.contains("ZENOH_CONFIG"), message);
      String quoted = child.line("1 |");
      assertTrue(quoted.contains("password: ***"), quoted);
      assertTrue(child.exitCode() != 0);
      assertFalse(child.seen().toString().contains("s3cret"), () -> child.seen().toString());
    }
  }

  @Test
  void aSecretOfTheWrongTypeIsInNoError() {
    String message =
        Threads.messageOf(
            IllegalArgumentException.class,
            () -> Config.fromJson5("{ transport: { auth: { usrpwd: { password: 12345678 } } } }"));
    assertTrue(message.contains("expected a string"), message);
    assertFalse(message.contains("12345678"), message);
    String ofKey =
        Threads.messageOf(
            IllegalArgumentException.class,
            () -> Config.defaults().set("transport/auth/usrpwd", "{ password: 12345678 }"));
    assertFalse(ofKey.contains("12345678"), ofKey);
  }

  @Test
  void aPrivateKeyOfAnEndpointIsInNoErrorOfASession() {
    String endpoint = "tls/127.0.0.1:1#listen_private_key_base64=s3cret";
    Config config = Config.isolated().mode(Mode.CLIENT).connect(endpoint);
    String message = Threads.messageOf(ZenohException.class, () -> Session.open(config).close());
    assertTrue(message.contains("tls/127.0.0.1:1"), message);
    assertFalse(message.contains("s3cret"), message);
  }

  @Test
  void aFileThatIsNotThereIsNamed(@TempDir Path folder) {
    Path file = folder.resolve("none.json5");
    String message = Threads.messageOf(IllegalArgumentException.class, () -> Config.fromFile(file));
    assertTrue(message.contains(file.toString()), message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{", "", "null", "{ mode: 'king' }", "{ mod: 'peer' }", "\0", "{{{{{{"})
  void aBadTextIsRefused(String text) {
    String message =
        Threads.messageOf(IllegalArgumentException.class, () -> Config.fromJson5(text));
    assertTrue(message.startsWith("configuration as JSON5: ") && message.length() > 30, message);
  }

  @Test
  void aBadTextIsRefusedWithTheLineAndTheColumn() {
    String message =
        Threads.messageOf(
            IllegalArgumentException.class,
            () -> Config.fromJson5("{\n  mode: 'peer',\n  listen: } \n}"));
    assertTrue(message.contains("3:"), message);
  }

  @ParameterizedTest
  @CsvSource({"no/such/key,1", "mode,1", "mode,'\"king\"'", "mode,{", "'',1", "listen/endpoints,7"})
  void aBadSettingIsRefusedWithItsKeyAndItsValue(String key, String value) {
    Config config = Config.defaults();
    String message =
        Threads.messageOf(IllegalArgumentException.class, () -> config.set(key, value));
    assertTrue(message.startsWith("configuration key=" + key + " value=" + value + ": "), message);
  }

  @ParameterizedTest
  @CsvSource({
    "transport/link/rx/buffer_size,18446744073709551615",
    "transport/link/rx/buffer_size,1073741825",
    "transport/link/tx/batch_size,0",
    "transport/link/tx/batch_size,63",
    "transport/link/tx/keep_alive,0",
    "transport/link/tx/keep_alive,4294967296",
    "transport/shared_memory/transport_optimization/pool_size,18446744073709551615"
  })
  void aSizeThatNoLinkCanHaveIsRefusedAsASessionOpens(String key, String value) {
    Config config = Config.isolated().set(key, value);
    String message = Threads.messageOf(IllegalArgumentException.class, () -> Session.open(config));
    assertTrue(
        message.startsWith("opening a session: configuration " + key + "=" + value + ": "),
        message);
  }

  @Test
  void aBufferOfMoreBatchesThanALinkCanHaveIsRefused() {
    Config config =
        Config.isolated()
            .set("transport/link/rx/buffer_size", "1073741824")
            .set("transport/link/tx/batch_size", "1024");
    String message = Threads.messageOf(IllegalArgumentException.class, () -> Session.open(config));
    assertTrue(message.contains("at most 65536 times"), message);
  }

  @Test
  void whatIsAllowedOfSizesWorks() throws Exception {
    Config config =
        Config.isolated()
            .sharedMemory(false)
            .set("transport/link/rx/buffer_size", "0")
            .set("transport/link/rx/max_message_size", "18446744073709551615")
            .set("transport/link/tx/batch_size", "64")
            .set("transport/link/tx/keep_alive", "1000")
            .set("transport/link/tx/threads", "18446744073709551615");
    KeyExpr key = KeyExpr.of("test/sizes");
    try (Session far = Session.open(config.listen("tcp/127.0.0.1:0"));
        Subscriber subscriber = far.declareSubscriber(key);
        Session near = Session.open(config.connect(far.locators().getFirst()));
        Publisher publisher =
            Await.matched(near.declarePublisher(key, PublisherOptions.blocking()))) {
      publisher.put(SegmentedBytes.copyOf(new byte[100_000]));
      try (Sample sample = subscriber.receive(Await.LONG).orElseThrow()) {
        assertEquals(100_000, sample.payload().byteSize());
      }
    }
  }

  @Test
  void aBadEndpointIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> Config.defaults().listen("nowhere"));
    assertThrows(IllegalArgumentException.class, () -> Config.defaults().connect("a\"b\\\n\0"));
  }

  @Test
  void aKeyThatIsNotThereIsRefused() {
    Config config = Config.defaults();
    String message = Threads.messageOf(IllegalArgumentException.class, () -> config.get("no/such"));
    assertTrue(message.startsWith("configuration key=no/such: "), message);
  }

  @Test
  void theEnvironmentOfThisProcessNamesNoFile() {
    assertThrows(IllegalArgumentException.class, Config::fromEnvironment);
  }

  @Test
  void anIsolatedSessionFindsNobody() throws Exception {
    try (Session one = Session.open(Config.isolated());
        Session other = Session.open(Config.isolated())) {
      assertTrue(one.locators().isEmpty());
      Thread.sleep(200);
      assertFalse(other.peers().contains(one.zid()));
    }
  }

  @Test
  void anyTextIsAConfigurationOrRefused() {
    Random random = Seeds.random("ConfigTest");
    String[] parts = {
      "{",
      "}",
      "[",
      "]",
      "'",
      "\"",
      ":",
      ",",
      "mode",
      "peer",
      "listen",
      "endpoints",
      "tcp/a:1",
      "1e999",
      "-",
      "\\u",
      "//",
      "/*",
      "null",
      "transport",
      "link",
      "\0",
      "ü",
      " ",
      "\n"
    };
    Config start = Config.isolated();
    for (int round = 0; round < 3_000; round++) {
      StringBuilder text = new StringBuilder(round % 3 == 0 ? "{ mode: 'peer', " : "");
      for (int i = random.nextInt(12); i >= 0; i--) {
        text.append(parts[random.nextInt(parts.length)]);
      }
      try {
        Config made =
            round % 2 == 0
                ? Config.fromJson5(text.toString())
                : start.set(random.nextBoolean() ? "mode" : "listen/endpoints", text.toString());
        assertEquals(made, Config.fromJson5(made.get("")));
      } catch (IllegalArgumentException e) {
        assertTrue(String.valueOf(e.getMessage()).startsWith("configuration "), e::toString);
      }
    }
  }
}
