package dev.segue.bench;

import dev.segue.capnproto.compiler.CompiledSchemas;
import dev.segue.capnproto.compiler.JavaSources;
import dev.segue.capnproto.compiler.SchemaCompiler;
import dev.segue.capnproto.compiler.SchemaException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Claim: 1,000 structs in 20 files, each of which imports the one before, become Java sources in at
 * most 1 s once the compiler is warm.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class SchemaCompileBench {
  private static final int FILE_COUNT = 20;
  private static final int STRUCTS_PER_FILE = 50;

  private final Path directory = temporary();
  private final List<String> names = write(directory);
  private final SchemaCompiler compiler = new SchemaCompiler(List.of(directory));

  private static Path temporary() {
    try {
      return Files.createTempDirectory("segue-bench");
    } catch (IOException e) {
      throw new UncheckedIOException("a directory for schemas", e);
    }
  }

  /** Writes the schemas and returns their names. */
  static List<String> write(Path directory) {
    List<String> names = new ArrayList<>();
    try {
      for (int file = 0; file < FILE_COUNT; file++) {
        names.add(name(file));
        Files.writeString(directory.resolve(name(file)), schema(file));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("schemas below " + directory, e);
    }
    return names;
  }

  private static String name(int file) {
    return "part" + file + ".capnp";
  }

  private static String schema(int file) {
    StringBuilder text = new StringBuilder(1 << 16);
    text.append("@0x").append(Long.toHexString(0xb5f2c3a1d4e50000L + file)).append(";\n");
    text.append("using Java = import \"/capnp/java.capnp\";\n");
    text.append("$Java.package(\"org.example\");\n");
    text.append("$Java.outerClassname(\"Part").append(file).append("\");\n");
    text.append("using Before = import \"").append(name(Math.max(0, file - 1))).append("\";\n");
    for (int i = 0; i < STRUCTS_PER_FILE; i++) {
      text.append("# A reading of a sensor, and what it was made of.\n");
      text.append("struct Reading").append(i).append(" {\n");
      text.append(
          "  time @0 :UInt64;\n  name @1 :Text = \"reading\";\n  isValid @2 :Bool = true;\n");
      text.append("  kind @3 :Kind;\n  enum Kind { raw @0; scaled @1; filtered @2; }\n");
      text.append("  values @4 :List(Float32);\n  bytes @5 :Data;\n");
      text.append("  before @6 :Before.Reading").append(i).append(";\n");
      text.append("  parts @7 :List(Reading").append((i + 1) % STRUCTS_PER_FILE).append(");\n");
      text.append(
          "  union {\n    none @8 :Void;\n    count @9 :Int32 = -1;\n    text @10 :Text;\n  }\n");
      text.append("  pose :group {\n    x @11 :Float64;\n    y @12 :Float64;\n  }\n}\n");
    }
    return text.toString();
  }

  /** Deletes the schemas. */
  @TearDown
  public void delete() throws IOException {
    for (String name : names) {
      Files.delete(directory.resolve(name));
    }
    Files.delete(directory);
  }

  /** Reads the schemas alone. */
  @Benchmark
  public CompiledSchemas compile() throws SchemaException {
    return compiler.compile(directory, names);
  }

  /** Reads the schemas and generates the classes, without writing them. */
  @Benchmark
  public JavaSources compileToJava() throws SchemaException {
    return compiler.compile(directory, names).toJava("");
  }
}
