package dev.segue.cli.store;

import picocli.CommandLine.Command;

/** Moves objects from any store to any store. */
@Command(
    name = "mv",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Copies like cp, and deletes each object once its copy is complete.",
      "Objects that were skipped, failed, or changed meanwhile stay, and so do emptied local directories.",
      ""
    })
public final class Mv extends CopyCommand {
  private Mv() {}

  @Override
  boolean moves() {
    return true;
  }
}
