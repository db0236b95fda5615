package dev.segue.cli;

import dev.segue.bytes.spi.OpenFiles;
import dev.segue.cli.capnp.CapnpCommand;
import dev.segue.cli.demo.Demo;
import dev.segue.cli.demo.PublisherProcess;
import dev.segue.cli.demo.SubscriberProcess;
import dev.segue.cli.recording.PublishObject;
import dev.segue.cli.recording.RecordTopic;
import dev.segue.cli.recording.RecordingCommand;
import dev.segue.cli.recording.Replay;
import dev.segue.cli.serve.Serve;
import dev.segue.cli.store.Cat;
import dev.segue.cli.store.Cp;
import dev.segue.cli.store.Du;
import dev.segue.cli.store.Get;
import dev.segue.cli.store.Ls;
import dev.segue.cli.store.Mv;
import dev.segue.cli.store.Presign;
import dev.segue.cli.store.Put;
import dev.segue.cli.store.PutStreaming;
import dev.segue.cli.store.Rm;
import dev.segue.cli.store.Stat;
import dev.segue.cli.store.Sync;
import dev.segue.cli.terminal.BrokenPipeException;
import dev.segue.cli.terminal.Printable;
import dev.segue.cli.terminal.StandardOutput;
import dev.segue.cli.zenoh.Answer;
import dev.segue.cli.zenoh.Bw;
import dev.segue.cli.zenoh.Delay;
import dev.segue.cli.zenoh.DoctorCommand;
import dev.segue.cli.zenoh.Echo;
import dev.segue.cli.zenoh.Hz;
import dev.segue.cli.zenoh.Pub;
import dev.segue.cli.zenoh.Query;
import dev.segue.cli.zenoh.ScoutCommand;
import dev.segue.cli.zenoh.StorageCommand;
import dev.segue.cli.zenoh.Sub;
import dev.segue.cli.zenoh.TopicsCommand;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command line's entry. */
@Command(
    name = "segue",
    description = "Zero-copy messaging for Java.",
    footer = {"", "In the repository, ./segue also has bench (benchmarks) and format (sources)."},
    mixinStandardHelpOptions = true,
    versionProvider = Version.class)
public final class Main implements Runnable {
  private static final List<Class<?>> COMMANDS =
      List.of(
          Demo.class,
          Serve.class,
          Pub.class,
          Sub.class,
          Echo.class,
          Query.class,
          Answer.class,
          StorageCommand.class,
          Hz.class,
          Bw.class,
          Delay.class,
          TopicsCommand.class,
          ScoutCommand.class,
          DoctorCommand.class,
          RecordTopic.class,
          Replay.class,
          PublishObject.class,
          RecordingCommand.class,
          CapnpCommand.class,
          PublisherProcess.class,
          SubscriberProcess.class,
          Get.class,
          Put.class,
          PutStreaming.class,
          Cp.class,
          Mv.class,
          Sync.class,
          Cat.class,
          Ls.class,
          Du.class,
          Stat.class,
          Rm.class,
          Presign.class,
          RunCommands.class,
          Completion.class);

  @Spec private CommandSpec spec = CommandSpec.create();

  private Main() {}

  /** Runs a command line and ends the process with its status. */
  public static void main(String[] arguments) {
    for (String each : arguments) {
      if (each.contains("/dev/") || each.contains("/proc/")) {
        OpenFiles.noteInherited();
      }
    }
    System.exit(commandLine(arguments).execute(arguments));
  }

  /** Each command's options take time to be read: only those of the command that is named are. */
  static CommandLine commandLine(String... arguments) {
    CommandLine line = new CommandLine(new Main());
    List<Class<?>> named =
        COMMANDS.stream()
            .filter(type -> arguments.length > 0 && isNamed(type, arguments[0]))
            .toList();
    (named.isEmpty() ? COMMANDS : named).forEach(line::addSubcommand);
    CommandList.install(line);
    HelpLines.install(line);
    return line.setCaseInsensitiveEnumValuesAllowed(true)
        // Whatever begins with @ is what it says, and not what a file of that name says.
        .setExpandAtFiles(false)
        .setParameterExceptionHandler((e, all) -> refuse(e))
        .setExecutionStrategy(Main::run)
        .setExecutionExceptionHandler((e, command, parsed) -> fail(e, command));
  }

  /** With --help behind it, picocli takes a command that there isn't for none. */
  private static int run(ParseResult parsed) {
    if (!parsed.hasSubcommand() && !parsed.unmatched().isEmpty()) {
      throw new UnmatchedArgumentException(parsed.commandSpec().commandLine(), parsed.unmatched());
    }
    int status = new CommandLine.RunLast().execute(parsed);
    return status == 0 ? checked(parsed) : status;
  }

  /** Nothing is done whose result did not arrive: each command is checked, and --help as well. */
  private static int checked(ParseResult parsed) {
    ParseResult last = parsed;
    while (last.hasSubcommand()) {
      last = last.subcommand();
    }
    CommandLine command = last.commandSpec().commandLine();
    try {
      StandardOutput.check(command.getOut());
      return CommandLine.ExitCode.OK;
    } catch (BrokenPipeException _) {
      return SegueCommand.BROKEN_PIPE;
    } catch (IOException e) {
      return fail(SegueCommand.failed(e), command);
    }
  }

  private static boolean isNamed(Class<?> type, String name) {
    Command command = type.getAnnotation(Command.class);
    return command != null && command.name().equals(name);
  }

  private static int refuse(ParameterException e) {
    CommandLine command = e.getCommandLine();
    String name = command.getCommandSpec().qualifiedName();
    PrintWriter err = command.getErr();
    err.println(name + ": " + describe(e) + nearest(e) + " (see " + name + " --help)");
    err.flush();
    return CommandLine.ExitCode.USAGE;
  }

  private static String nearest(ParameterException e) {
    return e instanceof UnmatchedArgumentException unmatched
            && !unmatched.getSuggestions().isEmpty()
        ? "; did you mean " + String.join(" or ", unmatched.getSuggestions()) + "?"
        : "";
  }

  private static int fail(Exception e, CommandLine command) {
    PrintWriter err = command.getErr();
    err.println(command.getCommandSpec().qualifiedName() + ": " + describe(e));
    err.flush();
    return CommandLine.ExitCode.SOFTWARE;
  }

  /** In one line; the class says something only where nobody wrote the message for the user. */
  private static String describe(Exception e) {
    boolean forUser = e instanceof CommandFailedException || e instanceof ParameterException;
    String text = forUser && e.getMessage() != null ? e.getMessage() : e.toString();
    return Printable.of(text.strip().replaceAll("\\s*\\R\\s*", "; "));
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }
}
