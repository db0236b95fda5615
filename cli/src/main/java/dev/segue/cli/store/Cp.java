package dev.segue.cli.store;

import picocli.CommandLine.Command;

/** Copies objects from any store to any store. */
@Command(
    name = "cp",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Copies an object, what matches wildcards, or with --recursive all that lies below a folder,"
          + " from any store to any store; a path is a file of this machine.",
      "Within one store, the store copies, and no byte passes this machine.",
      ""
    })
public final class Cp extends CopyCommand {
  private Cp() {}

  @Override
  boolean moves() {
    return false;
  }
}
