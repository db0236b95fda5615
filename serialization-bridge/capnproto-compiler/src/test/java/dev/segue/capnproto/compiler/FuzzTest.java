package dev.segue.capnproto.compiler;

import dev.segue.testkit.Corpus;
import dev.segue.testkit.Seeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Damaged schemas and requests end in the documented exception, or compile. */
final class FuzzTest {
  private static final Path SCHEMAS = Path.of("src", "test", "capnp");
  private static final String WORDS =
      "struct Foo { } ( ) [ ] ; : , . @0 @1 = $ union group enum interface const using import \"x\" 0x"
          + " List Text Int32 -1 1e9 # \n inf embed extends annotation (*) -> stream ! \u00e4 \\";

  @TestFactory
  Stream<DynamicTest> aSchemaOfTheCorpusEndsInTheDocumentedExceptionOrCompiles()
      throws IOException {
    return Corpus.of(SchemaFuzz.class, SchemaFuzz::fuzzerTestOneInput);
  }

  @TestFactory
  Stream<DynamicTest> aRequestOfTheCorpusEndsInTheDocumentedExceptionOrCompiles()
      throws IOException {
    return Corpus.of(RequestFuzz.class, RequestFuzz::fuzzerTestOneInput);
  }

  @Test
  void aDamagedSchemaEndsInTheDocumentedException() throws IOException {
    Random random = Seeds.random("a damaged schema");
    List<byte[]> schemas = schemas();
    for (int i = 0; i < Seeds.rounds(3000); i++) {
      SchemaFuzz.fuzzerTestOneInput(damaged(schemas.get(random.nextInt(schemas.size())), random));
    }
  }

  private static byte[] damaged(byte[] schema, Random random) {
    List<Byte> bytes = new ArrayList<>();
    for (byte b : schema) {
      bytes.add(b);
    }
    String[] words = WORDS.split(" ", -1);
    for (int i = random.nextInt(4); i >= 0; i--) {
      int at = random.nextInt(bytes.size());
      switch (random.nextInt(4)) {
        case 0 -> bytes.set(at, (byte) random.nextInt(256));
        case 1 -> bytes.subList(at, Math.min(bytes.size(), at + random.nextInt(20))).clear();
        case 2 -> {
          int end = Math.min(bytes.size(), at + random.nextInt(60));
          bytes.addAll(random.nextInt(bytes.size()), List.copyOf(bytes.subList(at, end)));
        }
        default -> {
          byte[] word =
              words[random.nextInt(words.length)].getBytes(java.nio.charset.StandardCharsets.UTF_8);
          for (byte b : word) {
            bytes.add(at, b);
          }
        }
      }
    }
    byte[] damaged = new byte[bytes.size()];
    for (int i = 0; i < damaged.length; i++) {
      damaged[i] = bytes.get(i);
    }
    return damaged;
  }

  private static List<byte[]> schemas() throws IOException {
    List<byte[]> schemas = new ArrayList<>();
    try (Stream<Path> files = Files.list(SCHEMAS)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".capnp")).sorted().toList()) {
        schemas.add(Files.readAllBytes(file));
      }
    }
    return schemas;
  }

  @Test
  void aDamagedRequestEndsInTheDocumentedException() throws IOException, SchemaException {
    Random random = Seeds.random("a damaged request");
    List<String> names = List.of("types.capnp", "layout.capnp", "generics.capnp");
    byte[] request = new SchemaCompiler(List.of()).compile(SCHEMAS, names).toRequest();
    for (int i = 0; i < Seeds.rounds(3000); i++) {
      byte[] damaged = request.clone();
      for (int j = random.nextInt(6); j >= 0; j--) {
        int at = random.nextInt(damaged.length);
        damaged[at] =
            (byte)
                (random.nextBoolean() ? random.nextInt(256) : damaged[at] ^ 1 << random.nextInt(8));
      }
      if (random.nextInt(10) == 0) {
        damaged = java.util.Arrays.copyOf(damaged, random.nextInt(damaged.length));
      }
      RequestFuzz.fuzzerTestOneInput(damaged);
    }
  }
}
