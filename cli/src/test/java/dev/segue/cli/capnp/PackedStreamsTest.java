package dev.segue.cli.capnp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.cli.CommandRun;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Cap'n Proto's packing. */
@Timeout(120)
class PackedStreamsTest {
  private static final String SCHEMA =
      """
      @0xb5f2c3a1d4e590a1;
      struct Blob { data @0 :Data; next @1 :UInt32; }
      """;

  @TempDir private Path directory;

  private static byte[] packed(byte[] words) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PackedStreams.pack(words, out);
    return out.toByteArray();
  }

  private static byte[] unpacked(byte[] packed) throws IOException {
    return PackedStreams.unpacked(new ByteArrayInputStream(packed)).readAllBytes();
  }

  /** Bytes in stretches that are zero, dense, or both, of up to 600 words. */
  private static byte[] randomWords(Random random) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = random.nextInt(6); i >= 0; i--) {
      int kind = random.nextInt(4);
      byte[] words = new byte[8 * random.nextInt(600)];
      if (kind > 0) {
        for (int at = 0; at < words.length; at++) {
          boolean isZero = kind == 1 ? random.nextBoolean() : kind == 2 && random.nextInt(20) == 0;
          words[at] = isZero ? 0 : (byte) (1 + random.nextInt(255));
        }
      }
      out.writeBytes(words);
    }
    return out.toByteArray();
  }

  @ParameterizedTest
  @CsvSource({
    "0000000000000000, 0000",
    "0800000003000200, 51080302",
    "0100000000000000 0000000000000000 0000000000000000, 0101 0001",
    "0102030405060708 0102030405060708, ff0102030405060708 01 0102030405060708",
    "0102030405060708 0002030405060708 0000030405060708,"
        + "ff0102030405060708 01 0002030405060708 fc030405060708",
  })
  void wordsArePackedAsTheEncodingSays(String words, String expected) throws IOException {
    byte[] plain = HexFormat.of().parseHex(words.replace(" ", ""));
    byte[] packed = packed(plain);
    assertEquals(expected.replace(" ", ""), HexFormat.of().formatHex(packed));
    assertArrayEquals(plain, unpacked(packed));
  }

  @Test
  void whatIsPackedIsUnpackedAgain() throws IOException {
    for (long seed = 0; seed < 200; seed++) {
      byte[] words = randomWords(new Random(seed));
      assertArrayEquals(words, unpacked(packed(words)), "seed=" + seed);
    }
  }

  @Test
  void whatIsCutOffWithinAWordOrARunEndsInAnException() throws IOException {
    byte[] packed =
        packed(HexFormat.of().parseHex("08000000030002000000000000000000" + "ff".repeat(24)));
    for (int length = 0; length <= packed.length; length++) {
      byte[] part = Arrays.copyOf(packed, length);
      boolean isWhole = length == 0 || length == 4 || length == 6 || length == packed.length;
      if (isWhole) {
        assertEquals(0, unpacked(part).length % 8);
      } else {
        assertThrows(EOFException.class, () -> unpacked(part), "length=" + length);
      }
    }
  }

  @Test
  void packedMessagesAreThoseOfCapnpConvert() throws Exception {
    Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/capnp")), "capnp isn't installed");
    Path schema = Files.writeString(directory.resolve("blob.capnp"), SCHEMA);
    StringBuilder json = new StringBuilder();
    for (long seed = 0; seed < 20; seed++) {
      // What the first segment of the C++ library has room for.
      byte[] words = randomWords(new Random(seed));
      byte[] data = Arrays.copyOf(words, Math.min(words.length, 900 * 8));
      String numbers =
          IntStream.range(0, data.length)
              .mapToObj(at -> Integer.toString(data[at] & 0xFF))
              .collect(Collectors.joining(","));
      json.append("{\"data\":[").append(numbers).append("],\"next\":").append(seed).append("}\n");
    }
    Path values = Files.writeString(directory.resolve("json"), json);
    String type = schema + ":Blob";
    Path binary = encode(type, values, "binary");
    Path ours = encode(type, values, "packed", "--packed");
    Path theirs = convert("binary:packed", schema, binary);
    assertArrayEquals(Files.readAllBytes(theirs), Files.readAllBytes(ours));
    assertArrayEquals(Files.readAllBytes(binary), unpacked(Files.readAllBytes(theirs)));

    CommandRun decoded =
        CommandRun.of(
            "capnp",
            "decode",
            "--schema",
            type,
            "--packed",
            "--json",
            "--data",
            "bytes",
            theirs + "");
    assertEquals(0, decoded.status(), decoded::toString);
    assertEquals(json.toString(), decoded.out().replace(System.lineSeparator(), "\n"));

    Path cut = directory.resolve("cut");
    Files.write(cut, Arrays.copyOf(Files.readAllBytes(theirs), 1));
    CommandRun failed = CommandRun.of("capnp", "decode", "--schema", type, "--packed", cut + "");
    assertEquals(1, failed.status(), failed::toString);
    assertTrue(failed.err().contains("the packed messages are cut off"), failed::toString);
  }

  private Path encode(String type, Path values, String name, String... options) {
    Path to = directory.resolve(name);
    List<String> line =
        new ArrayList<>(List.of("capnp", "encode", "--schema", type, "-o", to.toString()));
    line.addAll(List.of(options));
    line.add(values.toString());
    CommandRun run = CommandRun.of(line.toArray(String[]::new));
    assertEquals(0, run.status(), run::toString);
    return to;
  }

  private Path convert(String formats, Path schema, Path from) throws Exception {
    Path to = directory.resolve(formats.replace(':', '-'));
    Path errors = directory.resolve("errors");
    Process process =
        new ProcessBuilder(
                List.of("capnp", "convert", "--quiet", formats, schema.toString(), "Blob"))
            .redirectInput(from.toFile())
            .redirectOutput(to.toFile())
            .redirectError(new File(errors.toString()))
            .start();
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    assertEquals(0, process.exitValue(), () -> read(errors));
    return to;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, UTF_8);
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    }
  }
}
