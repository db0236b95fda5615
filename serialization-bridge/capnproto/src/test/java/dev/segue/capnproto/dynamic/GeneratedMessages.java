package dev.segue.capnproto.dynamic;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.segue.capnproto.CapnProtoException;
import dev.segue.testkit.Seeds;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.capnproto.MessageBuilder;
import org.capnproto.MessageReader;
import org.capnproto.ReaderOptions;
import org.capnproto.Serialize;
import org.capnproto.StructFactory;

/**
 * Messages of generated classes of random schemas, for another language to read and to write again:
 * {@code write DIRECTORY}, then {@code read DIRECTORY}, in which each {@code NAME.json} says what
 * {@code NAME.bin} holds, and {@code NAME.again} is to hold.
 */
final class GeneratedMessages {
  private static final int SCHEMA_COUNT = 3;
  private static final int STRUCT_COUNT = 4;
  private static final int MESSAGE_COUNT = 8;

  private GeneratedMessages() {}

  public static void main(String[] arguments) throws Exception {
    Path directory = Path.of(arguments[1]);
    if (arguments[0].equals("write")) {
      Random random = new Random(Seeds.first());
      for (int i = 0; i < SCHEMA_COUNT; i++) {
        Path own = Files.createDirectories(directory.resolve("schema" + i));
        Files.writeString(own.resolve("test.capnp"), RandomTypes.compiling(random));
        eachStruct(own, (type, access, factory) -> write(own, type, access, factory, random));
      }
    } else {
      for (int i = 0; i < SCHEMA_COUNT; i++) {
        Path own = directory.resolve("schema" + i);
        eachStruct(own, (type, access, factory) -> read(own, type, access, factory));
      }
    }
  }

  private interface OfStruct {
    void run(MessageType type, GeneratedAccess access, StructFactory<?, ?> factory)
        throws IOException, CapnProtoException, ReflectiveOperationException;
  }

  private static void eachStruct(Path own, OfStruct work)
      throws IOException, CapnProtoException, ReflectiveOperationException {
    String schema = Files.readString(own.resolve("test.capnp"));
    MessageSchemas schemas = Messages.schemas(schema);
    try (GeneratedClasses classes = GeneratedClasses.of(schema, own)) {
      for (int i = 0; i < STRUCT_COUNT; i++) {
        MessageType type = schemas.type("S" + i);
        work.run(type, new GeneratedAccess(classes), classes.factory(type.struct()));
      }
    }
  }

  private static Path file(Path own, MessageType type, int index, String ending) {
    String name = type.name().substring(type.name().indexOf(':') + 1);
    return own.resolve(name + "-" + index + ending);
  }

  private static void write(
      Path own,
      MessageType type,
      GeneratedAccess access,
      StructFactory<?, ?> factory,
      Random random)
      throws IOException, CapnProtoException, ReflectiveOperationException {
    for (int i = 0; i < MESSAGE_COUNT; i++) {
      byte[] made = type.fromJson(new RandomValues(random).message(type));
      MessageBuilder builder = new MessageBuilder();
      access.copy(type.struct(), read(made, factory), builder.initRoot(factory));
      ByteArrayOutputStream message = new ByteArrayOutputStream();
      Serialize.write(Channels.newChannel(message), builder);
      Files.write(file(own, type, i, ".bin"), message.toByteArray());
      Files.writeString(file(own, type, i, ".json"), Messages.show(type, made, Messages.JSON));
    }
  }

  private static void read(
      Path own, MessageType type, GeneratedAccess access, StructFactory<?, ?> factory)
      throws IOException, ReflectiveOperationException {
    for (int i = 0; i < MESSAGE_COUNT; i++) {
      byte[] message = Files.readAllBytes(file(own, type, i, ".again"));
      assertEquals(
          Files.readString(file(own, type, i, ".json")),
          access.json(type.struct(), read(message, factory)));
    }
    System.out.println(own.getFileName() + " " + type.name() + ": ok");
  }

  private static Object read(byte[] message, StructFactory<?, ?> factory) throws IOException {
    MessageReader reader =
        Serialize.read(ByteBuffer.wrap(message), ReaderOptions.DEFAULT_READER_OPTIONS);
    return reader.getRoot(factory);
  }
}
