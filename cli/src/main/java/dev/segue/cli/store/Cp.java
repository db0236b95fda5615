package dev.segue.cli.store;

import picocli.CommandLine.Command;

/** Copies objects from any store to any store. */
@Command(
    name = "cp",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Copies an object, everything that matches wildcards, or with --recursive everything below"
          + " a folder,"
          + " from any store to any store; a path is a local file.",
      "Within one store, the store itself copies, and no data passes through this machine.",
      ""
    })
public final class Cp extends CopyCommand {
  private Cp() {}

  @Override
  boolean moves() {
    return false;
  }
}
