package dev.segue.cli.store;

import picocli.CommandLine.Command;

/** Moves objects from any store to any store. */
@Command(
    name = "mv",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Copies as cp does, and deletes each object when its copy is stored and whole.",
      "What was skipped, failed or changed meanwhile stays. Directories of this machine stay, empty.",
      ""
    })
public final class Mv extends CopyCommand {
  private Mv() {}

  @Override
  boolean moves() {
    return true;
  }
}
