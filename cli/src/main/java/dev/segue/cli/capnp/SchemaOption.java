package dev.segue.cli.capnp;

import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.compiler.CompiledSchemas;
import dev.segue.capnproto.compiler.SchemaCompiler;
import dev.segue.capnproto.compiler.SchemaException;
import dev.segue.capnproto.dynamic.MessageSchemas;
import dev.segue.capnproto.dynamic.MessageType;
import dev.segue.cli.CommandFailedException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The schema by which messages are read.
 *
 * <p>Owner: the command. Lifetime: that of the command. Threads: one.
 */
public final class SchemaOption {
  @Option(
      names = "--schema",
      paramLabel = "FILE:TYPE",
      description =
          "The Cap'n Proto schema and the struct in it: robot.capnp:Pose. The file alone will do if it"
              + " has one struct.")
  private @Nullable String schema;

  @Option(
      names = {"-I", "--import-path"},
      paramLabel = "DIRECTORY",
      description = "Directory for imports that begin with a slash. May be repeated.")
  private List<Path> importPath = new ArrayList<>();

  /** For picocli. */
  public SchemaOption() {}

  /** Returns whether it was given. */
  public boolean isGiven() {
    return schema != null;
  }

  /**
   * Compiles the schema and finds the type.
   *
   * @throws IllegalArgumentException if the option wasn't given, or the type isn't there
   * @throws CommandFailedException if the schema has errors
   */
  public MessageType find() throws CommandFailedException {
    String text = schema;
    if (text == null) {
      throw new IllegalArgumentException("--schema is missing: robot.capnp:Pose");
    }
    int colon = text.endsWith(".capnp") ? text.length() : text.lastIndexOf(':');
    if (colon <= 0) {
      throw new IllegalArgumentException(
          "--schema " + text + ": a file and a type, such as robot.capnp:Pose");
    }
    byte[] request = compile(Path.of(text.substring(0, colon))).toRequest();
    try {
      MessageSchemas schemas = MessageSchemas.fromRequest(request);
      return colon == text.length() ? only(text, schemas) : schemas.type(text.substring(colon + 1));
    } catch (CapnProtoException e) {
      throw new CommandFailedException(text + ": " + e.getMessage(), e);
    }
  }

  private static MessageType only(String file, MessageSchemas schemas) {
    List<MessageType> types = schemas.types();
    if (types.size() != 1) {
      throw new IllegalArgumentException(
          "--schema "
              + file
              + ": name the type: "
              + String.join(", ", types.stream().map(MessageType::name).limit(20).toList()));
    }
    return types.getFirst();
  }

  private CompiledSchemas compile(Path file) throws CommandFailedException {
    Path absolute = file.toAbsolutePath().normalize();
    Path directory = Objects.requireNonNullElse(absolute.getParent(), absolute);
    try {
      return new SchemaCompiler(importPath)
          .compile(directory, List.of(String.valueOf(absolute.getFileName())));
    } catch (SchemaException e) {
      throw new CommandFailedException(String.valueOf(e.getMessage()), e);
    }
  }
}
