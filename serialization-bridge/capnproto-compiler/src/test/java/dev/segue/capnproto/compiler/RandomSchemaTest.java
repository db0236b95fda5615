package dev.segue.capnproto.compiler;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.testkit.Seeds;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random structs, laid out by us and by the C++ compiler. */
final class RandomSchemaTest {
  private static final int STRUCTS_PER_FILE = 250;

  /** Each takes a process of its own, since one refused struct hides what else is in its file. */
  private static final int MAX_REFUSED_CHECKS = 25;

  @TempDir private Path directory;

  @Test
  void eachFieldOfRandomStructsLiesWhereTheCppCompilerPutsIt()
      throws IOException, SchemaException, WireException {
    Oracle.assumeInstalled();
    Random random = Seeds.random("each field of random structs");
    int files = Seeds.rounds(8);
    int refused = 0;
    for (int i = 0; i < files; i++) {
      List<String> structs = new ArrayList<>();
      for (int j = 0; j < STRUCTS_PER_FILE; j++) {
        String struct = new RandomSchema(random).struct("S" + i + "x" + j);
        if (isAmbiguous(struct)) {
          refused++;
          if (refused <= MAX_REFUSED_CHECKS) {
            checkRefused(struct, "refused" + refused + ".capnp");
          }
        } else {
          structs.add(struct);
        }
      }
      compare("random" + i + ".capnp", RandomSchema.file(0xb000000000000000L + i, structs));
    }
    System.out.println(
        "compared " + files * STRUCTS_PER_FILE + " structs, of which we refused " + refused);
    assertTrue(refused < files * STRUCTS_PER_FILE / 2);
  }

  private static boolean isAmbiguous(String struct) {
    try {
      new SchemaCompiler(List.of())
          .compileText(
              "one.capnp", RandomSchema.file(0xb100000000000000L, List.of(struct)).getBytes(UTF_8));
      return false;
    } catch (SchemaException e) {
      assertTrue(e.getMessage().contains("old compilers laid it out"), () -> e + "\n" + struct);
      return true;
    }
  }

  private void checkRefused(String struct, String name) throws IOException {
    Oracle.write(directory, name, RandomSchema.file(0xb200000000000000L, List.of(struct)));
    Oracle.Result theirs = Oracle.compile(directory, List.of(name));
    assertNotEquals(0, theirs.status(), struct);
    assertTrue(theirs.errors().contains("issues/344"), () -> theirs.errors() + struct);
  }

  private void compare(String name, String text)
      throws IOException, SchemaException, WireException {
    Oracle.write(directory, name, text);
    byte[] ours = new SchemaCompiler(List.of()).compile(directory, List.of(name)).toRequest();
    Oracle.Result theirs = Oracle.compile(directory, List.of(name));
    assertEquals("", theirs.errors());
    Canonical.assertEqual(theirs.output(), ours);
  }
}
