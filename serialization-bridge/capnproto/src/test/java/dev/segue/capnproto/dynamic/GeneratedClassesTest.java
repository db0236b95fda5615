package dev.segue.capnproto.dynamic;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.segue.capnproto.CapnProtoException;
import dev.segue.testkit.Seeds;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.capnproto.BuilderArena;
import org.capnproto.MessageBuilder;
import org.capnproto.MessageReader;
import org.capnproto.ReaderOptions;
import org.capnproto.Serialize;
import org.capnproto.StructFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Generated classes of random schemas, against the dynamic reader and {@code capnp convert}. */
final class GeneratedClassesTest {
  private static final int STRUCT_COUNT = 4;
  private static final int MESSAGE_COUNT = 6;

  @TempDir private Path directory;

  @Test
  void generatedClassesReadAndBuildWhatTheOthersRead()
      throws IOException, CapnProtoException, ReflectiveOperationException {
    CapnpTool.assumeInstalled();
    long firstSeed = Seeds.first();
    for (int i = 0; i < Seeds.rounds(2); i++) {
      Random random = new Random(firstSeed + i);
      String schema = RandomTypes.withPointerDefaults(random);
      Path own = Files.createDirectories(directory.resolve("schema" + i));
      Path file = Files.writeString(own.resolve("test.capnp"), schema);
      MessageSchemas schemas = Messages.schemas(schema);
      try (GeneratedClasses classes = GeneratedClasses.of(schema, own)) {
        for (int j = 0; j < STRUCT_COUNT; j++) {
          check(schemas.type("S" + j), classes, file, random);
        }
      } catch (AssertionError e) {
        throw new AssertionError(
            "-Dsegue.seed=" + (firstSeed + i) + ": " + e.getMessage() + "\n" + schema, e);
      }
    }
  }

  private static void check(MessageType type, GeneratedClasses classes, Path schema, Random random)
      throws IOException, CapnProtoException, ReflectiveOperationException {
    GeneratedAccess access = new GeneratedAccess(classes);
    StructFactory<?, ?> factory = classes.factory(type.struct());
    assertEquals(
        type.toJsonSchema(),
        MessageSchemas.ofGenerated(classes.struct(type.struct())).toJsonSchema());
    List<byte[]> built = new ArrayList<>();
    List<String> shown = new ArrayList<>();
    for (int i = 0; i < MESSAGE_COUNT; i++) {
      byte[] message = type.fromJson(new RandomValues(random).message(type));
      String expected = Messages.show(type, message, Messages.JSON);
      Object reader = read(message, factory);
      assertEquals(expected, access.json(type.struct(), reader));
      checkDefaults(type, message, reader, access);

      // The smallest first segment, then as large as each allocation: most pointers are far.
      MessageBuilder builder =
          i % 2 == 0
              ? new MessageBuilder()
              : new MessageBuilder(1, BuilderArena.AllocationStrategy.FIXED_SIZE);
      Object root = builder.initRoot(factory);
      access.copy(type.struct(), reader, root);
      assertEquals(expected, access.json(type.struct(), root));
      byte[] again = bytes(builder);
      assertEquals(expected, Messages.show(type, again, Messages.JSON));
      assertEquals(expected, access.json(type.struct(), read(again, factory)));
      built.add(again);
      shown.add(expected);
    }
    String name = type.name().substring(type.name().indexOf(':') + 1);
    byte[] theirs = CapnpTool.convert(Messages.join(built), "binary:json", schema, name, "--short");
    List<String> lines = new String(theirs, StandardCharsets.UTF_8).lines().toList();
    assertEquals(shown.size(), lines.size());
    for (int i = 0; i < lines.size(); i++) {
      assertArrayEquals(type.fromJson(shown.get(i)), type.fromJson(lines.get(i)), lines.get(i));
    }
  }

  /** What a getter returns for a null pointer. */
  private static void checkDefaults(
      MessageType type, byte[] message, Object reader, GeneratedAccess access)
      throws CapnProtoException, ReflectiveOperationException {
    for (Field field : type.struct().fields().all()) {
      if (field.isPointer() && !field.member().isInUnion()) {
        TextBuilder found = new TextBuilder(true, Integer.MAX_VALUE);
        access.value(field.type(), access.get(field, reader), found);
        try (var view = Messages.view(message)) {
          assertEquals(
              type.path(field.name()).toText(view, Messages.JSON), found.toString(), field.name());
        }
      }
    }
  }

  private static Object read(byte[] message, StructFactory<?, ?> factory) throws IOException {
    MessageReader reader =
        Serialize.read(ByteBuffer.wrap(message), ReaderOptions.DEFAULT_READER_OPTIONS);
    return reader.getRoot(factory);
  }

  private static byte[] bytes(MessageBuilder builder) throws IOException {
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    Serialize.write(Channels.newChannel(message), builder);
    return message.toByteArray();
  }
}
