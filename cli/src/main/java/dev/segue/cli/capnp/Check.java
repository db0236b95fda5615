package dev.segue.cli.capnp;

import dev.segue.capnproto.compiler.CompiledSchemas;
import dev.segue.capnproto.compiler.SchemaException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Compares two versions of a schema. */
@Command(
    name = "check",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Finds changes of a schema that keep messages of one version from being read by the other:",
      "fields that moved, are gone, or have another type, default or tag. Fails if there are any.",
      ""
    })
final class Check extends Schemas {
  @Parameters(index = "0", paramLabel = "OLD", description = "The earlier version.")
  private Path old = Path.of("");

  @Parameters(index = "1", paramLabel = "NEW", description = "The version to be checked.")
  private Path changed = Path.of("");

  private Check() {}

  @Override
  int run() throws SchemaException {
    CompiledSchemas before = compile(List.of(old));
    List<String> changes = compile(List.of(changed)).incompatibilitiesWith(before);
    changes.forEach(this::out);
    return changes.isEmpty() ? 0 : 1;
  }
}
