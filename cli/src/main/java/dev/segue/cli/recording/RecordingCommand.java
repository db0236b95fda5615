package dev.segue.cli.recording;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The commands for existing recordings. */
@Command(
    name = "recording",
    mixinStandardHelpOptions = true,
    description =
        "Inspects recordings (MCAP), exports their messages, and writes parts of them to new files.",
    subcommands = {
      RecordingInfo.class,
      RecordingCut.class,
      RecordingFilter.class,
      RecordingMerge.class,
      RecordingRepair.class,
      RecordingExport.class
    })
public final class RecordingCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  private RecordingCommand() {}

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "a command is missing: info, ls, cut, filter, merge, repair or export");
  }
}
