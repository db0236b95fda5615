package dev.segue.cli.capnp;

import dev.segue.capnproto.dynamic.MessageType;
import dev.segue.cli.CommandFailedException;
import dev.segue.cli.SegueCommand;
import dev.segue.cli.terminal.InputFile;
import dev.segue.cli.terminal.StandardInput;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Builds messages from JSON. */
@Command(
    name = "encode",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {"Builds Cap'n Proto messages from a sequence of JSON values.", ""})
final class Encode extends SegueCommand {
  @Parameters(
      paramLabel = "FILE",
      arity = "0..*",
      description = "Files with JSON; - or none is the standard input.")
  private List<String> files = new ArrayList<>();

  @Mixin private SchemaOption schema = new SchemaOption();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "File for the messages (default: the standard output).")
  private @Nullable Path target;

  @Option(names = "--packed", description = "Pack the messages, as capnp convert packed has it.")
  private boolean isPacked;

  private Encode() {}

  @Override
  protected void work() throws IOException, CommandFailedException {
    MessageType type = schema.find();
    List<byte[]> messages = new ArrayList<>();
    for (String file : files.isEmpty() ? List.of("-") : files) {
      byte[] content =
          file.equals("-")
              ? StandardInput.open().readAllBytes()
              : InputFile.readAllBytes(Path.of(file));
      String name = file.equals("-") ? "standard input" : file;
      try {
        messages.addAll(type.fromJsonSequence(text(content)));
      } catch (CharacterCodingException e) {
        throw new CommandFailedException(name + " isn't UTF-8 text", e);
      } catch (IllegalArgumentException e) {
        throw new CommandFailedException(name + ": " + e.getMessage(), e);
      }
    }
    Path file = target;
    if (file == null) {
      write(messages, System.out);
      System.out.flush();
    } else {
      try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
        write(messages, out);
      }
    }
  }

  private void write(List<byte[]> messages, OutputStream out) throws IOException {
    for (byte[] message : messages) {
      if (isPacked) {
        PackedStreams.pack(message, out);
      } else {
        out.write(message);
      }
    }
  }

  private static String text(byte[] utf8) throws CharacterCodingException {
    return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
  }
}
