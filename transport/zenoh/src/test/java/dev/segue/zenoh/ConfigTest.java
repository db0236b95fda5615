package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
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
}
