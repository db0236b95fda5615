package dev.segue.cli.store;

import dev.segue.cli.CommandFailedException;
import dev.segue.objectstore.ObjectBytes;
import dev.segue.objectstore.ObjectReader;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes objects to the standard output, one after the other. */
@Command(
    name = "cat",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {"Writes objects to the standard output, one after the other.", ""})
public final class Cat extends StoreCommand {
  @Parameters(
      paramLabel = "URI",
      arity = "1..*",
      converter = Location.class,
      description = "The objects.")
  private List<ObjectUri> from = List.of();

  @Option(
      names = "--range",
      paramLabel = "A-B",
      converter = ByteRange.Converter.class,
      description =
          "Only the bytes from A to B of each, both included, counted from 0; A- for all from A on, -N for the last N.")
  private ByteRange range = ByteRange.ALL;

  private Cat() {}

  @Override
  StoreOptions.Direction direction() {
    return StoreOptions.Direction.READ;
  }

  @Override
  void run(Stores stores, Map<String, String> variables)
      throws IOException, CommandFailedException {
    for (ObjectUri each : from) {
      if (each.isFolder()) {
        throw usage(each + " names no object");
      }
    }
    for (ObjectUri each : from) {
      write(stores, variables, each, range, Output.standard());
    }
  }

  static void write(Stores stores, Map<String, String> variables, ObjectUri from, Output to)
      throws IOException, CommandFailedException {
    write(stores, variables, from, ByteRange.ALL, to);
  }

  private static void write(
      Stores stores, Map<String, String> variables, ObjectUri from, ByteRange range, Output to)
      throws IOException, CommandFailedException {
    Map<String, String> reading = CopySettings.reading(CopySettings.withDefaults(variables));
    try (ObjectReader reader = stores.of(from, reading).read(from.key())) {
      ByteRange.Span span = range.of(from, reader.info().byteSize());
      reader.seek(span.byteOffset());
      long left = span.byteSize();
      while (left > 0) {
        Optional<ObjectBytes> chunk = reader.next();
        if (chunk.isEmpty()) {
          return;
        }
        try (ObjectBytes bytes = chunk.get()) {
          long count = Math.min(left, bytes.bytes().byteSize());
          to.write(bytes.bytes().slice(0, count));
          left -= count;
        }
      }
    }
  }
}
