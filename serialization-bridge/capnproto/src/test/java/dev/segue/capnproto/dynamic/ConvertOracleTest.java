package dev.segue.capnproto.dynamic;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.segue.capnproto.CapnProtoException;
import dev.segue.testkit.Seeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What we read and write, against what {@code capnp convert} makes of the same bytes. */
final class ConvertOracleTest {
  private static final int MESSAGE_COUNT = 25;

  /** Each takes a process of its own. */
  private static final int READ_BACK_COUNT = 5;

  @TempDir private Path directory;

  @Test
  void randomMessagesOfRandomSchemasAreWhatTheCppToolSays() throws IOException, CapnProtoException {
    CapnpTool.assumeInstalled();
    Random random = Seeds.random("random messages of random schemas");
    for (int i = 0; i < Seeds.rounds(12); i++) {
      String schema = RandomTypes.compiling(random);
      MessageType type = Messages.schemas(schema).type("S" + random.nextInt(4));
      Path file = Files.writeString(directory.resolve("random" + i + ".capnp"), schema);
      List<byte[]> messages = new ArrayList<>();
      for (int j = 0; j < MESSAGE_COUNT; j++) {
        messages.add(type.fromJson(new RandomValues(random).message(type)));
      }
      compare(type, file, messages);
    }
  }

  private static void compare(MessageType type, Path schema, List<byte[]> messages)
      throws IOException, CapnProtoException {
    String name = type.name().substring(type.name().indexOf(':') + 1);
    byte[] stream = Messages.join(messages);
    List<String> json = new ArrayList<>();
    List<String> text = new ArrayList<>();
    for (byte[] message : messages) {
      json.add(Messages.show(type, message, Messages.JSON));
      text.add(Messages.show(type, message, Messages.TEXT));
      // Back from what we show: the same bytes, since fields come in the same order.
      byte[] again = type.fromJson(json.getLast());
      assertEquals(json.getLast(), Messages.show(type, again, Messages.JSON));
    }

    String theirText = string(CapnpTool.convert(stream, "binary:text", schema, name, "--short"));
    assertEquals(String.join("\n", text) + "\n", theirText);

    String theirJson = string(CapnpTool.convert(stream, "binary:json", schema, name, "--short"));
    List<String> lines = theirJson.lines().toList();
    assertEquals(messages.size(), lines.size());
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      String ours = json.get(i);
      assertArrayEquals(
          type.fromJson(ours), type.fromJson(line), () -> "theirs " + line + "\n  ours " + ours);
    }

    // One at a time: the C++ tool cuts some streams of JSON and text in the wrong place.
    List<byte[]> ofJson = new ArrayList<>();
    List<byte[]> ofText = new ArrayList<>();
    for (int i = 0; i < READ_BACK_COUNT; i++) {
      byte[] utf8 = json.get(i).getBytes(UTF_8);
      ofJson.add(CapnpTool.convert(utf8, "json:binary", schema, name));
      ofText.add(CapnpTool.convert(text.get(i).getBytes(UTF_8), "text:binary", schema, name));
    }
    // A null pointer that JSON shows as its default comes back as one that is set.
    checkSame(type, json.subList(0, READ_BACK_COUNT), Messages.JSON, Messages.join(ofJson));
    checkSame(type, text.subList(0, READ_BACK_COUNT), Messages.TEXT, Messages.join(ofText));

    // One word a segment: each pointer is far, most of them twice.
    checkSame(
        type,
        text,
        Messages.TEXT,
        CapnpTool.convert(stream, "binary:binary", schema, name, "--segment-size=1"));
  }

  private static void checkSame(
      MessageType type, List<String> text, MessageFormat format, byte[] stream)
      throws CapnProtoException {
    List<byte[]> messages = Messages.split(stream);
    assertEquals(text.size(), messages.size());
    for (int i = 0; i < text.size(); i++) {
      assertEquals(text.get(i), Messages.show(type, messages.get(i), format));
    }
  }

  private static String string(byte[] utf8) {
    return new String(utf8, UTF_8);
  }

  @Test
  void floatsAreReadBackAsTheSameBits() throws IOException, CapnProtoException {
    CapnpTool.assumeInstalled();
    String schema =
        "@0xb6f2c3a1d4e59009;\nstruct Reals { single @0 :List(Float32); wide @1 :List(Float64); }\n";
    Path file = Files.writeString(directory.resolve("reals.capnp"), schema);
    MessageType type = Messages.schemas(schema).type("Reals");
    Random random = Seeds.random("floats");
    StringBuilder singles = new StringBuilder("\"NaN\",\"Infinity\",\"-Infinity\",-0,0.1,1e-45");
    StringBuilder wides = new StringBuilder("\"NaN\",\"Infinity\",\"-Infinity\",-0,0.1,5e-324");
    for (int i = 0; i < 500; i++) {
      float single = Float.intBitsToFloat(random.nextInt());
      double wide = Double.longBitsToDouble(random.nextLong());
      if (Float.isFinite(single) && Double.isFinite(wide)) {
        singles.append(',').append(single);
        wides.append(',').append(wide);
      }
    }
    byte[] message = type.fromJson("{\"single\":[" + singles + "],\"wide\":[" + wides + "]}");
    String ours = Messages.show(type, message, Messages.JSON);
    assertArrayEquals(message, type.fromJson(ours));
    String theirs = string(CapnpTool.convert(message, "binary:json", file, "Reals", "--short"));
    assertArrayEquals(message, type.fromJson(theirs));
    List<byte[]> read =
        Messages.split(CapnpTool.convert(ours.getBytes(UTF_8), "json:binary", file, "Reals"));
    assertEquals(ours, Messages.show(type, read.getFirst(), Messages.JSON));
  }
}
